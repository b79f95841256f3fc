// A long list to choose several from: typing narrows it, and a click adds or takes away without
// losing what else is chosen. Without this file it is the browser's own list.
for (const picker of document.querySelectorAll("[data-picker]")) setUp(picker);

function setUp(picker) {
  const list = picker.querySelector("select");
  const find = picker.querySelector("[data-picker-find]");
  const chosen = picker.querySelector("[data-picker-chosen]");
  const options = [...list.options];
  const tell = () => {
    const names = [...list.selectedOptions].map((option) => option.text);
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    chosen.hidden = !names.length;
    chosen.textContent = names.length ? `Chosen: ${names.slice(0, 5).join(", ")}${more}` : "";
  };

  find.hidden = options.length <= list.size;
  find.addEventListener("input", () => {
    const words = find.value.trim().toLowerCase();
    for (const option of options) option.hidden = !option.text.toLowerCase().includes(words);
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => {
    if (event.target.tagName !== "OPTION") return;
    event.preventDefault();
    const top = list.scrollTop;
    event.target.selected = !event.target.selected;
    list.focus({ preventScroll: true });
    list.scrollTop = top;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });
  list.addEventListener("change", tell);
  tell();
}
