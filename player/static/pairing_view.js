/** The pairing page: a code to read across a shop, the way to approve it, and one to type. */

const TICK_MS = 1000;

export class PairingView {
  #root;
  #until = 0;
  #lifeMs = 1;
  #qrUrl = "";
  /** Called with the letters that somebody typed. */
  onCode = (/** @type {string} */ _code) => {};

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    setInterval(() => this.#tick(), TICK_MS);
    const form = /** @type {HTMLFormElement} */ (this.#find("form"));
    const input = /** @type {HTMLInputElement} */ (this.#find("input"));
    this.#find("#type-code").addEventListener("click", () => {
      form.hidden = !form.hidden;
      if (!form.hidden) input.focus();
    });
    input.addEventListener("input", () => (input.value = grouped(input.value)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#find("#refusal").textContent = "";
      this.onCode(input.value);
    });
  }

  show() {
    this.#find("#insecure").hidden = isSecureContext;
    this.#root.hidden = false;
  }

  hide() {
    this.#root.hidden = true;
    this.#find("form").hidden = true;
  }

  /** @param {any} claim @param {number} until monotonic ms */
  showCode(claim, until) {
    this.#until = until;
    this.#lifeMs = claim.expires_in * 1000;
    this.#showLetters(claim.user_code);
    this.#find("#pair-address").textContent = claim.verification_uri.replace(/^https?:\/\//, "");
    this.#showQr(claim.qr_svg);
    this.#root.classList.remove("waiting");
    this.#tick();
  }

  /** @param {string} words */
  showTrouble(words) {
    this.#find("#pair-trouble").textContent = words;
  }

  /** @param {string} words */
  showRefusal(words) {
    this.#find("#refusal").textContent = words;
  }

  // The picture goes through an <img>: an SVG from outside never becomes part of the page.
  /** @param {string} svg */
  #showQr(svg) {
    const image = /** @type {HTMLImageElement} */ (this.#find("#pair-qr"));
    URL.revokeObjectURL(this.#qrUrl);
    this.#qrUrl = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    image.src = this.#qrUrl;
  }

  /** @param {string} code */
  #showLetters(code) {
    const parts = code.split(/(-)/).map((part) => {
      const span = document.createElement("span");
      span.textContent = part;
      if (part === "-") span.className = "dash";
      return span;
    });
    this.#find("#user-code").replaceChildren(...parts);
  }

  #tick() {
    const leftMs = Math.max(0, this.#until - performance.now());
    const seconds = Math.ceil(leftMs / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    this.#find("#pair-left").textContent = clock;
    const gone = 100 - (100 * leftMs) / this.#lifeMs;
    this.#find("#pair-ring").setAttribute("stroke-dashoffset", gone.toFixed(1));
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#root.querySelector(selector));
  }
}

/** @param {string} typed letters as groups of four, in capitals */
function grouped(typed) {
  const letters = typed.toUpperCase().replace(/[^A-Z]/g, "");
  return (letters.slice(0, 12).match(/.{1,4}/g) ?? []).join("-");
}
