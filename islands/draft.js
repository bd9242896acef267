// @ts-check
// Keeps what is typed in this tab until the form is sent, and warns before the session ends.

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

const KEEP = /** @type {const} */ ("helmward-draft:");

/** Never passwords, tokens or files. @param {Element} control @returns {control is Control} */
function mayKeep(control) {
  if (control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement) return control.name !== "";
  return control instanceof HTMLInputElement && control.name !== "" && !/^(password|hidden|file|submit|reset|button)$/.test(control.type);
}

/** @param {HTMLFormElement} form */
const controls = (form) => [...form.elements].filter(mayKeep);

/** @param {Control} control */
const isBox = (control) => control instanceof HTMLInputElement && /^(checkbox|radio)$/.test(control.type);

/** @param {HTMLFormElement} form */
function read(form) {
  return controls(form).map((control) => isBox(control) ? String(/** @type {HTMLInputElement} */ (control).checked) : control.value);
}

/** @param {HTMLFormElement} form @param {string[]} values */
function write(form, values) {
  controls(form).forEach((control, idx) => {
    const value = values[idx];
    if (value === undefined) return;
    if (isBox(control)) /** @type {HTMLInputElement} */ (control).checked = value === "true";
    else control.value = value;
  });
}

/** @param {HTMLFormElement} form */
function keepDraft(form) {
  const key = `${KEEP}${form.dataset.draft}:${location.pathname}`;
  const shape = controls(form).map((control) => control.name).join();
  const shown = read(form);
  const stored = sessionStorage.getItem(key);
  // A refused form comes back with what was typed, so the server's text wins over the draft.
  const isRefused = form.querySelector(".errs") !== null;
  if (stored && !isRefused) {
    const draft = /** @type {{ shape: string, values: string[] }} */ (JSON.parse(stored));
    if (draft.shape === shape && draft.values.join("\0") !== shown.join("\0")) offer(form, key, draft.values, shown);
  }
  form.addEventListener("input", () => sessionStorage.setItem(key, JSON.stringify({ shape, values: read(form) })));
  form.addEventListener("submit", () => sessionStorage.removeItem(key));
}

/** @param {HTMLFormElement} form @param {string} key @param {string[]} values @param {string[]} before */
function offer(form, key, values, before) {
  write(form, values);
  const line = document.createElement("p");
  line.className = "notice due";
  line.setAttribute("role", "status");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn sm";
  button.textContent = "Discard them";
  button.addEventListener("click", () => { write(form, before); sessionStorage.removeItem(key); line.remove(); });
  line.append("Your unsaved changes were put back. ", button);
  form.prepend(line);
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-draft]"))) {
  try { keepDraft(form); } catch { /* A full or closed store must not stop the form. */ }
}

/* ---- session end ---- */

const WARN_SECONDS = 120;
const lasts = Number(document.body.dataset.session ?? 0);
let warnTimer = 0;

function watchSession() {
  clearTimeout(warnTimer);
  warnTimer = window.setTimeout(warn, Math.max(0, lasts - WARN_SECONDS) * 1000);
}

function warn() {
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "alert");
  const stay = document.createElement("button");
  stay.type = "button";
  stay.className = "btn pri";
  stay.textContent = "Stay signed in";
  stay.addEventListener("click", async () => {
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    box.remove();
    if (answer?.ok && !answer.redirected) watchSession();
    else location.reload();
  });
  box.append("You will be signed out in 2 minutes.", stay);
  document.body.append(box);
}

if (lasts > 0) watchSession();
