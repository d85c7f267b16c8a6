// What is typed is kept in this tab until it is saved: a lost session, a closed page or the wrong link loses nothing.

const form = document.getElementById("text-form");
const key = `text ${form.dataset.draftKey} ${form.getAttribute("action")}`;
const ending = `${key} ends`;
const fields = [...form.querySelectorAll("[data-typed]"), form.elements.namedItem("version")];
const words = (value) => value.replaceAll("\r\n", "\n").trim();
const typed = () => Object.fromEntries(fields.map((field) => [field.name, words(field.value)]));
const saved = typed();
const differs = (draft) => draft.subject !== saved.subject || draft.body !== saved.body;
const notice = document.querySelector('[data-draft="notice"]');
const drop = () => sessionStorage.removeItem(key);

// Who put another version back has no more use for what was typed; but only once that has been done.
if (sessionStorage.getItem(ending) && document.querySelector(".notices .notice-good")) drop();
sessionStorage.removeItem(ending);

const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
// A form that the server sends back holds what was typed already.
if (kept && "isTyped" in form.dataset === false) {
  if (differs(kept)) {
    // With the version that was being changed: what somebody else saved meanwhile is not overwritten unseen.
    for (const field of fields) field.value = kept[field.name] ?? field.value;
    notice.hidden = false;
    // Once whoever shows the preview listens.
    addEventListener("load", () => form.dispatchEvent(new Event("input", { bubbles: true })));
  } else {
    drop();
  }
}

form.addEventListener("input", ({ target }) => {
  if (target !== form && !fields.includes(target)) return;
  const draft = typed();
  if (differs(draft) || "isTyped" in form.dataset) sessionStorage.setItem(key, JSON.stringify(draft));
  else drop();
});
document.querySelector('[data-draft="drop"]').addEventListener("click", () => {
  drop();
  location.reload();
});
for (const each of document.querySelectorAll('[data-draft="ends"]')) {
  each.addEventListener("submit", () => sessionStorage.setItem(ending, "1"));
}
for (const each of document.querySelectorAll('[data-draft="drop-link"]')) each.addEventListener("click", drop);
