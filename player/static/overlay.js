/** The diagnosis: what a technician wants to know, by the key d or a long press anywhere. */

const LONG_PRESS_MS = 1200;
const REDRAW_MS = 1000;

/** @param {HTMLElement} root @param {() => Promise<[string, string][]>} facts names and values */
export function addOverlay(root, facts) {
  const list = /** @type {HTMLElement} */ (root.querySelector("dl"));
  const redraw = async () => {
    if (!root.hidden) list.replaceChildren(...(await facts()).flatMap(pair));
  };
  const show = async (/** @type {boolean} */ shown) => {
    root.hidden = !shown;
    await redraw();
    if (shown) root.focus();
  };
  const toggle = () => show(root.hidden);
  setInterval(redraw, REDRAW_MS);
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "d" && !typing && !event.ctrlKey && !event.metaKey) toggle();
    if (event.key === "Escape") show(false);
  });
  onLongPress(toggle);
}

/** @param {() => void} action */
function onLongPress(action) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  document.addEventListener("pointerdown", () => (timer = setTimeout(action, LONG_PRESS_MS)));
  for (const end of ["pointerup", "pointercancel", "pointermove"]) {
    document.addEventListener(end, () => clearTimeout(timer));
  }
}

/** @param {[string, string]} fact */
function pair([name, value]) {
  const term = document.createElement("dt");
  const definition = document.createElement("dd");
  term.textContent = name;
  definition.textContent = value;
  return [term, definition];
}
