/**
 * A layer shows one piece of content at a time: an image, a video or a web page.
 *
 * `load` gets it ready without showing it, `start` sets it going and resolves with its first
 * frame, `clear` lets go of everything. The elements live as long as the layer: a video element
 * that is made anew for each item leaks decoders on small machines.
 *
 * @typedef {object} Showing
 * @property {import("./schedule.js").Content} content
 * @property {string} url
 * @property {number} offsetMs how far into its turn it is when it starts
 * @property {number} turnMs the length of its turn
 */

/** A video that falls short of its turn by less than this holds its last frame. */
const REPEAT_FROM_MS = 250;
const SEEK_FROM_MS = 250;
/** A screenshot of a larger screen is drawn smaller: it is looked at, not printed. */
const PICTURE_LONG_SIDE_PX = 1920;

export class Layer {
  /** @type {HTMLElement} */
  element;
  /** Frames that this layer has shown since it was made. */
  frames = 0;
  /** Called when a video cannot go on. */
  onBroken = (/** @type {string} */ _error) => {};
  #image = document.createElement("img");
  #video = document.createElement("video");
  /** @type {HTMLIFrameElement | null} */
  #page = null;
  /** @type {Showing | null} */
  showing = null;

  constructor() {
    this.element = document.createElement("div");
    this.element.className = "layer";
    this.#image.alt = "";
    Object.assign(this.#video, { muted: true, playsInline: true, preload: "auto" });
    this.#video.disableRemotePlayback = true;
    this.#video.addEventListener("error", () => {
      if (this.showing?.content.kind === "video") this.onBroken(mediaError(this.#video));
    });
    this.element.append(this.#image, this.#video);
  }

  /** @param {Showing} showing resolves when its first frame could be shown at once */
  async load(showing) {
    this.clear();
    this.showing = showing;
    this.element.dataset.kind = showing.content.kind;
    if (showing.content.kind === "image") await this.#loadImage(showing);
    else if (showing.content.kind === "video") await this.#loadVideo(showing);
    else await this.#loadPage(showing);
  }

  /** Sets it going; resolves when its first frame is on screen. */
  async start() {
    if (this.showing?.content.kind === "video") {
      const shown = new Promise((resolve) => this.#video.requestVideoFrameCallback(resolve));
      await this.#video.play();
      await shown;
      this.#countVideoFrames();
    } else {
      await new Promise(requestAnimationFrame);
      this.frames += 1;
    }
  }

  /** Seconds into the video, or null where there is none: it stands still or it does not. */
  get videoTime() {
    return this.showing?.content.kind === "video" ? this.#video.currentTime : null;
  }

  clear() {
    this.showing = null;
    delete this.element.dataset.kind;
    this.#image.removeAttribute("src");
    this.#video.pause();
    if (this.#video.hasAttribute("src")) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
    this.#page?.remove();
    this.#page = null;
  }

  /** A picture of what is shown. Throws where the browser lets nobody look, as at a web page. */
  async picture() {
    const source = { image: this.#image, video: this.#video, url: null }[
      this.showing?.content.kind ?? "url"
    ];
    if (!source) throw new Error("A web page cannot be captured by a browser.");
    const canvas = document.createElement("canvas");
    const scale = Math.min(1, PICTURE_LONG_SIDE_PX / Math.max(innerWidth, innerHeight));
    canvas.width = Math.round(innerWidth * scale);
    canvas.height = Math.round(innerHeight * scale);
    const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    brush.fillRect(0, 0, canvas.width, canvas.height);
    const { x, y, width, height } = contained(source, canvas);
    brush.drawImage(source, x, y, width, height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  }

  /** @param {Showing} showing */
  async #loadImage({ url }) {
    this.#image.src = url;
    await this.#image.decode();
  }

  /** @param {Showing} showing */
  async #loadVideo(showing) {
    const { url, offsetMs, turnMs } = showing;
    const video = this.#video;
    const heard = new AbortController();
    const ready = Promise.race([
      once(video, "canplaythrough", heard.signal),
      once(video, "error", heard.signal).then(() => {
        throw new Error(mediaError(video));
      }),
    ]);
    video.src = url;
    await ready.finally(() => heard.abort());
    if (this.showing !== showing) return;
    const lengthMs = Number.isFinite(video.duration) ? video.duration * 1000 : turnMs;
    video.loop = turnMs - lengthMs > REPEAT_FROM_MS;
    if (offsetMs < SEEK_FROM_MS) return;
    const sought = once(video, "seeked");
    video.currentTime = Math.min(offsetMs % lengthMs, lengthMs - 1) / 1000;
    await sought;
  }

  // A page of the player's own origin stays without one: it must not reach the player's storage.
  /** @param {Showing} showing */
  async #loadPage({ url }) {
    const address = new URL(url, location.href);
    if (address.protocol !== "https:") throw new Error("insecure_url");
    const foreign = address.origin !== location.origin;
    const page = document.createElement("iframe");
    page.setAttribute("sandbox", foreign ? "allow-scripts allow-same-origin" : "allow-scripts");
    page.referrerPolicy = "no-referrer";
    page.allow = "autoplay";
    page.tabIndex = -1;
    page.src = address.href;
    this.#page = page;
    const loaded = once(page, "load");
    this.element.append(page);
    await loaded;
  }

  #countVideoFrames() {
    const counted = this.showing;
    const count = () => {
      if (this.showing !== counted) return;
      this.frames += 1;
      this.#video.requestVideoFrameCallback(count);
    };
    count();
  }
}

/**
 * The signal ends the wait: a listener that stays on an element that is used again is a leak.
 * @param {EventTarget} target @param {string} event @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function once(target, event, signal) {
  return new Promise((resolve) =>
    target.addEventListener(event, () => resolve(), { once: true, signal }),
  );
}

/** @param {HTMLVideoElement} video */
function mediaError(video) {
  return `media_error_${video.error?.code ?? 0} ${video.error?.message ?? ""}`.trim();
}

/** @param {HTMLImageElement | HTMLVideoElement} source @param {HTMLCanvasElement} canvas */
function contained(source, canvas) {
  const video = source instanceof HTMLVideoElement;
  const wide = video ? source.videoWidth : source.naturalWidth;
  const high = video ? source.videoHeight : source.naturalHeight;
  const scale = Math.min(canvas.width / wide, canvas.height / high);
  const [width, height] = [wide * scale, high * scale];
  return { x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height };
}
