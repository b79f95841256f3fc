// The portal's manners in the browser. Every page works without this file: links and forms do the
// work, and what follows only makes it quicker. Nothing here decides anything.
import { handleKey, keysAreOn, setKeys } from "./keys.js";

const TOAST_MS = 6000;
const AUTOSUBMIT_DELAY_MS = 300;
const TIMES_EVERY_MS = 15000;

const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

// Theme: change at once, let the form's own request set the cookie.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  document.documentElement.dataset.theme = theme;
  document.querySelector('meta[name="color-scheme"]').content = theme;
  form.querySelector(`[value="${theme === "dark" ? "light" : "dark"}"]`).focus();
  fetch(form.action, { method: "POST", body: new FormData(form, event.submitter) });
});

// Dialogs: `command` opens them where the browser knows it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener && !(opener.hasAttribute("command") && "commandForElement" in opener)) {
    openDialog(opener.dataset.dialogOpen);
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
  if (event.target.matches("dialog")) closeOnBackdrop(event);
});

export function openDialog(id) {
  document.querySelectorAll("[popover]:popover-open").forEach((panel) => panel.hidePopover());
  document.getElementById(id)?.showModal();
}

function closeOnBackdrop(event) {
  const box = event.target.getBoundingClientRect();
  const inside =
    event.clientX >= box.left && event.clientX <= box.right &&
    event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
}

// Copy.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.querySelector("span");
  const before = words.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "Copied";
  } catch {
    words.textContent = "Press Ctrl C";
    selectText(button.parentElement.querySelector("code"));
  }
  setTimeout(() => (words.textContent = before), 2000);
});

function selectText(element) {
  if (element) getSelection().selectAllChildren(element);
}

// Print.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// Toasts leave by themselves, unless they say that something went wrong or are being read.
function startToast(toast) {
  if (toast.dataset.started || toast.matches(".tone-crit")) return;
  toast.dataset.started = "yes";
  const leave = () => (toast.matches(":hover, :focus-within") ? wait() : toast.remove());
  const wait = () => setTimeout(leave, TOAST_MS);
  wait();
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});

export function toast(text, tone) {
  const region = document.getElementById("toasts");
  const box = document.createElement("div");
  box.className = `toast tone-${tone}`;
  box.dataset.toast = "";
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-ghost";
  close.dataset.toastClose = "";
  close.textContent = "Dismiss";
  box.append(words, close);
  region.append(box);
}

// Relative times grow older while the page is open.
function refreshTimes() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    time.textContent = relative(Math.round((now - Date.parse(time.dateTime)) / 1000));
  }
}

function relative(seconds) {
  const length = Math.abs(seconds);
  if (length < 5) return "just now";
  const place = UNITS.findIndex(([size]) => length >= size);
  const [size, unit] = UNITS[place];
  let text = `${Math.floor(length / size)} ${unit}`;
  if (unit === "h" || unit === "min") {
    const [smaller, name] = UNITS[place + 1];
    const rest = Math.floor((length % size) / smaller);
    if (rest) text += ` ${rest} ${name}`;
  }
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

// Filter forms send themselves.
let autosubmit;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-autosubmit]")) return;
  clearTimeout(autosubmit);
  const wait = event.target.type === "search" ? AUTOSUBMIT_DELAY_MS : 0;
  autosubmit = setTimeout(() => form.requestSubmit(), wait);
});

// Ticked rows.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) {
    const boxes = event.target.closest("table").querySelectorAll("[data-pick]");
    boxes.forEach((box) => (box.checked = event.target.checked));
  }
  if (event.target.matches("[data-pick-all], [data-pick]")) countPicks();
});

// With shift, all from the one ticked last take the state of this one.
let pickedLast;
document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-pick]")) return;
  const all = [...document.querySelectorAll("[data-pick]")];
  const ends = [all.indexOf(pickedLast), all.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && ends[0] >= 0) {
    all.slice(ends[0], ends[1] + 1).forEach((box) => (box.checked = event.target.checked));
  }
  pickedLast = event.target;
});

function countPicks() {
  const all = document.querySelectorAll("[data-pick]").length;
  const picked = document.querySelectorAll("[data-pick]:checked").length;
  document.querySelectorAll("[data-picked]").forEach((words) => (words.textContent = picked));
  document.querySelectorAll("[data-pick-all]").forEach((box) => {
    box.checked = picked > 0 && picked === all;
    box.indeterminate = picked > 0 && picked < all;
  });
}

// Keys.
document.addEventListener("keydown", handleKey);
for (const box of document.querySelectorAll("[data-keys-on]")) {
  box.checked = keysAreOn();
  box.addEventListener("change", () => setKeys(box.checked));
}

// What has to be set up for each list or form, also after a swap.
async function setUp() {
  document.querySelectorAll("[data-toast]").forEach(startToast);
  if (document.querySelector("[data-order]")) (await import("./order.js")).setUp();
  if (document.querySelector("[data-upload]")) (await import("./upload.js")).setUp();
}

setUp();
countPicks();
setInterval(refreshTimes, TIMES_EVERY_MS);
document.querySelector("[data-focus]")?.focus();
document.addEventListener("htmx:after:swap", setUp);
new MutationObserver(() => document.querySelectorAll("[data-toast]").forEach(startToast)).observe(
  document.getElementById("toasts") ?? document.body,
  { childList: true },
);
