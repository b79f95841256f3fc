/**
 * The plan in force: from disk at the start, then from the server whenever its tag is another.
 * A plan that cannot be read is reported and changes nothing: the one in force goes on.
 */

import { readPlan } from "./schedule.js";

const KEY = "plan";

export class PlanSource {
  #api;
  #store;
  /** @type {string | null} the tag of the plan in force */
  etag = null;
  /** @type {import("./schedule.js").Plan | null} */
  plan = null;
  /** @type {string | null} why the newest plan could not be used */
  lastError = null;
  /** Called with each plan that comes into force. */
  onPlan = (
    /** @type {import("./schedule.js").Plan} */ _plan,
    /** @type {string} */ _etag,
  ) => {};

  /** @param {import("./api.js").Api} api @param {import("./store.js").Store} store */
  constructor(api, store) {
    this.#api = api;
    this.#store = store;
  }

  /** Brings the plan of the last run into force, if there is one. */
  async load() {
    const kept = await this.#store.get(KEY);
    if (kept) this.#enforce(kept.etag, kept.body);
  }

  /** Asks the server; throws what the network or the server threw. */
  async fetch() {
    const found = await this.#api.plan(this.etag);
    if (!found) return;
    this.#enforce(found.etag, found.body);
    await this.#store.set(KEY, found);
  }

  /** @param {string} etag @param {any} body */
  #enforce(etag, body) {
    try {
      this.plan = readPlan(body);
    } catch (error) {
      this.lastError = `plan ${etag}: ${error}`;
      throw error;
    }
    this.etag = etag;
    this.lastError = null;
    this.onPlan(this.plan, etag);
  }
}
