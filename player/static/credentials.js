/**
 * Who this player is to the server, and the tokens that prove it.
 *
 * A refresh token gives the same successor however often it is asked for, until that successor
 * has been used: so the new pair is written to disk before its first use, and a reply lost on its
 * way is simply asked for again.
 *
 * @typedef {object} Kept
 * @property {string} device_id
 * @property {string} device_token
 * @property {string} refresh_token
 * @property {number} renewAt Unix ms of the server's clock
 */

const KEY = "credentials";

/** A token is renewed when a tenth of its life is left. */
const RENEW_AT_SHARE = 0.9;

export class Credentials {
  #store;
  #clock;
  /** @type {Kept | null} */
  #kept = null;
  /** @type {(refreshToken: string) => Promise<any>} */
  #refresh = () => Promise.reject(new Error("not connected"));
  /** @type {Promise<string> | null} */
  #renewing = null;
  #signedOut = false;
  /** Called once the server knows this player no more: it plays on, and asks to be paired. */
  onSignedOut = () => {};

  /** @param {import("./store.js").Store} store @param {import("./clock.js").Clock} clock */
  constructor(store, clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async load() {
    this.#kept = (await this.#store.get(KEY)) ?? null;
  }

  /** @returns {string | null} null while the player was never paired */
  get deviceId() {
    return this.#kept?.device_id ?? null;
  }

  /** @param {(refreshToken: string) => Promise<any>} refresh the call that renews */
  refreshWith(refresh) {
    this.#refresh = refresh;
  }

  /** @param {any} reply of a claim or a refresh */
  async keep(reply) {
    this.#kept = {
      device_id: reply.device_id ?? this.#kept?.device_id,
      device_token: reply.device_token,
      refresh_token: reply.refresh_token,
      renewAt: this.#clock.now() + reply.token_expires_in * 1000 * RENEW_AT_SHARE,
    };
    await this.#store.set(KEY, this.#kept);
    this.#signedOut = false;
  }

  /** The token to sign a call with, renewed where it is about to run out. */
  async token() {
    const kept = this.#kept;
    if (!kept || this.#signedOut) throw new Error("This player is not paired.");
    if (this.#clock.now() < kept.renewAt) return kept.device_token;
    return this.renew(kept.device_token).catch((error) => {
      if (error.status === 401) throw error;
      return kept.device_token;
    });
  }

  /** @param {string} token the one that ran out; another call may have renewed it already */
  async renew(token) {
    if (this.#kept && this.#kept.device_token !== token) return this.#kept.device_token;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  /** @param {string} token the server knows it no more, unless it has been renewed since */
  refused(token) {
    if (this.#kept?.device_token === token) this.#signOut();
  }

  #signOut() {
    if (this.#signedOut) return;
    this.#signedOut = true;
    this.onSignedOut();
  }

  async #renew() {
    const kept = /** @type {Kept} */ (this.#kept);
    try {
      await this.keep(await this.#refresh(kept.refresh_token));
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) this.#signOut();
      throw error;
    }
    return /** @type {Kept} */ (this.#kept).device_token;
  }
}
