/**
 * The device API, one method per call: how to ask, and what an answer means.
 *
 * Every refusal is an ApiError with the server's `code`; a network that does not answer is one
 * too, with status 0. Callers decide by code and status and wait `retryAfterMs` at least.
 */

const TIMEOUT_MS = 20_000;
const ROOT = "/v1/device";

export class ApiError extends Error {
  /**
   * @param {number} status 0 where nothing answered
   * @param {string} code
   * @param {string} detail
   * @param {number} [retryAfterMs]
   */
  constructor(status, code, detail, retryAfterMs = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export class Api {
  #clock;
  #credentials;

  /**
   * @param {import("./clock.js").Clock} clock learns from every reply that has the server's time
   * @param {import("./credentials.js").Credentials} credentials
   */
  constructor(clock, credentials) {
    this.#clock = clock;
    this.#credentials = credentials;
    credentials.refreshWith((token) =>
      this.#json("POST", "/token/refresh", { refresh_token: token }),
    );
  }

  /** @param {{device_info: object, install_secret: string}} body */
  createClaim(body) {
    return this.#json("POST", "/pairing/create-claim", body);
  }

  /** @param {{claim_code: string, device_info: object, install_secret: string}} body */
  claim(body) {
    return this.#json("POST", "/pairing/claim", body);
  }

  /** @param {object} body */
  heartbeat(body) {
    const sent_at = new Date().toISOString();
    return this.#signed((token) => this.#json("POST", "/heartbeat", { ...body, sent_at }, token));
  }

  /**
   * The plan, or null where the server's is the one with this tag.
   * @param {string | null} etag without quotes
   * @returns {Promise<{etag: string, body: any} | null>}
   */
  async plan(etag) {
    const answer = await this.#signed((token) => {
      const headers = bearer(token);
      if (etag !== null) headers["If-None-Match"] = `"${etag}"`;
      return this.#fetch("GET", "/plan", headers);
    });
    if (answer.status === 304) return null;
    return { etag: bareTag(answer.headers.get("ETag") ?? ""), body: await answer.json() };
  }

  /** @param {object[]} events */
  sendEvents(events) {
    return this.#signed((token) => {
      const body = { sent_at: new Date().toISOString(), events };
      return this.#json("POST", "/events", body, token);
    });
  }

  /** @param {string} commandId @param {"done" | "failed"} status @param {string} [detail] */
  async finishCommand(commandId, status, detail) {
    const path = `/commands/${commandId}/result`;
    await this.#signed((token) => this.#json("POST", path, { status, detail }, token));
  }

  /** @param {Blob} picture */
  async putScreenshot(picture) {
    await this.#signed((token) => {
      const headers = { ...bearer(token), "Content-Type": picture.type };
      return this.#fetch("PUT", "/screenshot", headers, picture);
    });
  }

  // A token that ran out on its way is renewed once; any other refusal is the caller's.
  /** @template T @param {(token: string) => Promise<T>} call @returns {Promise<T>} */
  async #signed(call) {
    const token = await this.#credentials.token();
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      if (error.code === "token_expired") return call(await this.#credentials.renew(token));
      this.#credentials.refused(token);
      throw error;
    }
  }

  /**
   * @param {string} method @param {string} path @param {object} body @param {string} [token]
   * @returns {Promise<any>}
   */
  async #json(method, path, body, token) {
    const headers = { ...(token ? bearer(token) : {}), "Content-Type": "application/json" };
    const sentAt = this.#clock.monotonic();
    const answer = await this.#fetch(method, path, headers, JSON.stringify(body));
    const receivedAt = this.#clock.monotonic();
    const reply = await answer.json();
    if (reply.server_time) {
      this.#clock.sample({ sentAt, receivedAt, serverTime: Date.parse(reply.server_time) });
    }
    return reply;
  }

  /**
   * @param {string} method @param {string} path @param {Record<string, string>} headers
   * @param {BodyInit} [body]
   */
  async #fetch(method, path, headers, body) {
    let answer;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const how = { method, headers, body, signal, cache: /** @type {const} */ ("no-store") };
      answer = await fetch(ROOT + path, { ...how, credentials: "omit" });
    } catch (error) {
      throw new ApiError(0, "no_answer", `The server does not answer: ${error}`);
    }
    if (answer.ok || answer.status === 304) return answer;
    throw await refusal(answer);
  }
}

/** @param {string} token @returns {Record<string, string>} */
export function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

/** The tag of a plan as heartbeats name it: no quotes, no mark of a compressed body. */
function bareTag(/** @type {string} */ etag) {
  return etag.replace(/^W\//, "").replaceAll('"', "").replace(/-gzip$/, "");
}

/** @param {Response} answer */
async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const seconds = Number(answer.headers.get("Retry-After"));
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
  const code = problem.code ?? `http_${answer.status}`;
  return new ApiError(answer.status, code, problem.detail ?? answer.statusText, retryAfterMs);
}
