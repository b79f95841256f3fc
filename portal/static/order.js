// Putting a list in order: by dragging, by Alt and an arrow on the handle, or by the buttons. Each
// move is one POST of {item, to}; the server keeps the order, and a refusal puts the item back.
import "./vendor/Sortable.min.js";
import { toast } from "./app.js";

export function setUp() {
  for (const list of document.querySelectorAll("[data-order]:not([data-ready])")) {
    list.dataset.ready = "yes";
    let before = [];
    new Sortable(list, {
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
  if (!by) return;
  event.preventDefault();
  move(list, event.target.closest(".order-item"), by, event.submitter);
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
  const place = items(list).indexOf(item);
  if (place === before.indexOf(item)) return;
  renumber(list);
  say(list, `${item.dataset.title} is now ${place + 1} of ${before.length}`);
  const refusal = await send(list, item, place + 1);
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
    if (answer.ok) return "";
    return answer.status === 409
      ? "Somebody else changed this list. Load the page again to see their order."
      : "The new order was not saved. Try again.";
  } catch {
    return "The new order was not saved: no connection.";
  }
}

function renumber(list) {
  const all = items(list);
  all.forEach((item, place) => {
    for (const button of item.querySelectorAll("[data-move]")) {
      const to = place + 1 + Number(button.dataset.move);
      button.value = to;
      button.disabled = to < 1 || to > all.length;
    }
  });
}

function say(list, text) {
  list.parentElement.querySelector("[data-order-live]").textContent = text;
}
