/**
 * Proof of play, kept: one row for every stretch of time that something was on screen.
 *
 * A row is written when the first frame is seen and closed when the next thing is seen, so a
 * crash leaves `interrupted` with the time that was certain, never nothing. Sending is in
 * outbox.js.
 *
 * @typedef {import("./store.js").PlayRow} PlayRow
 * @typedef {"completed" | "interrupted" | "content_failed" | "hardware_failed" | "skipped"} Result
 *
 * @typedef {object} Open a row that is on screen
 * @property {PlayRow} row
 * @property {number} since monotonic ms
 * @property {number} plannedMs
 */

import { newId } from "./ids.js";

const KEPT_DAYS = 35;

/** What was planned is met with this much less: a frame lost to a change is no lost play. */
const TOLERANCE_MS = 500;
const TOLERANCE_SHARE = 0.05;

/**
 * The shortest time on screen that is a whole play; the server's rule of a counted play.
 * @param {number} plannedMs
 */
function wholePlayMs(plannedMs) {
  const tolerated = plannedMs - Math.max(TOLERANCE_MS, plannedMs * TOLERANCE_SHARE);
  return Math.min(plannedMs, Math.max(1000, tolerated));
}

export class Plays {
  #store;
  #clock;
  #playerVersion;
  #deviceId = "";
  #writes = Promise.resolve();
  /** Called with every error of the disk: the plays go on, and the heartbeat tells. */
  onError = (/** @type {unknown} */ _error) => {};

  /**
   * @param {import("./store.js").Store} store
   * @param {import("./clock.js").Clock} clock
   * @param {string} playerVersion
   */
  constructor(store, clock, playerVersion) {
    this.#store = store;
    this.#clock = clock;
    this.#playerVersion = playerVersion;
  }

  /** @param {string} deviceId whose plays are from now on written */
  belongTo(deviceId) {
    this.#deviceId = deviceId;
  }

  /** Closes what a crash left open, and drops what no server would accept any more. */
  async recover() {
    const left = await this.#store.openPlays();
    await this.#store.putPlays(left.map((row) => ({ ...row, state: "closed" })));
    if (this.#clock.offsetMs() !== null) {
      await this.#store.deletePlaysBefore(this.#clock.now() - KEPT_DAYS * 86_400_000);
    }
    return left.length;
  }

  /**
   * Something is on screen from now on.
   * @param {{itemId: string, plannedMs: number, planEtag: string}} shown
   * @returns {Open}
   */
  open({ itemId, plannedMs, planEtag }) {
    const play = { item_id: itemId, plan_etag: planEtag, planned_duration_ms: plannedMs };
    return this.#begin({ event_type: "play", ...play }, plannedMs);
  }

  /** Nothing can be shown from now on, though the plan has something. @returns {Open} */
  openFallback(/** @type {string} */ planEtag) {
    return this.#begin({ event_type: "fallback", plan_etag: planEtag }, 0);
  }

  /**
   * It is on screen no more.
   * @param {Open} open @param {{cut?: boolean, failed?: string}} [how]
   */
  close(open, { cut = false, failed } = {}) {
    const durationMs = this.#elapsed(open);
    const whole = !cut && durationMs >= wholePlayMs(open.plannedMs);
    /** @type {Result} */
    const result = failed ? "content_failed" : whole ? "completed" : "interrupted";
    open.row.state = "closed";
    Object.assign(open.row.event, { result, duration_ms: durationMs });
    if (failed) open.row.event.error = failed;
    this.#put(open.row);
  }

  /** Notes how long it has been on screen by now, in case the next moment is a power cut. */
  progress(/** @type {Open} */ open) {
    open.row.event.duration_ms = this.#elapsed(open);
    this.#put(open.row);
  }

  /**
   * An item whose turn it was did not come on screen.
   * @param {{itemId: string, plannedMs: number, planEtag: string}} missed
   * @param {"content_failed" | "skipped"} result @param {string} error
   */
  miss({ itemId, plannedMs, planEtag }, result, error) {
    const play = { item_id: itemId, plan_etag: planEtag, planned_duration_ms: plannedMs };
    const row = this.#row({ event_type: "play", ...play });
    row.state = "closed";
    Object.assign(row.event, { result, error });
    this.#add(row);
  }

  /** Resolves when everything so far is on disk. */
  async settled() {
    await this.#writes;
  }

  /** @param {any} event @param {number} plannedMs @returns {Open} */
  #begin(event, plannedMs) {
    const row = this.#row(event);
    this.#add(row);
    return { row, since: this.#clock.monotonic(), plannedMs };
  }

  /** @param {any} event @returns {PlayRow} */
  #row(event) {
    const at = Date.now();
    const offset = this.#clock.offsetMs();
    const eventId = newId(at);
    return {
      event_id: eventId,
      state: "open",
      device_id: this.#deviceId,
      seq: 0,
      at: at + (offset ?? 0),
      event: {
        event_id: eventId,
        result: "interrupted",
        started_at: new Date(at).toISOString(),
        duration_ms: 0,
        player_version: this.#playerVersion,
        ...(offset === null ? {} : { clock_offset_ms: offset }),
        ...event,
      },
    };
  }

  /** @param {Open} open */
  #elapsed(open) {
    return Math.max(0, Math.round(this.#clock.monotonic() - open.since));
  }

  /** @param {PlayRow} row */
  #add(row) {
    this.#write(() => this.#store.addPlay(row));
  }

  /** @param {PlayRow} row */
  #put(row) {
    this.#write(() => this.#store.putPlays([row]));
  }

  // One write after the other, so that a row is never closed before it is opened.
  /** @param {() => Promise<void>} write */
  #write(write) {
    this.#writes = this.#writes.then(write).catch((error) => this.onError(error));
  }
}
