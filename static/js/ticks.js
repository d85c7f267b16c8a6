// Ticks in the list of employees survive leafing and searching: kept in this tab, for one administrator and one employer.
// Without this the ticks of the page itself are sent, and no others.

const read = (key) => new Set(JSON.parse(sessionStorage.getItem(key) ?? "[]"));
const keyOf = (owner) => `ticks ${owner}`;

for (const form of document.querySelectorAll("form[data-ticks]")) {
  const key = keyOf(form.dataset.ticks);
  const boxes = [...document.querySelectorAll('input[name="ids"]')];
  const parts = (name) => document.querySelectorAll(`[data-ticks="${name}"]`);
  const more = form.elements.namedItem("more");
  // What the server sends back was ticked before, and comes first.
  const ticked = new Set([...more.value.split(",").filter(Boolean), ...read(key)]);

  const show = () => {
    for (const box of boxes) box.checked = ticked.has(box.value);
    for (const part of parts("count")) {
      (part.matches("output") ? part : part.querySelector("output")).value = ticked.size;
      part.hidden = false;
    }
    for (const part of [...parts("page"), ...parts("clear")]) part.hidden = false;
    form.toggleAttribute("data-any", ticked.size > 0);
  };
  const keep = () => {
    sessionStorage.setItem(key, JSON.stringify([...ticked]));
    more.value = "";
    show();
  };

  document.addEventListener("change", ({ target }) => {
    if (!boxes.includes(target)) return;
    if (target.checked) ticked.add(target.value);
    else ticked.delete(target.value);
    keep();
  });
  for (const part of parts("page")) {
    part.addEventListener("click", () => {
      for (const box of boxes) ticked.add(box.value);
      keep();
    });
  }
  for (const part of parts("clear")) {
    part.addEventListener("click", () => {
      ticked.clear();
      keep();
    });
  }
  form.addEventListener("submit", () => {
    const here = new Set(boxes.map((box) => box.value));
    more.value = [...ticked].filter((id) => !here.has(id)).join(",");
  });
  // Also when a browser shows a page as it left it.
  window.addEventListener("pageshow", show);
  show();
}

// Once it is confirmed for whom they were, the ticks have done their work.
for (const form of document.querySelectorAll("form[data-ticks-done]")) {
  form.addEventListener("submit", () => sessionStorage.removeItem(keyOf(form.dataset.ticksDone)));
}
