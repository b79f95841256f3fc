// One upload by tus 1.0.0: in slices, repeated when the network fails, resumed after a reload.
// What is known of it stands in localStorage under its fingerprint until it is done or cancelled.

const VERSION = { "Tus-Resumable": "1.0.0" };
const SLICE_BYTES = 8 * 1024 * 1024;
const WAITS_S = [1, 2, 4, 8, 15, 30, 30, 30];
const KEEP = "playbill-upload:";
const AGAIN = new Set([0, 408, 423, 425, 429, 460, 500, 502, 503, 504]);

export class Refusal extends Error {
  constructor(words, retriable) {
    super(words);
    this.retriable = retriable;
  }
}

export class Upload {
  // `told(state)` hears {sent, waitS, why}; `token` proves that our own page asks.
  constructor(file, { endpoint, token, metadata, told, replaced }) {
    Object.assign(this, { file, endpoint, token, metadata, told, replaced });
    this.key = KEEP + [endpoint, file.name, file.size, file.lastModified, metadata].join("|");
    this.url = remembered(this.key)?.url ?? "";
    this.cancelled = false;
  }

  // Returns the path of what it became; throws a Refusal.
  async run() {
    for (let failures = 0; ; ) {
      const before = this.sent;
      try {
        return await this.#once();
      } catch (error) {
        if (this.cancelled || !error.again) throw error;
        failures = this.sent > before ? 1 : failures + 1;
        if (failures > WAITS_S.length) throw new Refusal(`${error.message} Try again.`, true);
        await this.#wait(WAITS_S[failures - 1], error.message);
        if (this.cancelled) throw error;
      }
    }
  }

  async cancel() {
    this.cancelled = true;
    this.request?.abort();
    this.wake?.();
    forget(this.key);
    if (this.url) await discard(this.url, this.token);
  }

  async #once() {
    let answer = await this.#begin();
    while (!answer.result) {
      this.sent = answer.offset;
      this.told({ sent: this.sent });
      answer = await this.#send(answer.offset);
    }
    forget(this.key);
    return answer.result;
  }

  async #begin() {
    if (this.url) {
      const found = await ask("HEAD", this.url, this.#headers());
      if (found.status === 200) return state(found);
      if (![403, 404, 410].includes(found.status)) throw failure(found);
      this.url = "";
    }
    const length = { "Upload-Length": this.file.size, "Upload-Metadata": this.metadata };
    const made = await ask("POST", this.endpoint, this.#headers(length));
    if (made.status !== 201) throw failure(made);
    this.url = made.getResponseHeader("Location");
    const { url, replaced, file } = this;
    remember(this.key, { url, replaced, name: file.name, at: Date.now() });
    return state(made);
  }

  async #send(offset) {
    const more = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
    const slice = this.file.slice(offset, offset + SLICE_BYTES);
    const answer = await ask("PATCH", this.url, this.#headers(more), slice, (request) => {
      this.request = request;
      request.upload.onprogress = (event) => this.told({ sent: offset + event.loaded });
    });
    if (answer.status === 204) return state(answer);
    const error = failure(answer);
    if (!error.again) forget(this.key);
    throw error;
  }

  #headers(more = {}) {
    return { ...VERSION, "X-CSRF-Token": this.token, ...more };
  }

  async #wait(seconds, why) {
    this.told({ sent: this.sent, waitS: seconds, why });
    await new Promise((resolve) => {
      this.wake = resolve;
      addEventListener("online", resolve, { once: true });
      setTimeout(resolve, seconds * 1000);
    });
  }
}

// The server forgets it too; when it cannot be told, it does so in a day.
export function discard(url, token) {
  return ask("DELETE", url, { ...VERSION, "X-CSRF-Token": token });
}

// What this browser began and did not finish, within the day that the server keeps it.
export function unfinished() {
  const dayAgo = Date.now() - 24 * 3600 * 1000;
  const found = [];
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(KEEP))) {
    const known = remembered(key);
    if (!known || known.at < dayAgo) forget(key);
    else found.push({ ...known, forget: () => forget(key) });
  }
  return found;
}

export function encoded(values) {
  const pairs = Object.entries(values).filter(([, value]) => value);
  return pairs.map(([key, value]) => `${key} ${base64(value)}`).join(",");
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function ask(method, url, headers, body = null, prepare = () => {}) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    prepare(request);
    request.onloadend = () => resolve(request);
    request.send(body);
  });
}

function state(answer) {
  return {
    offset: Number(answer.getResponseHeader("Upload-Offset")),
    result: answer.getResponseHeader("Upload-Content") ?? "",
  };
}

function failure(answer) {
  const error = new Refusal(words(answer), [0, 401, 403].includes(answer.status));
  // Of the conflicts only one about the offset is worth asking again where to go on.
  error.again = answer.status === 409 ? problem(answer).code === "offset_conflict" : AGAIN.has(answer.status);
  return error;
}

function words(answer) {
  if (!answer.status) return "No connection.";
  if (answer.status === 401) return "You were signed out. Sign in in another tab, then try again.";
  return problem(answer).detail ?? `The server refused it (${answer.status}).`;
}

function problem(answer) {
  try {
    return JSON.parse(answer.responseText);
  } catch {
    return {};
  }
}

function remembered(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Private windows may keep nothing: the upload goes on, it only does not outlive the page.
  }
}

function forget(key) {
  localStorage.removeItem(key);
}
