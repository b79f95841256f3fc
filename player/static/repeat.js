/**
 * Something done again and again: at its pace while it goes well, slower and slower while it
 * does not, at once when asked.
 */

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 120_000;

/**
 * How long to wait after so many failures in a row: twice as long each time, spread at random over
 * its upper half so that a fleet does not return in step, and never less than the server asked for.
 * @param {number} failures at least 1 @param {number} [retryAfterMs] @param {() => number} [random]
 */
export function retryDelayMs(failures, retryAfterMs = 0, random = Math.random) {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
  return Math.max(retryAfterMs, ceiling * (0.5 + random() / 2));
}

export class Repeat {
  #task;
  #intervalMs;
  #failures = 0;
  #running = false;
  #again = false;
  #stopped = false;
  #doneAt = /** @type {number | null} */ (null);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => Promise<void>} task @param {number} intervalMs */
  constructor(task, intervalMs) {
    this.#task = task;
    this.#intervalMs = intervalMs;
  }

  /** How often in a row the task has failed. */
  get failures() {
    return this.#failures;
  }

  /** @param {number} intervalMs counted from the last time it was done */
  set intervalMs(intervalMs) {
    this.#intervalMs = intervalMs;
    if (this.#doneAt === null || this.#running || this.#failures) return;
    this.#wait(Math.max(0, this.#doneAt + intervalMs - performance.now()));
  }

  /** Does it now, or once more where it is being done. */
  now() {
    this.#again = this.#running;
    if (!this.#running) this.#run();
  }

  /** Does it no more; what runs is let run. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run() {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#running = true;
    let delayMs = this.#intervalMs;
    try {
      await this.#task();
      this.#failures = 0;
      delayMs = this.#again ? 0 : this.#intervalMs;
    } catch (error) {
      this.#failures += 1;
      delayMs = retryDelayMs(this.#failures, /** @type {any} */ (error).retryAfterMs);
    }
    this.#running = false;
    this.#again = false;
    this.#doneAt = performance.now();
    this.#wait(delayMs);
  }

  /** @param {number} ms */
  #wait(ms) {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#run(), ms);
  }
}
