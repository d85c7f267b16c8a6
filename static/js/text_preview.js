// The mail as it is being typed. The server answers with what stands above the frame, and in it a hidden form that asks
// for the mail itself; that is shown in a new frame, which takes the place of the old one when it is there. So nothing
// flickers, and the Back button does not lead through every letter.

const facts = document.getElementById("preview-facts");

const show = () => {
  const form = facts.querySelector("[data-preview-now]");
  if (!form) return;
  const frame = [...document.querySelectorAll(".frames iframe")].at(-1);
  const next = frame.cloneNode();
  next.removeAttribute("src");
  next.name = `preview-${Date.now()}`;
  next.classList.add("arriving");
  frame.after(next);
  next.addEventListener("load", () => {
    while (next.previousElementSibling) next.previousElementSibling.remove();
    next.classList.remove("arriving");
  });
  form.target = next.name;
  form.submit();
};

document.addEventListener("htmx:beforeOnLoad", (event) => {
  // Reloading the page, as the answer asks, would lose what is typed.
  if (event.detail.xhr.status !== 401) return;
  event.preventDefault();
  document.querySelector("[data-signed-out]").hidden = false;
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // A text that makes no mail yet is an answer too.
  if (detail.xhr.status === 422) Object.assign(detail, { shouldSwap: true, isError: false });
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === facts) show();
});
show();
