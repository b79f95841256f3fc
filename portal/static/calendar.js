// The calendar by hand: drag on empty space to create, drag an entry to move it, its edge to resize
// it; arrows walk, Alt and an arrow move, with Shift they resize. Each is a proposal: the server
// answers with the calendar as it then is. Without this file links and forms do the same work.
import { openDialog, toast } from "./app.js";

const QUARTERS = 96;
const DAY_MIN = 1440;
const SETTLE_MS = 700;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const SPOTS = "[data-slot], [data-event]";

let drag = null;
let nudge = null;
let dragged = false;

const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const clock = (at) => {
  const wrapped = (at + DAY_MIN) % DAY_MIN;
  return `${String(Math.floor(wrapped / 60)).padStart(2, "0")}:${String(wrapped % 60).padStart(2, "0")}`;
};
const say = (text) => (document.getElementById("calendar-words").textContent = text);
const days = () => [...document.querySelectorAll("[data-day]")];

// Where something stands, as the classes of its quarter hours.
function place(first, length) {
  return `h${first >> 2} q${first & 3} sh${length >> 2} sq${length & 3}`;
}

function quarterAt(day, y) {
  const box = day.getBoundingClientRect();
  return Math.max(0, Math.min(QUARTERS - 1, Math.floor(((y - box.top) / box.height) * QUARTERS)));
}

function dayAt(event) {
  const inside = (box) => event.clientX >= box.left && event.clientX < box.right;
  return days().find((day) => inside(day.getBoundingClientRect()));
}

// An occurrence after a change by quarter hours and days; null where it would leave what is shown.
function changed(entry, { quarters = 0, days: by = 0, resize = false }) {
  const { date, start, end } = entry.dataset;
  const shown = days().map((day) => day.dataset.day);
  const to = by ? shown[shown.indexOf(date) + by] : date;
  if (!to) return null;
  if ("allDay" in entry.dataset) return resize || quarters ? null : { date: to };
  const from = minutes(start);
  const length = (minutes(end) - from + DAY_MIN) % DAY_MIN || DAY_MIN;
  const begins = resize ? from : from + quarters * 15;
  const lasts = resize ? length + quarters * 15 : length;
  if (begins < 0 || begins >= DAY_MIN || lasts < 15 || lasts > DAY_MIN) return null;
  return { date: to, start: clock(begins), end: clock(begins + lasts) };
}

async function propose(entry, wanted) {
  let extent = "one";
  if ("repeats" in entry.dataset) extent = await askExtent();
  if (!extent) return say("Nothing was moved.");
  const { move, on, revision, name } = entry.dataset;
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
  const timezone = document.querySelector("[data-cal]").dataset.zone;
  const body = new URLSearchParams({ ...wanted, on, revision, extent, timezone });
  const url = move + location.search;
  const answer = await fetch(url, { method: "POST", body, headers: { ...headers, "HX-Request": "true" } });
  const html = await answer.text();
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fresh = parsed.getElementById("calendar");
  if (!fresh) return toast(parsed.body.textContent.trim() || "That did not work.", "crit");
  const scrolled = document.querySelector("[data-cal]").scrollTop;
  document.getElementById("calendar").replaceWith(fresh);
  document.querySelector("[data-cal]").scrollTop = scrolled;
  setUp();
  const same = [...fresh.querySelectorAll(".cal [data-event]")].find(
    (one) => one.dataset.name === name && one.dataset.date === wanted.date,
  );
  same?.focus({ preventScroll: true });
  if (answer.ok) say(`${name} is now on ${wanted.date}${wanted.start ? `, ${wanted.start} to ${wanted.end}` : ""}.`);
}

function askExtent() {
  const dialog = document.getElementById("extent");
  dialog.returnValue = "";
  openDialog("extent");
  return new Promise((done) =>
    dialog.addEventListener("close", () => done(dialog.returnValue), { once: true }),
  );
}

// Dragging.
document.addEventListener("pointerdown", (event) => {
  const spot = event.target.closest?.(SPOTS);
  const day = spot?.closest("[data-day]");
  dragged = false;
  if (!day || event.button !== 0 || (event.pointerType === "touch" && spot.dataset.slot)) return;
  if (spot.dataset.event !== undefined && !spot.dataset.move) return;
  drag = { spot, day, at: quarterAt(day, event.clientY), edge: !!event.target.closest("[data-edge]") };
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const day = dayAt(event) ?? drag.day;
  const quarter = quarterAt(day, event.clientY);
  if (!dragged && quarter === drag.at && day === drag.day) return;
  dragged = true;
  event.preventDefault();
  drag.wanted = wantedAt(day, quarter);
  if (drag.wanted) showGhost(drag.wanted);
});

document.addEventListener("pointerup", () => {
  if (!drag) return;
  const { spot, wanted } = drag;
  drag = null;
  document.querySelector(".event-ghost")?.remove();
  if (!dragged || !wanted) return;
  if (spot.dataset.move) return propose(spot, wanted);
  const form = new URL(spot.href);
  for (const [name, key] of [["on", "date"], ["start", "start"], ["end", "end"]]) form.searchParams.set(name, wanted[key]);
  location.assign(form);
});

document.addEventListener("pointercancel", () => {
  drag = null;
  document.querySelector(".event-ghost")?.remove();
});

// What ends a drag is no click.
document.addEventListener("click", (event) => {
  if (dragged && event.target.closest(SPOTS)) event.preventDefault();
  dragged = false;
}, true);

function wantedAt(day, quarter) {
  const { spot, at, edge } = drag;
  if (!spot.dataset.move) {
    const [first, last] = [Math.min(at, quarter), Math.max(at, quarter) + 1];
    return { date: drag.day.dataset.day, start: clock(first * 15), end: clock(last * 15) };
  }
  const by = edge ? 0 : days().indexOf(day) - days().indexOf(drag.day);
  return changed(spot, { quarters: quarter - at, days: by, resize: edge });
}

function showGhost({ date, start, end }) {
  const day = days().find((one) => one.dataset.day === date);
  if (!day || !start) return;
  const ghost = document.querySelector(".event-ghost") ?? document.createElement("div");
  const first = Math.floor(minutes(start) / 15);
  const last = Math.ceil((minutes(end) || DAY_MIN) / 15);
  ghost.className = `event event-ghost lane-0 l0 n1 ${place(first, (last > first ? last : QUARTERS) - first)}`;
  ghost.textContent = `${start}–${end}`;
  day.append(ghost);
}

// Keys.
document.addEventListener("keydown", (event) => {
  const spot = event.target.closest?.(SPOTS);
  const way = ARROWS[event.key];
  if (!spot?.closest(".cal") || !way || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (!event.altKey) return walk(spot, ...way);
  if (!spot.dataset.move) return;
  const [down, right] = way;
  nudge = nudge?.spot === spot && nudge.resize === event.shiftKey ? nudge : { spot, quarters: 0, days: 0, resize: event.shiftKey };
  const next = { ...nudge, quarters: nudge.quarters + down, days: nudge.days + (event.shiftKey ? 0 : right) };
  const wanted = changed(spot, next);
  if (!wanted) return;
  clearTimeout(nudge.timer);
  nudge = { ...next, timer: setTimeout(() => { nudge = null; hideGhost(); propose(spot, wanted); }, SETTLE_MS) };
  showGhost(wanted);
  say(`${wanted.date}${wanted.start ? `, ${wanted.start} to ${wanted.end}` : ""}`);
});

function hideGhost() {
  document.querySelector(".event-ghost")?.remove();
}

const top = (spot) => (spot.dataset.slot ? Number(spot.dataset.slot) * 60 : minutes(spot.dataset.start));

function walk(spot, down, right) {
  const columns = days().map((day) => [...day.querySelectorAll(SPOTS)].sort((a, b) => top(a) - top(b)));
  const at = columns.findIndex((column) => column.includes(spot));
  let next;
  if (right) {
    const near = (columns[at + right] ?? []).toSorted((a, b) => Math.abs(top(a) - top(spot)) - Math.abs(top(b) - top(spot)));
    next = near[0];
  } else if (at >= 0) {
    next = columns[at][columns[at].indexOf(spot) + down];
  } else if (down > 0) {
    next = columns[[...document.querySelectorAll(".cal-head")].indexOf(spot.closest(".cal-head"))]?.[0];
  }
  next?.focus();
}

function setUp() {
  const cal = document.querySelector("[data-cal]:not([data-ready])");
  if (!cal) return;
  cal.dataset.ready = "yes";
  // One empty hour can be reached with Tab, the others from there with the arrows.
  const slot = [...cal.querySelectorAll("[data-slot]")].find((one) => one.dataset.slot > 7 && isFree(one));
  if (slot) slot.tabIndex = 0;
}

function isFree(slot) {
  const own = slot.getBoundingClientRect();
  return [...slot.parentElement.querySelectorAll(".event")].every((event) => {
    const box = event.getBoundingClientRect();
    return box.bottom <= own.top || box.top >= own.bottom;
  });
}

// The working day comes into view first.
setUp();
const cal = document.querySelector("[data-cal]");
const seven = cal?.querySelector('[data-slot="7"]');
if (seven) cal.scrollTop = seven.offsetTop;
