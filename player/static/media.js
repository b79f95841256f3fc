/**
 * The media of the plans: what is held, what is fetched next, what is dropped.
 *
 * A file that was not verified is never played. Three wrong answers (another hash, not found)
 * reject a file until it is asked for anew; a network that is away counts as none.
 *
 * @typedef {import("./schedule.js").Content} Content
 * @typedef {import("./schedule.js").Plan} Plan
 * @typedef {object} Round of downloads
 * @property {number} at
 * @property {Set<string>} taken hashes that are being fetched, or that there was no room for
 * @property {unknown} failure the first one
 * @property {boolean} over nothing more can be had now
 */

import { Downloads } from "./downloads.js";
import { contentInOrderOfNeed } from "./schedule.js";

/** Few, so that playing always has the disk and the decoder to itself. */
const AT_ONCE = 2;
const WRONG_MAX = 3;
const REJECTED_MS = 10 * 60_000;

export class Media {
  #files;
  #credentials;
  #downloads = new Downloads();
  /** @type {Map<string, number>} bytes by hash */
  #held = new Map();
  /** @type {Map<string, {wrong: number, error: string, until: number}>} */
  #wrong = new Map();
  /** @type {Map<string, number>} by hash, how many elements read it now */
  #open = new Map();
  /** @type {Plan[]} the current plan and the one before it, which may still be on screen */
  #plans = [];
  /** Called whenever a file has become ready, or has turned out unfit. */
  onChange = () => {};

  /**
   * @param {import("./files.js").Files} files
   * @param {import("./credentials.js").Credentials} credentials
   */
  constructor(files, credentials) {
    this.#files = files;
    this.#credentials = credentials;
  }

  /** Finds what an earlier run has left. */
  async load() {
    this.#held = await this.#files.list();
  }

  /** @param {Plan} plan whose content is wanted from now on */
  want(plan) {
    this.#plans = [plan, ...this.#plans].slice(0, 2);
  }

  /** @param {Content} content whether it can be shown now */
  isReady(content) {
    return content.sha256 === null || this.#held.has(content.sha256);
  }

  /**
   * An address that an element can load, to be given back with `release`.
   * @param {Content} content @returns {Promise<{url: string, release: () => void}>}
   */
  async open(content) {
    if (content.sha256 === null) return { url: content.url, release: () => {} };
    const blob = await this.#files.read(content.sha256);
    const url = URL.createObjectURL(blob.slice(0, blob.size, content.mime ?? ""));
    this.#countOpen(content, 1);
    const release = () => {
      URL.revokeObjectURL(url);
      this.#countOpen(content, -1);
    };
    return { url, release };
  }

  /** Bytes on disk or in memory. */
  get usedBytes() {
    return [...this.#held.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** @returns {{files: number, ready: number, bytesLeft: number, rejected: number}} */
  get progress() {
    const wanted = this.#wanted();
    const left = wanted.filter((content) => !this.isReady(content));
    return {
      files: wanted.length,
      ready: wanted.length - left.length,
      bytesLeft: left.reduce((sum, content) => sum + content.bytes, 0),
      rejected: left.filter((content) => this.#isRejected(content)).length,
    };
  }

  /** The latest reason why a file that is wanted cannot be had, or null. */
  get trouble() {
    const content = this.#wanted().find((wanted) => this.#isRejected(wanted));
    return content ? `${content.content_id}: ${this.#wrong.get(key(content))?.error}` : null;
  }

  /**
   * Drops what no plan names, then fetches what is missing, what is needed soonest first.
   * Throws where the network or the disk is in the way.
   * @param {number} at
   */
  async fetchMissing(at) {
    await this.#dropUnwanted();
    /** @type {Round} */
    const round = { at, taken: new Set(), failure: null, over: false };
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#fetchInTurn(round)));
    if (round.failure) throw round.failure;
  }

  /** How often the worker that downloads had to be put down. */
  get workerRestarts() {
    return this.#downloads.restarts;
  }

  /** Forgets everything, as a command may ask; what is wanted is fetched anew. */
  async clear() {
    this.#wrong.clear();
    for (const sha256 of this.#held.keys()) await this.#files.remove(sha256);
    this.#held.clear();
  }

  // What there is no room for is left out of the round: a smaller file may still fit.
  /** @param {Round} round */
  async #fetchInTurn(round) {
    while (!round.over) {
      const plan = this.#plans[0];
      const free = (/** @type {Content} */ c) => this.#isMissing(c) && !round.taken.has(key(c));
      const missing = plan && contentInOrderOfNeed(plan, round.at).find(free);
      if (!missing) return;
      round.taken.add(key(missing));
      try {
        await this.#downloadWhereThereIsRoom(missing);
        round.taken.delete(key(missing));
      } catch (error) {
        round.failure ??= error;
        round.over ||= !isFull(error);
      }
      this.onChange();
    }
  }

  /** @param {Content} content */
  async #downloadWhereThereIsRoom(content) {
    try {
      await this.#download(content);
    } catch (error) {
      if (!isFull(error) || !(await this.#makeRoom())) throw error;
      await this.#download(content);
    }
  }

  /** @param {Content} content */
  async #download(content) {
    const order = {
      url: content.url,
      sha256: content.sha256,
      bytes: content.bytes,
      mime: content.mime,
      onDisk: this.#files.onDisk,
    };
    const token = await this.#credentials.token();
    const reply = await this.#downloads.order({ ...order, token });
    if (!reply.error) return this.#keep(content, reply.blob);
    if (reply.unfit) return this.#countWrong(content, reply.error);
    if (reply.status === 401) await this.#credentials.renew(token);
    throw Object.assign(new Error(reply.error), { name: reply.name, status: reply.status });
  }

  /** @param {Content} content @param {Blob | null} blob */
  #keep(content, blob) {
    this.#files.add(key(content), blob);
    this.#held.set(key(content), content.bytes);
    this.#wrong.delete(key(content));
  }

  /** @param {Content} content @param {string} error */
  #countWrong(content, error) {
    const wrong = (this.#wrong.get(key(content))?.wrong ?? 0) + 1;
    const until = wrong < WRONG_MAX ? 0 : performance.now() + REJECTED_MS;
    this.#wrong.set(key(content), { wrong, error, until });
  }

  #wanted() {
    return Object.values(this.#plans[0]?.content ?? {}).filter((content) => content.sha256);
  }

  /** @param {Content} content */
  #isMissing(content) {
    return !this.isReady(content) && !this.#isRejected(content);
  }

  /** @param {Content} content */
  #isRejected(content) {
    return (this.#wrong.get(key(content))?.until ?? 0) > performance.now();
  }

  async #dropUnwanted() {
    const kept = this.#namesOf(this.#plans);
    await this.#drop((sha256) => !kept.has(sha256));
    await this.#files.dropParts(kept);
  }

  // The plan before this one was kept for what is on screen: of the rest of it nothing is needed.
  async #makeRoom() {
    const needed = this.#namesOf(this.#plans.slice(0, 1));
    const dropped = await this.#drop((sha256) => !needed.has(sha256) && !this.#open.get(sha256));
    await this.#files.dropParts(needed);
    return dropped > 0;
  }

  /** @param {(sha256: string) => boolean} which */
  async #drop(which) {
    const dropped = [...this.#held.keys()].filter(which);
    for (const sha256 of dropped) {
      await this.#files.remove(sha256);
      this.#held.delete(sha256);
    }
    return dropped.length;
  }

  /** @param {Plan[]} plans */
  #namesOf(plans) {
    return new Set(plans.flatMap((plan) => Object.values(plan.content).map(key)));
  }

  /** @param {Content} content @param {number} change */
  #countOpen(content, change) {
    this.#open.set(key(content), (this.#open.get(key(content)) ?? 0) + change);
  }
}

/** @param {unknown} error */
export function isFull(error) {
  return /** @type {Error} */ (error).name === "QuotaExceededError";
}

/** @param {Content} content */
function key(content) {
  return content.sha256 ?? "";
}
