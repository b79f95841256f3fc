/**
 * The media of the plans: what is held, what is fetched next, what is dropped.
 *
 * A file that was not verified is never played. Three wrong answers (another hash, not found)
 * reject a file until it is asked for anew; a network that is away counts as none.
 *
 * @typedef {import("./schedule.js").Content} Content
 * @typedef {import("./schedule.js").Plan} Plan
 */

import { contentInOrderOfNeed } from "./schedule.js";

const WRONG_MAX = 3;
const REJECTED_MS = 10 * 60_000;

export class Media {
  #files;
  #credentials;
  #worker;
  /** @type {Map<string, number>} bytes by hash */
  #held = new Map();
  /** @type {Map<string, {wrong: number, error: string, until: number}>} */
  #wrong = new Map();
  /** @type {Map<number, (reply: any) => void>} */
  #waiting = new Map();
  #orders = 0;
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
    this.#worker = new Worker(new URL("./download_worker.js", import.meta.url), {
      type: "module",
    });
    this.#worker.onmessage = ({ data }) => this.#waiting.get(data.id)?.(data);
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
    return { url, release: () => URL.revokeObjectURL(url) };
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
    for (;;) {
      const plan = this.#plans[0];
      const missing = plan && contentInOrderOfNeed(plan, at).find((c) => this.#isMissing(c));
      if (!missing) return;
      await this.#download(missing);
      this.onChange();
    }
  }

  /** Forgets everything, as a command may ask; what is wanted is fetched anew. */
  async clear() {
    this.#wrong.clear();
    for (const sha256 of this.#held.keys()) await this.#files.remove(sha256);
    this.#held.clear();
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
    const reply = await this.#order({ ...order, token });
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

  /** @param {object} order @returns {Promise<any>} */
  #order(order) {
    const id = (this.#orders += 1);
    const reply = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#worker.postMessage({ id, order });
    return reply.finally(() => this.#waiting.delete(id));
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
    const kept = this.#plans.flatMap((plan) => Object.values(plan.content).map(key));
    for (const sha256 of [...this.#held.keys()].filter((held) => !kept.includes(held))) {
      await this.#files.remove(sha256);
      this.#held.delete(sha256);
    }
  }
}

/** @param {Content} content */
function key(content) {
  return content.sha256 ?? "";
}
