// Keys: "/" and Ctrl or Cmd K search; g and a letter go; j, k, x, Enter work on rows; n and e press
// the page's own buttons; "?" lists them. Single keys are ignored in inputs and can be switched off.

const SWITCH = "keys";
const GO_WITHIN_MS = 1200;
let goUntil = 0;

export function keysAreOn() {
  return localStorage.getItem(SWITCH) !== "off";
}

export function setKeys(on) {
  localStorage.setItem(SWITCH, on ? "on" : "off");
}

export function handleKey(event) {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) return search(event);
  if (event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
  if (event.target.closest("input, select, textarea, [contenteditable], dialog[open]")) return;
  if (Date.now() < goUntil) return go(event);
  const act = ACTIONS[event.key];
  if (act) act(event);
}

const ACTIONS = {
  "/": search,
  "?": () => document.getElementById("keys")?.showModal(),
  g: () => (goUntil = Date.now() + GO_WITHIN_MS),
  j: (event) => step(event, 1),
  k: (event) => step(event, -1),
  x: tick,
  X: tickUpTo,
  Enter: open,
  n: (event) => press(event, '[data-key="n"], .head-actions .button-primary'),
  e: (event) => press(event, '[data-key="e"]'),
};

function search(event) {
  const input = document.querySelector("[data-search] input");
  if (!input) return;
  event.preventDefault();
  input.focus();
  input.select();
}

function go(event) {
  goUntil = 0;
  press(event, `[data-go="${CSS.escape(event.key)}"]`);
}

function press(event, selector) {
  event.preventDefault();
  document.querySelector(selector)?.click();
}

function rows() {
  return [...document.querySelectorAll("table[data-rows] tbody tr, [data-rows] > [data-row]")];
}

function rowAt() {
  return document.querySelector(".row-at");
}

function step(event, by) {
  const all = rows();
  if (!all.length) return;
  event.preventDefault();
  const current = rowAt();
  const place = current ? all.indexOf(current) + by : by > 0 ? 0 : all.length - 1;
  const next = all[Math.max(0, Math.min(all.length - 1, place))];
  current?.classList.remove("row-at");
  next.classList.add("row-at");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("[data-row-link]")?.focus({ preventScroll: true });
}

function tick() {
  rowAt()?.querySelector("[data-pick]")?.click();
}

// Shift and x tick all rows from the one ticked last, as a click with shift does.
function tickUpTo() {
  const box = rowAt()?.querySelector("[data-pick]");
  box?.dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true, cancelable: true }));
}

// A focused link or button answers Enter by itself.
function open(event) {
  if (event.target.closest("a, button, summary")) return;
  rowAt()?.querySelector("[data-row-link]")?.click();
}
