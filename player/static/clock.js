/**
 * The server's time, as well as this device can know it.
 *
 * The offset comes from the reply with the shortest round trip among the last few, and between
 * replies the monotonic clock counts on: setting the device's own clock moves nothing on screen.
 */

const SAMPLES_KEPT = 8;
const STEP_MS = 2000;

/**
 * @typedef {object} Sources
 * @property {() => number} [monotonic] milliseconds that only ever grow
 * @property {() => number} [wall] the device's own idea of the Unix time, in milliseconds
 * @property {number | null} [offsetMs] what was known at the last run: server minus device
 */

export class Clock {
  /** @type {{base: number, roundTrip: number}[]} */
  #samples = [];
  #monotonic;
  #wall;
  #base;
  #known;
  #wallBase;

  /** @param {Sources} [sources] */
  constructor({
    monotonic = () => performance.now(),
    wall = () => Date.now(),
    offsetMs = null,
  } = {}) {
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#known = offsetMs !== null;
    this.#wallBase = wall() - monotonic();
    this.#base = this.#wallBase + (offsetMs ?? 0);
  }

  /** The server's time in whole milliseconds since 1970. */
  now() {
    return Math.floor(this.#base + this.#monotonic());
  }

  /** Milliseconds on a clock that nobody can set, for durations. */
  monotonic() {
    return this.#monotonic();
  }

  /** Server time minus the device's own, in milliseconds; null while no server has answered. */
  offsetMs() {
    return this.#known ? Math.round(this.now() - this.#wall()) : null;
  }

  /**
   * Learns from one reply. Returns how far the server's time moved, in milliseconds; a move over
   * STEP_MS forgets what was measured before it.
   * @param {{sentAt: number, receivedAt: number, serverTime: number}} reply monotonic, Unix ms
   */
  sample({ sentAt, receivedAt, serverTime }) {
    const taken = {
      base: serverTime - (sentAt + receivedAt) / 2,
      roundTrip: receivedAt - sentAt,
    };
    const moved = taken.base - this.#base;
    const step = Math.abs(moved) > STEP_MS + taken.roundTrip / 2;
    this.#samples = step ? [taken] : [...this.#samples, taken].slice(-SAMPLES_KEPT);
    const best = this.#samples.reduce((a, b) => (b.roundTrip < a.roundTrip ? b : a));
    const before = this.#base;
    this.#base = best.base;
    this.#known = true;
    return this.#base - before;
  }

  /**
   * Milliseconds by which the device's own clock moved against the monotonic one since the last
   * call, or 0 below STEP_MS. Somebody set it, or the device slept: only the server can tell
   * which, so what was measured before counts no more and the caller asks the server at once.
   */
  stepped() {
    const wallBase = this.#wall() - this.#monotonic();
    const step = wallBase - this.#wallBase;
    if (Math.abs(step) <= STEP_MS) return 0;
    this.#wallBase = wallBase;
    this.#samples = [];
    return step;
  }
}
