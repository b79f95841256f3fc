/**
 * Pairing: asks in, shows a code, and waits until somebody lets this screen in (RFC 8628).
 *
 * The claim code is the secret and never shown; the user code is shown and redeems nothing.
 *
 * @typedef {object} View what the pairing page can show
 * @property {(claim: any, until: number) => void} showCode until: monotonic ms
 * @property {(words: string) => void} showTrouble an empty string: there is none
 * @property {(words: string) => void} showRefusal of a code that was typed
 */

import { ApiError } from "./api.js";
import { retryDelayMs } from "./repeat.js";

const SLOWER_BY_MS = 5000;
const DENIED_PAUSE_MS = 15_000;

const WORDS = /** @type {Record<string, string>} */ ({
  no_answer: "The server does not answer. Trying again.",
  access_denied: "This screen was turned away. A new code comes in a moment.",
  invalid_claim_code: "That code is wrong, used or too old. Ask for a new one.",
});

export class Pairing {
  #api;
  #identity;
  #view;
  #paired = false;
  /** @type {(reply: any) => void} */
  #finish = () => {};

  /**
   * @param {import("./api.js").Api} api
   * @param {{device_info: object, install_secret: string}} identity
   * @param {View} view
   */
  constructor(api, identity, view) {
    this.#api = api;
    this.#identity = identity;
    this.#view = view;
  }

  /** Shows codes until one is approved; resolves with the server's reply, tokens and all. */
  async run() {
    const paired = new Promise((resolve) => {
      this.#finish = (reply) => {
        this.#paired = true;
        resolve(reply);
      };
    });
    this.#showCodes();
    return paired;
  }

  /** @param {string} code the 12 letters that somebody typed */
  async redeem(code) {
    try {
      this.#finish(await this.#api.claim({ ...this.#identity, claim_code: code }));
    } catch (error) {
      this.#view.showRefusal(wordsFor(error));
    }
  }

  async #showCodes() {
    let failures = 0;
    while (!this.#paired) {
      try {
        const claim = await this.#api.createClaim(this.#identity);
        failures = 0;
        await this.#await(claim);
      } catch (error) {
        failures += 1;
        this.#view.showTrouble(wordsFor(error));
        await pause(pauseAfter(error, failures));
      }
    }
  }

  // Returns when the claim is approved or has run out; a network that is away is waited for.
  /** @param {any} claim */
  async #await(claim) {
    const until = performance.now() + claim.expires_in * 1000;
    let intervalMs = claim.interval * 1000;
    let waitMs = 0;
    this.#view.showTrouble("");
    this.#view.showCode(claim, until);
    while (!this.#paired && performance.now() < until) {
      await pause(Math.min(waitMs, until - performance.now()));
      if (this.#paired) return;
      const refusal = await this.#poll(claim.claim_code);
      if (!refusal) return;
      if (["expired_token", "invalid_claim_code"].includes(refusal.code)) return;
      if (refusal.code === "access_denied") throw refusal;
      if (refusal.code === "slow_down") intervalMs += SLOWER_BY_MS;
      waitMs = Math.max(intervalMs, refusal.retryAfterMs);
      this.#view.showTrouble(refusal.code in WORDS ? WORDS[refusal.code] : "");
    }
  }

  /** @param {string} claimCode @returns {Promise<ApiError | null>} null: this screen is in */
  async #poll(claimCode) {
    try {
      this.#finish(await this.#api.claim({ ...this.#identity, claim_code: claimCode }));
      return null;
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }
}

/** @param {unknown} error */
function wordsFor(error) {
  if (!(error instanceof ApiError)) return String(error);
  return WORDS[error.code] ?? error.message;
}

/** @param {unknown} error @param {number} failures */
function pauseAfter(error, failures) {
  if (!(error instanceof ApiError)) return retryDelayMs(failures);
  if (error.code === "access_denied") return DENIED_PAUSE_MS;
  return retryDelayMs(failures, error.retryAfterMs);
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
