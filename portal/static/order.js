// Putting a list in order: by dragging, by Alt and an arrow on the handle, or by the buttons. Each
// move is one POST of {item, to}; the server keeps the order, and a refusal puts the item back.
import "./vendor/Sortable.min.js";
import { toast } from "./app.js";

export function setUp() {
  for (const list of document.querySelectorAll("[data-order]:not([data-ready])")) {
    list.dataset.ready = "yes";
    let before = [];
    new Sortable(list, {
      group: "playlist",
      handle: "[data-order-handle]",
      draggable: ".order-item",
      animation: 120,
      onStart: () => (before = items(list)),
      onEnd: (event) => settle(list, event.item, before),
    });
    list.addEventListener("submit", (event) => moveByButton(event, list));
    list.addEventListener("keydown", (event) => moveByKey(event, list));
  }
}

function items(list) {
  return [...list.querySelectorAll(":scope > .order-item")];
}

function moveByButton(event, list) {
  const by = Number(event.submitter?.dataset.move);
  const item = event.target.closest(".order-item");
  // Beyond the part that is shown the form itself does it, and the page comes anew.
  if (!by || !items(list)[items(list).indexOf(item) + by]) return;
  event.preventDefault();
  move(list, item, by, event.submitter);
}

function moveByKey(event, list) {
  const handle = event.target.closest("[data-order-handle]");
  if (!handle || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  move(list, handle.closest(".order-item"), event.key === "ArrowUp" ? -1 : 1, handle);
}

function move(list, item, by, control) {
  const before = items(list);
  const other = before[before.indexOf(item) + by];
  if (!other) return;
  if (by < 0) other.before(item);
  else other.after(item);
  settle(list, item, before);
  (control.disabled ? item.querySelector("[data-order-handle]") : control).focus();
}

async function settle(list, item, before) {
  const index = items(list).indexOf(item);
  if (index === before.indexOf(item)) return;
  renumber(list);
  const place = offset(list) + index + 1;
  say(list, `${item.dataset.title} is now ${place} of ${total(list)}`);
  const refusal = await send(list, item, place);
  if (!refusal) return;
  list.append(...before);
  renumber(list);
  say(list, refusal);
  toast(refusal, "crit");
}

// One move at a time, so that each carries the revision the one before it made.
let last = Promise.resolve();

function send(list, item, to) {
  last = last.then(() => post(list, item, to));
  return last;
}

async function post(list, item, to) {
  const body = new FormData(item.querySelector(".order-moves"));
  body.set("to", to);
  if (list.dataset.revision) body.set("revision", list.dataset.revision);
  try {
    const answer = await fetch(list.dataset.order, { method: "POST", body });
    list.dataset.revision = answer.headers.get("X-Revision") ?? list.dataset.revision;
    if (answer.ok) return saved(answer.headers.get("X-Revision"));
    if (answer.status === 409 && isMerged(list, body)) return "";
    return answer.status === 409
      ? "Somebody else changed this list. Load the page again to see their order."
      : "The new order was not saved. Try again.";
  } catch {
    return "The new order was not saved: no connection.";
  }
}

// A page that can show both changes side by side takes the refused move over.
function isMerged(list, body) {
  const detail = { action: list.dataset.order, values: Object.fromEntries(body) };
  return !document.dispatchEvent(new CustomEvent("order:clash", { detail, cancelable: true }));
}

// Other forms of the page send the revision too, and what is told of the draft is no longer right.
function saved(revision) {
  if (revision) {
    for (const input of document.querySelectorAll('input[name="revision"]')) input.value = revision;
  }
  document.dispatchEvent(new CustomEvent("order:saved"));
  return "";
}

function offset(list) {
  return Number(list.dataset.offset ?? 0);
}

function total(list) {
  return Number(list.dataset.total ?? items(list).length);
}

function renumber(list) {
  const all = items(list);
  all.forEach((item, place) => {
    for (const button of item.querySelectorAll("[data-move]")) {
      const to = offset(list) + place + 1 + Number(button.dataset.move);
      button.value = to;
      button.disabled = to < 1 || to > total(list);
    }
  });
}

function say(list, text) {
  list.parentElement.querySelector("[data-order-live]").textContent = text;
}
