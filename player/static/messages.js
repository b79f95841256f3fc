/**
 * Words over the whole screen while nothing plays, in a voice for people in a shop: what is the
 * matter, and what happens next. Never an error code.
 *
 * @typedef {object} Message
 * @property {string} title
 * @property {string} [line]
 * @property {number} [share] 0 to 1: how much of it is done
 * @property {"plain" | "done" | "calm"} [tone]
 */

export class Messages {
  #root;
  #identify;
  #shown = "";
  #heldUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #identifyTimer;

  /** @param {HTMLElement} root @param {HTMLElement} identify */
  constructor(root, identify) {
    this.#root = root;
    this.#identify = identify;
  }

  /** @param {Message | null} message null: nothing stands in front of the stage */
  show(message) {
    clearTimeout(this.#timer);
    const waitMs = this.#heldUntil - performance.now();
    if (waitMs > 0) this.#timer = setTimeout(() => this.#draw(message), waitMs);
    else this.#draw(message);
  }

  /** Shows it for a while, whatever comes meanwhile. @param {Message} message @param {number} ms */
  hold(message, ms) {
    this.#draw(message);
    this.#heldUntil = performance.now() + ms;
  }

  /** Says which screen this is, over everything, for a while. */
  identify(/** @type {string} */ name, /** @type {string} */ detail, ms = 15_000) {
    find(this.#identify, "strong").textContent = name;
    find(this.#identify, "span").textContent = detail;
    this.#identify.hidden = false;
    clearTimeout(this.#identifyTimer);
    this.#identifyTimer = setTimeout(() => (this.#identify.hidden = true), ms);
  }

  /** @param {Message | null} message */
  #draw(message) {
    const drawn = JSON.stringify(message);
    if (drawn === this.#shown) return;
    this.#shown = drawn;
    this.#root.hidden = message === null;
    if (!message) return;
    this.#root.dataset.tone = message.tone ?? "plain";
    find(this.#root, "h1").textContent = message.title;
    find(this.#root, "p").textContent = message.line ?? "";
    const progress = /** @type {HTMLProgressElement} */ (find(this.#root, "progress"));
    progress.hidden = message.share === undefined;
    progress.value = message.share ?? 0;
  }
}

/**
 * What to say while the director has nothing to show.
 * @param {import("./playback.js").State} state
 * @param {{files: number, ready: number, bytesLeft: number, rejected: number}} progress
 * @param {string} timezone of the store
 * @param {number} now @returns {Message | null}
 */
export function messageFor(state, progress, timezone, now) {
  switch (state.kind) {
    case "playing":
      return null;
    case "no_plan":
      return {
        title: "Paired. Waiting for a plan",
        line: "Give this screen a playlist in Playbill. It starts by itself.",
      };
    case "nothing_ready":
      return loading(progress);
    case "nothing_scheduled": {
      const line = nextWords(state, timezone, now);
      return { title: "Nothing is scheduled now", line, tone: "calm" };
    }
  }
}

/** @param {{files: number, ready: number, bytesLeft: number, rejected: number}} progress */
function loading({ files, ready, bytesLeft, rejected }) {
  if (ready + rejected === files) {
    const line = "Look at this screen in Playbill: it names the files and the reason.";
    return { title: "The content cannot be shown here", line };
  }
  const megabytes = Math.max(1, Math.round(bytesLeft / 1e6));
  const line = `${ready} of ${files} ${files === 1 ? "file" : "files"} here, ${megabytes} MB to go`;
  return { title: "Fetching the content", line, share: ready / files };
}

/** @param {import("./playback.js").State} state @param {string} timeZone @param {number} now */
function nextWords({ until }, timeZone, now) {
  if (!until) return "";
  const time = { hour: "2-digit", minute: "2-digit", hour12: false };
  const say = (/** @type {object} */ how, /** @type {number} */ at) =>
    new Intl.DateTimeFormat("en-GB", { ...how, timeZone }).format(at);
  const day = { year: "numeric", month: "numeric", day: "numeric" };
  if (say(day, until) === say(day, now)) return `Next at ${say(time, until)}`;
  return `Next on ${say({ weekday: "long" }, until)} at ${say(time, until)}`;
}

/** @param {HTMLElement} root @param {string} selector */
function find(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
