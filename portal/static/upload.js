// Uploads with progress: one request a file to the form's own action, with the form's other fields.
// Without this file the same form sends all files at once.

export function setUp() {
  for (const form of document.querySelectorAll("[data-upload]:not([data-ready])")) {
    form.dataset.ready = "yes";
    const input = form.querySelector('input[type="file"]');
    input.addEventListener("change", () => list(form, input.files));
    form.addEventListener("submit", (event) => start(event, form, input));
    acceptDrops(form.querySelector(".drop"), input);
  }
}

function acceptDrops(area, input) {
  const over = (on) => area.classList.toggle("drop-over", on);
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  area.addEventListener("dragleave", () => over(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

function list(form, files) {
  form.querySelector("[data-upload-list]").replaceChildren(...[...files].map(row));
}

function row(file) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const state = document.createElement("span");
  name.textContent = file.name;
  state.textContent = size(file.size);
  state.className = "muted";
  item.append(name, state);
  return item;
}

async function start(event, form, input) {
  event.preventDefault();
  const button = form.querySelector(".button-primary");
  const rows = form.querySelectorAll("[data-upload-list] > li");
  button.disabled = true;
  let goTo = "";
  let failures = 0;
  for (const [place, file] of [...input.files].entries()) {
    const answer = await send(form, input, file, rows[place]);
    if (answer.ok) goTo = answer.url;
    else failures += 1;
  }
  button.disabled = false;
  if (!failures && goTo) location.assign(goTo);
}

function send(form, input, file, item) {
  const state = item.lastElementChild;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Progress of ${file.name}`);
  item.append(bar);
  const body = new FormData(form);
  body.delete(input.name);
  body.append(input.name, file);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.onprogress = (event) => {
      bar.value = event.loaded / event.total;
      state.textContent = bar.value < 1 ? `${Math.round(bar.value * 100)}%` : "Checking";
    };
    request.onloadend = () => {
      const ok = request.status >= 200 && request.status < 300;
      bar.remove();
      state.textContent = ok ? "Done" : refusal(request);
      resolve({ ok, url: request.responseURL });
    };
    request.send(body);
  });
}

// The server answers with the page; what was wrong stands at the field or in an alert.
function refusal(request) {
  if (!request.status) return "No connection. Try again.";
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const words = page.querySelector('.field-error, [role="alert"] li, [role="alert"], .toast p');
  return words?.textContent.trim() || `Refused (${request.status})`;
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
