// The hours of a store: Monday's for every weekday at the press of a button.
const WEEKDAYS = ["tue", "wed", "thu", "fri"];

for (const button of document.querySelectorAll("[data-copy-hours]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const { elements } = button.form;
    for (const day of WEEKDAYS) elements[day].value = elements.mon.value;
    elements.tue.focus();
  });
}
