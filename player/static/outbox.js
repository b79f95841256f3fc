/**
 * Proof of play, sent: the oldest finished plays first, deleted only when the server has them.
 *
 * A 200 speaks for the whole batch, refused plays included. A batch that the server cannot read
 * (400, 413, 422) is halved until the one play that spoils it stands alone; that one is laid
 * aside. Everything else is tried again, which is always safe: the server knows a play by its id.
 */

import { ApiError } from "./api.js";

const BATCH_MAX = 200;
const UNREADABLE = [400, 413, 422];

export class Outbox {
  #store;
  #api;
  #batch = BATCH_MAX;
  /** Counted since the start: for the heartbeat. */
  counters = { plays_sent: 0, plays_rejected: 0, plays_laid_aside: 0 };

  /** @param {import("./store.js").Store} store @param {import("./api.js").Api} api */
  constructor(store, api) {
    this.#store = store;
    this.#api = api;
  }

  /**
   * Sends what is finished until nothing is left. Throws what the network or the server threw.
   * @param {string} deviceId
   */
  async send(deviceId) {
    for (;;) {
      const rows = await this.#store.finishedPlays(deviceId, this.#batch);
      if (!rows.length) return;
      await this.#sendBatch(rows);
    }
  }

  /** @param {import("./store.js").PlayRow[]} rows */
  async #sendBatch(rows) {
    try {
      const answer = await this.#api.sendEvents(rows.map((row) => row.event));
      await this.#store.deletePlays(rows.map((row) => row.event_id));
      this.counters.plays_sent += rows.length;
      this.counters.plays_rejected += answer.rejected ?? 0;
      this.#batch = Math.min(BATCH_MAX, this.#batch * 2);
    } catch (error) {
      if (!(error instanceof ApiError && UNREADABLE.includes(error.status))) throw error;
      await this.#halve(rows);
    }
  }

  /** @param {import("./store.js").PlayRow[]} rows */
  async #halve(rows) {
    this.#batch = Math.max(1, Math.floor(rows.length / 2));
    if (rows.length > 1) return;
    await this.#store.putPlays([{ ...rows[0], state: "refused" }]);
    this.counters.plays_laid_aside += 1;
  }
}
