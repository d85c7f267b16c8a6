// Placeholders become buttons that insert them at the cursor, in the field where one typed last. Without this they are a
// list to copy from.

const form = document.getElementById("text-form");
const fields = [...form.querySelectorAll("[data-typed]")];
let field = fields.at(-1);

for (const each of fields) each.addEventListener("focus", () => (field = each));

const insert = (text) => {
  field.focus();
  // The one way that can be taken back with Ctrl+Z; it tells of the change by itself.
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

for (const chip of form.querySelectorAll("[data-insert]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = chip.className;
  button.textContent = chip.textContent;
  button.setAttribute("aria-describedby", chip.getAttribute("aria-describedby"));
  button.addEventListener("click", () => insert(chip.dataset.insert));
  chip.replaceWith(button);
}
for (const help of form.querySelectorAll('[data-chips="help"]')) help.hidden = false;
