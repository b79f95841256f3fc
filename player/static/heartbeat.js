/**
 * The heartbeat: what this player says about itself, at the pace that the server sets.
 *
 * @typedef {object} Sources what a heartbeat is made of
 * @property {() => object | null} nowPlaying
 * @property {() => string | null} planEtag
 * @property {() => number} usedBytes
 * @property {() => string | null} lastError
 * @property {() => Promise<Record<string, number>>} counters
 */

import { Repeat } from "./repeat.js";

const FIRST_INTERVAL_MS = 60_000;

export class Heartbeat {
  #api;
  #sources;
  #version;
  #deviceInfo;
  /** @type {object | undefined} sent once after each start */
  #newDeviceInfo;
  #repeat = new Repeat(() => this.#beat(), FIRST_INTERVAL_MS);
  /** Called with the server's answer. */
  onAnswer = (/** @type {any} */ _answer) => {};
  /** Monotonic ms of the last answer, or null. */
  answeredAt = /** @type {number | null} */ (null);

  /**
   * @param {import("./api.js").Api} api @param {Sources} sources
   * @param {string} version @param {() => Promise<object>} deviceInfo
   */
  constructor(api, sources, version, deviceInfo) {
    this.#api = api;
    this.#sources = sources;
    this.#version = version;
    this.#deviceInfo = deviceInfo;
  }

  /** Beats now, whatever the pace says. */
  now() {
    this.#repeat.now();
  }

  stop() {
    this.#repeat.stop();
  }

  async #beat() {
    this.#newDeviceInfo ??= await this.#deviceInfo();
    const estimate = await navigator.storage?.estimate?.();
    const answer = await this.#api.heartbeat({
      now_playing: this.#sources.nowPlaying(),
      disk_used_bytes: this.#sources.usedBytes(),
      disk_total_bytes: estimate?.quota,
      plan_etag: this.#sources.planEtag(),
      last_error: this.#sources.lastError(),
      counters: await this.#sources.counters(),
      player_version: this.#version,
      ...(this.answeredAt === null ? { device_info: this.#newDeviceInfo } : {}),
    });
    this.answeredAt = performance.now();
    this.#repeat.intervalMs = answer.heartbeat_interval_s * 1000;
    this.onAnswer(answer);
  }
}
