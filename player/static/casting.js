/**
 * Casting: of all items that could take a turn, the first one that is held and not broken.
 *
 * @typedef {import("./schedule.js").Plan} Plan
 * @typedef {import("./schedule.js").Slot} Slot
 * @typedef {import("./schedule.js").Item} Item
 * @typedef {import("./schedule.js").Content} Content
 *
 * @typedef {object} Cast
 * @property {Slot} slot
 * @property {Item | null} item who takes the turn; null: nobody can
 * @property {import("./stage.js").Prepared | null} prepared
 * @property {() => void} release gives back what was opened, once it is on screen no more
 * @property {{result: "skipped" | "content_failed", error: string} | null} missed why it is not
 *     the one whose turn it is
 */

import { candidates } from "./schedule.js";
import { Superseded } from "./stage.js";

/** A broken item is tried again after this long: it may be the moment that was bad. */
const BROKEN_MS = 10 * 60_000;

export class Casting {
  #stage;
  #media;
  #clock;
  /** @type {Map<string, {error: string, until: number}>} by item */
  #broken = new Map();
  #calls = 0;
  /** Items that could not be shown since the start. */
  failures = 0;
  /** @type {string | null} */
  lastError = null;
  /** Called before each of those who are asked: that takes seconds where many are broken. */
  onTry = () => {};

  /**
   * @param {import("./stage.js").Stage} stage
   * @param {import("./media.js").Media} media
   * @param {import("./clock.js").Clock} clock
   */
  constructor(stage, media, clock) {
    this.#stage = stage;
    this.#media = media;
    this.#clock = clock;
  }

  /**
   * Gets somebody ready for a turn that is joined at an instant. A later call ends this one.
   * @param {Plan} plan @param {Slot} slot @param {number} at @returns {Promise<Cast>}
   */
  async prepare(plan, slot, at) {
    const call = (this.#calls += 1);
    /** @type {Cast["missed"]} */
    let missed = null;
    for (const { item, content } of candidates(plan, slot)) {
      this.onTry();
      const own = item.item_id === slot.item.item_id;
      const offsetMs = own ? Math.max(0, at - slot.startsAt) : 0;
      const turnMs = slot.endsAt - at + offsetMs;
      const found = await this.#try(item, content, offsetMs, turnMs);
      if ("release" in found) return { slot, item, missed, ...found };
      if (call !== this.#calls) break;
      if (own) missed = found;
    }
    return { slot, item: null, prepared: null, release: () => {}, missed };
  }

  /** @param {Item} item who broke @param {string} error */
  distrust(item, error) {
    this.failures += 1;
    this.lastError = `${item.item_id}: ${error}`;
    this.#broken.set(item.item_id, { error, until: this.#clock.monotonic() + BROKEN_MS });
  }

  /** Everybody may be tried again, as after a command to clear the cache. */
  forgive() {
    this.#broken.clear();
  }

  /**
   * @param {Item} item @param {Content} content @param {number} offsetMs @param {number} turnMs
   * @returns {Promise<NonNullable<Cast["missed"]> | Pick<Cast, "prepared" | "release">>}
   */
  async #try(item, content, offsetMs, turnMs) {
    const broken = this.#broken.get(item.item_id);
    if (broken && broken.until > this.#clock.monotonic()) return failed(broken.error);
    if (!this.#media.isReady(content)) {
      return { result: "skipped", error: "not_downloaded" };
    }
    let release = () => {};
    try {
      const opened = await this.#media.open(content);
      release = opened.release;
      const showing = { content, url: opened.url, offsetMs, turnMs };
      return { prepared: await this.#stage.prepare(showing), release };
    } catch (error) {
      release();
      const { message } = /** @type {Error} */ (error);
      if (!(error instanceof Superseded)) this.distrust(item, message);
      return failed(message);
    }
  }
}

/** @param {string} error */
function failed(error) {
  return /** @type {const} */ ({ result: "content_failed", error });
}
