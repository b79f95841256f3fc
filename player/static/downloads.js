/**
 * The worker that downloads, seen from the page: orders and replies, and a look at its pulse.
 *
 * A worker that gives no sign of life for SILENT_MS is put down and another one takes its place;
 * whoever waits for it hears of that, and asks again.
 */

const SILENT_MS = 30_000;
const LOOK_EVERY_MS = 5000;

export class Downloads {
  /** @type {Worker} */
  #worker;
  /** @type {Map<number, (reply: any) => void>} */
  #waiting = new Map();
  #orders = 0;
  #heardAt = 0;
  #lookedAt = performance.now();
  /** How often a worker had to be put down since the start. */
  restarts = 0;

  constructor() {
    this.#worker = this.#begin();
    setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** @param {object} order @returns {Promise<any>} */
  order(order) {
    const id = (this.#orders += 1);
    const reply = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#worker.postMessage({ id, order });
    return reply.finally(() => this.#waiting.delete(id));
  }

  #begin() {
    this.#heardAt = performance.now();
    const address = new URL("./download_worker.js", import.meta.url);
    const worker = new Worker(address, { type: "module" });
    worker.onmessage = ({ data }) => {
      this.#heardAt = performance.now();
      this.#waiting.get(data.id)?.(data);
    };
    return worker;
  }

  // A device that slept has heard nothing either: the worker gets as long again.
  #look() {
    const now = performance.now();
    if (now - this.#lookedAt > SILENT_MS / 2) this.#heardAt = now;
    this.#lookedAt = now;
    if (now - this.#heardAt <= SILENT_MS) return;
    this.restarts += 1;
    this.#worker.terminate();
    this.#worker = this.#begin();
    const error = "The download worker gave no sign of life.";
    for (const reply of this.#waiting.values()) reply({ error, name: "WorkerSilent" });
  }
}
