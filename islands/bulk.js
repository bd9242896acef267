// @ts-check
// The bar for checked rows: hidden until a row is checked, then says how many.

/** @param {HTMLFormElement} form */
function watch(form) {
  const bar = /** @type {HTMLElement | null} */ (form.querySelector("[data-bulk-bar]"));
  const said = form.querySelector("[data-bulk-count]");
  const all = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-all]"));
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("tbody .ck input")]);
  const show = () => {
    const n = boxes().filter((box) => box.checked).length;
    if (bar) bar.hidden = n === 0;
    if (said) said.textContent = `${n} selected`;
    if (all) {
      all.checked = n > 0 && n === boxes().length;
      all.indeterminate = n > 0 && n < boxes().length;
    }
  };
  form.addEventListener("change", (event) => {
    if (all && event.target === all) for (const box of boxes()) box.checked = all.checked;
    show();
  });
  form.addEventListener("reset", () => window.setTimeout(show));
  show();
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-bulk]"))) watch(form);
