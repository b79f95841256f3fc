/**
 * Commands from the console. The server repeats one until it has its result, so what was begun
 * is remembered on disk and never done twice.
 *
 * @typedef {{command_id: string, kind: string, args: any}} Command
 * @typedef {(args: any) => Promise<string | void>} Deed returns a detail; throws why it failed
 */

const KEY = "commands";
const REMEMBERED = 100;

/** These end the page, so their result is told before they are done. */
const LAST_WORDS = ["reload", "reboot"];

export class Commands {
  #store;
  #api;
  #deeds;
  /** @type {Promise<void>} */
  #queue = Promise.resolve();

  /**
   * @param {import("./store.js").Store} store
   * @param {import("./api.js").Api} api
   * @param {Record<string, Deed>} deeds by kind
   */
  constructor(store, api, deeds) {
    this.#store = store;
    this.#api = api;
    this.#deeds = deeds;
  }

  /** @param {Command[]} commands as a heartbeat brought them; resolves when they are done */
  take(commands) {
    for (const command of commands) {
      this.#queue = this.#queue.then(() => this.#do(command)).catch(() => {});
    }
    return this.#queue;
  }

  // What a former attempt found out is told again: its answer may have been lost on the way.
  /** @param {Command} command */
  async #do({ command_id, kind, args }) {
    /** @type {[string, {status: "done" | "failed", detail?: string}][]} */
    const done = (await this.#store.get(KEY)) ?? [];
    let result = done.find(([id]) => id === command_id)?.[1];
    const before = result === undefined;
    if (!result) {
      result = LAST_WORDS.includes(kind) ? this.#announce(kind) : await this.#run(kind, args);
      await this.#store.set(KEY, [...done, [command_id, result]].slice(-REMEMBERED));
    }
    await this.#api.finishCommand(command_id, result.status, result.detail);
    if (before && LAST_WORDS.includes(kind) && result.status === "done") {
      await this.#deeds[kind](args);
    }
  }

  /** @param {string} kind @returns {{status: "done" | "failed", detail?: string}} */
  #announce(kind) {
    if (kind in this.#deeds) return { status: "done" };
    return { status: "failed", detail: "A web page cannot restart the computer it runs on." };
  }

  /**
   * @param {string} kind @param {any} args
   * @returns {Promise<{status: "done" | "failed", detail?: string}>}
   */
  async #run(kind, args) {
    if (!(kind in this.#deeds)) {
      return { status: "failed", detail: `This player knows no command ${kind}.` };
    }
    try {
      return { status: "done", detail: (await this.#deeds[kind](args ?? {})) || undefined };
    } catch (error) {
      return { status: "failed", detail: /** @type {Error} */ (error).message };
    }
  }
}
