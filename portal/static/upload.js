// The upload area: several files at once, each with its progress, its way to stop and its refusal.
// Without this file the same form sends all files in one request.
import { Upload, discard, encoded, unfinished } from "./tus.js";

const ENDPOINT = "/v1/admin/uploads";
const AT_ONCE = 2;
const SAID = "playbill-uploaded";
const CANCELLED = "Cancelled";
const NOT_TOLD = new Set(["csrf_token"]);

export function setUp() {
  for (const form of document.querySelectorAll("[data-upload]:not([data-ready])")) {
    form.dataset.ready = "yes";
    const area = new Area(form);
    area.input.addEventListener("change", () => area.add(area.input.files));
    form.addEventListener("submit", (event) => area.start(event));
    acceptDrops(form.querySelector(".drop"), area);
    area.welcome();
    // Whoever was faster than this script, or came back to the page, has chosen already.
    area.add(area.input.files);
  }
}

// The whole page takes files: one that misses the area would otherwise be opened by the browser.
function acceptDrops(zone, area) {
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  const over = (on) => zone.classList.toggle("drop-over", on);
  addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget || over(false));
  addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    over(false);
    area.add(event.dataTransfer.files);
  });
}

class Area {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector('input[type="file"]');
    this.rows = form.querySelector("[data-upload-list]");
    this.status = form.querySelector("[data-upload-status]");
    this.button = form.querySelector(".button-primary");
    this.jobs = [];
    this.running = 0;
    // What is to be sent stands in the list, which the browser's own check of the field cannot see.
    this.input.required = false;
    addEventListener("beforeunload", (event) => this.running && event.preventDefault());
  }

  // What happened before the page was loaded: files that arrived, files that stopped half-way.
  welcome() {
    this.say(sessionStorage.getItem(SAID) ?? "");
    sessionStorage.removeItem(SAID);
    const replaced = this.fields().content_id ?? "";
    for (const left of unfinished().filter((one) => one.replaced === replaced)) {
      this.rows.append(this.leftover(left));
    }
  }

  leftover(left) {
    const row = new Row(left.name, "Stopped half-way. Choose it again to go on.");
    row.offer("Discard", async () => {
      left.forget();
      row.item.remove();
      await discard(left.url, this.options("").token);
    });
    row.item.dataset.left = left.name;
    row.item.dataset.state = "left";
    return row.item;
  }

  // What is chosen comes to what is listed already; one file alone takes the other's place.
  add(files) {
    const chosen = this.input.multiple ? [...files] : [...files].slice(0, 1);
    if (!chosen.length) return;
    if (!this.input.multiple) this.listed().forEach((job) => this.drop(job));
    for (const file of chosen.filter((one) => !this.listed().some((job) => same(job.file, one)))) {
      this.list(file);
    }
    this.input.value = "";
    this.say(`${count(this.listed().length)} chosen. Press ${this.button.textContent.trim()}.`);
  }

  list(file) {
    this.rows.querySelector(`[data-left="${CSS.escape(file.name)}"]`)?.remove();
    const row = new Row(file.name, size(file.size));
    const job = { file, row, state: "listed" };
    row.offer("Remove", () => {
      this.drop(job);
      this.button.focus();
    });
    this.jobs.push(job);
    this.rows.append(row.item);
  }

  listed() {
    return this.jobs.filter((job) => job.state === "listed");
  }

  drop(job) {
    this.jobs = this.jobs.filter((one) => one !== job);
    job.row.item.remove();
  }

  async start(event) {
    event.preventDefault();
    const todo = this.listed();
    if (!todo.length) return this.input.click();
    this.button.disabled = true;
    this.running += 1;
    this.say(`Uploading ${count(todo.length)}.`);
    const next = async () => {
      for (let job = todo.shift(); job; job = todo.shift()) await this.send(job);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    this.running -= 1;
    this.button.disabled = false;
    this.end();
  }

  async send(job) {
    const { file, row } = job;
    job.state = "sending";
    const told = (state) => row.progress(file, state);
    const replaced = this.fields().content_id ?? "";
    const upload = new Upload(file, { ...this.options(this.metadata(file), told), replaced });
    row.offer("Cancel", async () => {
      row.settle(CANCELLED);
      job.state = "cancelled";
      await upload.cancel();
    });
    try {
      job.result = await upload.run();
      job.state = "done";
      row.settle("Done", job.result.replace("/v1/admin", ""));
    } catch (error) {
      if (upload.cancelled) return;
      job.state = "failed";
      row.settle(error.message);
      this.say(`${file.name}: ${error.message}`);
      if (error.retriable) row.offer("Try again", () => this.again(job));
    }
  }

  again(job) {
    job.state = "listed";
    this.form.requestSubmit(this.button);
  }

  end() {
    const done = this.jobs.filter((job) => job.state === "done");
    const failed = this.jobs.filter((job) => job.state === "failed");
    const words = `${count(done.length)} uploaded${failed.length ? `, ${failed.length} not` : ""}.`;
    if (done.length && !failed.length) {
      sessionStorage.setItem(SAID, words);
      const replaced = this.fields().content_id;
      location.assign(replaced ? `/content/${replaced}` : this.form.action);
    } else if (this.jobs.length) {
      this.say(words);
    }
  }

  metadata(file) {
    return encoded({ filename: file.name, ...this.fields() });
  }

  fields() {
    const values = [...new FormData(this.form)].filter(([, value]) => typeof value === "string");
    const told = values.filter(([name]) => !NOT_TOLD.has(name));
    return Object.fromEntries(told.map(([name, value]) => [name, this.instant(name, value)]));
  }

  // Fields of a date and a time are in UTC, which they do not say themselves.
  instant(name, value) {
    return value && this.form.elements[name].type === "datetime-local" ? `${value.slice(0, 16)}:00Z` : value;
  }

  options(metadata, told = () => {}) {
    const token = this.form.querySelector('[name="csrf_token"]').value;
    return { endpoint: ENDPOINT, token, metadata, told };
  }

  say(words) {
    this.status.textContent = words;
  }
}

class Row {
  constructor(name, words) {
    this.item = document.createElement("li");
    this.name = document.createElement("span");
    this.words = document.createElement("span");
    this.name.textContent = name;
    this.words.textContent = words;
    this.name.dataset.name = "";
    this.words.dataset.words = "";
    this.words.className = "muted";
    this.item.append(this.name, this.words);
  }

  offer(label, act) {
    this.item.querySelector("button")?.remove();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-ghost";
    button.textContent = label;
    button.setAttribute("aria-label", `${label}: ${this.name.textContent}`);
    button.addEventListener("click", act, { once: true });
    this.words.after(button);
  }

  progress(file, { sent = 0, waitS, why }) {
    delete this.item.dataset.state;
    this.words.className = "muted";
    const share = file.size ? sent / file.size : 0;
    if (!this.bar) {
      this.bar = document.createElement("progress");
      this.bar.max = 1;
      this.bar.setAttribute("aria-label", `Progress of ${file.name}`);
      this.item.append(this.bar);
    }
    this.bar.value = share;
    if (waitS) this.words.textContent = `${why} Trying again in ${waitS} s`;
    else if (share < 1) this.words.textContent = `${Math.floor(share * 100)}% of ${size(file.size)}`;
    else this.words.textContent = "Checking";
  }

  settle(words, href = "") {
    this.bar?.remove();
    this.bar = null;
    this.item.querySelector("button")?.remove();
    this.words.textContent = words;
    this.item.dataset.state = href ? "done" : words === CANCELLED ? "cancelled" : "failed";
    this.words.className = this.item.dataset.state === "failed" ? "field-error" : "muted";
    if (!href) return;
    const link = document.createElement("a");
    link.href = href;
    link.textContent = this.name.textContent;
    this.name.replaceChildren(link);
  }
}

function same(one, other) {
  return ["name", "size", "lastModified"].every((field) => one[field] === other[field]);
}

function count(files) {
  return files === 1 ? "1 file" : `${files} files`;
}

function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < 3) {
    bytes /= 1000;
    unit += 1;
  }
  return `${bytes >= 10 || !unit ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}
