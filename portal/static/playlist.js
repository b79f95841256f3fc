// The playlist builder: dragging from the library, an item's form in a dialog, what is said after a
// move, and the stage that plays the loop. Without this file links and forms do the same work.
import "./vendor/Sortable.min.js";
import { openDialog } from "./app.js";

function setUp() {
  for (const shelf of document.querySelectorAll("[data-shelf]:not([data-ready])")) {
    shelf.dataset.ready = "yes";
    new Sortable(shelf, {
      group: { name: "playlist", pull: "clone", put: false },
      sort: false,
      draggable: ".shelf-item",
      filter: "button",
      preventOnFilter: false,
      animation: 120,
      onEnd: drop,
    });
  }
  for (const stage of document.querySelectorAll("[data-stage]:not([data-ready])")) {
    stage.dataset.ready = "yes";
    new Stage(stage);
  }
}

// An item that was dragged into the order is added there by its own button, at the place it fell.
function drop(event) {
  if (event.to === event.from) return;
  const before = [...event.to.children].indexOf(event.item);
  const button = event.item.querySelector("button");
  const form = document.getElementById("add");
  const own = [...form.querySelectorAll("button")].find((one) => one.value === button.value);
  event.item.remove();
  form.elements.to.value = Number(event.to.dataset.offset ?? 0) + before + 1;
  form.requestSubmit(own);
  form.elements.to.value = "";
}

// A swap takes away what was focused; what comes in its place under the same id gets the focus.
let focused = "";
document.addEventListener("htmx:before:swap", () => (focused = document.activeElement?.id ?? ""));
document.addEventListener("htmx:after:swap", () => {
  const clash = document.querySelector("[data-clash]");
  if (clash) {
    clash.focus({ preventScroll: true });
    clash.scrollIntoView({ block: "center" });
    return;
  }
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
});

document.addEventListener("order:saved", async () => {
  const standing = document.querySelector("[data-standing]");
  if (standing) globalThis.htmx.ajax("GET", standing.dataset.standing, { target: standing, swap: "outerHTML" });
});

// The same move once more, as a form would send it: its answer shows theirs beside mine.
document.addEventListener("order:clash", (event) => {
  event.preventDefault();
  const { action, values } = event.detail;
  globalThis.htmx.ajax("POST", action, { target: "#workbench", swap: "outerHTML", values });
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-item-edit]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return location.assign(link.href);
  const place = document.querySelector("[data-item-form]");
  place.innerHTML = await answer.text();
  const title = document.getElementById("item-title");
  title.textContent = link.textContent.trim();
  openDialog("item");
});

const IMAGE_READY_MS = 4000;

// Plays the turns of the loop on two layers: while one shows, the next gets ready behind it.
class Stage {
  constructor(root) {
    this.root = root;
    this.screen = root.querySelector("[data-stage-screen]");
    this.button = root.querySelector("[data-stage-play]");
    this.turns = null;
    this.place = -1;
    this.playing = false;
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    root.querySelector("[data-stage-next]").addEventListener("click", () => this.next());
  }

  async load() {
    if (this.turns) return;
    const answer = await fetch(this.root.dataset.stage, { headers: { "HX-Request": "true" } });
    const list = this.root.querySelector("[data-stage-turns]");
    list.innerHTML = answer.ok ? await answer.text() : "";
    this.turns = [...list.querySelectorAll("li")].map((turn) => ({ ...turn.dataset }));
    this.total = this.turns.reduce((sum, turn) => sum + Number(turn.ms), 0);
  }

  async play() {
    await this.load();
    if (!this.turns.length) return this.say("Nothing may play now.");
    this.playing = true;
    this.face("Pause");
    if (this.place < 0) return this.show(0);
    this.layer?.play?.();
    this.wait(this.left ?? 0);
  }

  pause() {
    this.playing = false;
    clearTimeout(this.timer);
    this.left = Math.max(0, this.until - performance.now());
    this.layer?.pause?.();
    this.face("Play");
  }

  async next() {
    await this.load();
    if (this.turns.length) this.show((this.place + 1) % this.turns.length);
  }

  async show(place) {
    clearTimeout(this.timer);
    const turn = this.turns[place];
    const ready = this.prepared?.place === place ? this.prepared : this.prepare(place);
    this.prepared = null;
    await ready.loaded;
    const old = this.layer;
    this.layer = ready.element;
    this.place = place;
    this.layer.classList.add("stage-shown");
    if (this.playing) this.layer.play?.().catch(() => {});
    old?.classList.remove("stage-shown");
    setTimeout(() => old?.remove(), 300);
    this.screen.querySelector(".stage-idle")?.remove();
    this.tell(turn);
    this.left = Number(turn.ms);
    if (this.playing) this.wait(this.left);
    const following = (place + 1) % this.turns.length;
    if (following !== place) this.prepared = this.prepare(following);
  }

  prepare(place) {
    const turn = this.turns[place];
    const element = layerOf(turn);
    this.screen.append(element);
    return { place, element, loaded: whenReady(element) };
  }

  wait(ms) {
    this.until = performance.now() + ms;
    this.timer = setTimeout(() => this.show((this.place + 1) % this.turns.length), ms);
  }

  tell(turn) {
    const passed = this.turns.slice(0, this.place).reduce((sum, one) => sum + Number(one.ms), 0);
    this.root.querySelector("[data-stage-progress]").value = passed / this.total;
    const seconds = Math.round(Number(turn.ms) / 100) / 10;
    this.say(`${this.place + 1} of ${this.turns.length}: ${turn.name}, ${seconds} s`);
  }

  say(text) {
    this.root.querySelector("[data-stage-words]").textContent = text;
  }

  face(word) {
    this.button.querySelector("span").textContent = word;
    const icon = this.button.querySelector("use");
    icon.setAttribute("href", icon.getAttribute("href").replace(/#.*/, `#${word.toLowerCase()}`));
  }
}

function layerOf(turn) {
  if (turn.src && turn.kind === "image") {
    const image = document.createElement("img");
    image.alt = "";
    image.src = turn.src;
    return image;
  }
  if (turn.src && turn.kind === "video") {
    const video = document.createElement("video");
    Object.assign(video, { src: turn.src, muted: true, loop: true, playsInline: true, preload: "auto" });
    return video;
  }
  const card = document.createElement("div");
  card.className = "stage-card";
  for (const text of [turn.name, turn.note]) card.appendChild(document.createElement("p")).textContent = text;
  return card;
}

function whenReady(element) {
  const event = { IMG: "load", VIDEO: "loadeddata" }[element.tagName];
  if (!event) return Promise.resolve();
  return new Promise((resolve) => {
    element.addEventListener(event, resolve, { once: true });
    element.addEventListener("error", resolve, { once: true });
    setTimeout(resolve, IMAGE_READY_MS);
  });
}

setUp();
document.addEventListener("htmx:after:swap", setUp);
