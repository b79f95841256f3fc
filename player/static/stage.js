/**
 * The stage: two layers, so that a change shows neither black nor a half-loaded picture.
 *
 * The next item is got ready in the hidden layer while the other one plays; the old layer stays
 * on top until the new one has shown its first frame.
 *
 * @typedef {import("./layers.js").Showing} Showing
 * @typedef {object} Prepared
 * @property {Showing} showing
 * @property {() => Promise<void>} present resolves when its first frame is what people see
 * @property {() => void} discard
 */

import { Layer } from "./layers.js";

const READY_WITHIN_MS = 4000;
const FIRST_FRAME_WITHIN_MS = 2000;
const STILL_BEAT_MS = 1000;

/** The layer was wanted for something else meanwhile: nobody's fault. */
export class Superseded extends Error {}

export class Stage {
  #root;
  #front = new Layer();
  #back = new Layer();
  #stillFrames = 0;
  /** Called when what is on screen cannot go on. */
  onBroken = (/** @type {string} */ _error) => {};

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    for (const layer of [this.#front, this.#back]) {
      root.append(layer.element);
      layer.onBroken = (error) => {
        if (layer === this.#front) this.onBroken(error);
      };
    }
    setInterval(() => this.#countStill(), STILL_BEAT_MS);
  }

  /** Frames shown since the start; where it stands still, so does the screen. */
  get frame() {
    return this.#front.frames + this.#back.frames + this.#stillFrames;
  }

  /** Seconds into the video that is shown, or null where what is shown is none. */
  get videoTime() {
    return this.#front.videoTime;
  }

  /**
   * Gets an item ready in the hidden layer. Throws where it is broken or takes too long.
   * @param {Showing} showing @returns {Promise<Prepared>}
   */
  async prepare(showing) {
    if (this.#isSamePage(showing)) return this.#staying(showing);
    const layer = this.#back;
    try {
      await within(READY_WITHIN_MS, layer.load(showing), "not_ready");
    } catch (error) {
      if (layer.showing === showing) throw error;
    }
    if (layer.showing !== showing) throw new Superseded();
    return {
      showing,
      present: () => this.#present(layer),
      discard: () => {
        if (layer === this.#back && layer.showing === showing) layer.clear();
      },
    };
  }

  /** Shows nothing. */
  clear() {
    this.#front.clear();
    this.#root.classList.remove("showing");
    this.#front.element.classList.remove("front");
  }

  /** A picture of what is on screen. Throws where there is none to be had. */
  async picture() {
    if (!this.#front.showing) throw new Error("Nothing of the plan is on screen.");
    return this.#front.picture();
  }

  /** @param {Layer} layer */
  async #present(layer) {
    await within(FIRST_FRAME_WITHIN_MS, layer.start(), "no_first_frame");
    const old = this.#front;
    [this.#front, this.#back] = [layer, old];
    layer.element.classList.add("front");
    old.element.classList.remove("front");
    this.#root.classList.add("showing");
    old.clear();
  }

  // A web page that follows itself stays, rather than load again before everybody's eyes.
  /** @param {Showing} showing */
  #isSamePage(showing) {
    const shown = this.#front.showing;
    return showing.content.kind === "url" && shown?.url === showing.url;
  }

  /** @param {Showing} showing @returns {Prepared} */
  #staying(showing) {
    const shown = this.#front.showing;
    return {
      showing,
      present: async () => {
        if (this.#front.showing !== shown) throw new Superseded();
      },
      discard: () => {},
    };
  }

  // Pictures and pages have no frames of their own: count what the compositor still answers to.
  #countStill() {
    if (!this.#front.showing || this.#front.videoTime !== null) return;
    requestAnimationFrame(() => (this.#stillFrames += 1));
  }
}

/** @template T @param {number} ms @param {Promise<T>} work @param {string} otherwise */
function within(ms, work, otherwise) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), ms);
  });
  return /** @type {Promise<T>} */ (
    Promise.race([work, late]).finally(() => clearTimeout(timer))
  );
}
