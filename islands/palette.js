// @ts-check
// Keys, the search dialog, menus, dialogs and the print button.

/** @typedef {{ title: string, note?: string, href: string }} Hit */

const MANY = 12;
const keysOn = () => document.body.dataset.keys !== "off";

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  && !(target instanceof HTMLInputElement && /^(checkbox|radio|button|submit)$/.test(target.type));

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/* ---- search dialog ---- */

const searchForm = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-palette]"));

/** Pages of the navigation, offered before anything is typed and matched at once. @returns {Hit[]} */
function areas() {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".nav li a"));
  return [...links].map((link) => ({ title: link.title, note: "Area", href: link.href }));
}

function openPalette() {
  if (!searchForm || document.querySelector("dialog.palette")) return;
  const address = searchForm.dataset.palette ?? "";
  const input = /** @type {HTMLInputElement} */ (make("input", {
    // Not type search: there Esc would clear the words instead of closing the dialog.
    type: "text", "aria-label": "Search or jump to", role: "combobox", "aria-expanded": "true",
    "aria-controls": "palette-hits", "aria-autocomplete": "list", autocomplete: "off", placeholder: "Search or jump to",
  }));
  const list = make("ul", { id: "palette-hits", role: "listbox", "aria-label": "Results" });
  const said = make("p", { role: "status" });
  const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { class: "palette", "aria-label": "Search" }, input, list, said));
  /** @type {Hit[]} */
  let hits = [];
  let at = 0;
  let asked = 0;

  const mark = () => {
    [...list.children].forEach((item, idx) => item.setAttribute("aria-selected", String(idx === at)));
    input.setAttribute("aria-activedescendant", hits.length ? `palette-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  /** @param {Hit[]} found */
  const show = (found) => {
    hits = found.slice(0, MANY);
    at = 0;
    list.replaceChildren(...hits.map((hit, idx) => {
      const item = make("li", { id: `palette-${idx}`, role: "option" }, hit.title, make("small", {}, hit.note ?? ""));
      item.addEventListener("click", () => location.assign(hit.href));
      return item;
    }));
    said.textContent = hits.length || !input.value.trim() ? "" : "Nothing found. Enter searches everything.";
    mark();
  };
  const ask = async () => {
    const words = input.value.trim();
    const mine = ++asked;
    const near = areas().filter((hit) => hit.title.toLowerCase().includes(words.toLowerCase()));
    show(near);
    if (!words) return;
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(words)}`, { headers: { accept: "application/json" } });
      if (!answer.ok || mine !== asked) return;
      const body = await answer.json();
      show([...near, .../** @type {Hit[]} */ (Array.isArray(body) ? body : body.hits ?? [])]);
    } catch {
      said.textContent = "The server does not answer. Enter tries the search page.";
    }
  };
  let timer = 0;
  input.addEventListener("input", () => { clearTimeout(timer); timer = window.setTimeout(ask, 120); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = Math.max(0, Math.min(hits.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      mark();
    } else if (event.key === "Enter") {
      const hit = hits[at];
      location.assign(hit ? hit.href : `${searchForm.action}?q=${encodeURIComponent(input.value)}`);
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  show(areas());
  input.focus();
}

/* ---- list of keys ---- */

async function openKeys() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("a[data-keys]"));
  if (!link || document.querySelector("dialog[open]")) return;
  try {
    const answer = await fetch(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const keys = page.querySelector("main .keys");
    if (!answer.ok || !keys) throw new Error("no keys");
    const close = make("form", { method: "dialog", class: "go" }, make("button", { class: "btn" }, "Close"));
    const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { "aria-label": "Keys" }, make("h2", {}, "Keys"), keys, close));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  } catch {
    location.assign(link.href);
  }
}

/* ---- moving in lists ---- */

const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("table[data-list] tbody tr, ol[data-list] > li")]);
const current = () => /** @type {HTMLElement | null} */ (document.querySelector("[data-at]"));
/** @type {HTMLElement | null} */
let anchor = null;

/** @param {number} by */
function move(by) {
  const all = rows();
  if (!all.length) return;
  const from = current();
  const idx = from ? Math.max(0, Math.min(all.length - 1, all.indexOf(from) + by)) : 0;
  from?.removeAttribute("data-at");
  const row = all[idx];
  if (!row) return;
  row.setAttribute("data-at", "");
  /** @type {HTMLElement | null} */ (row.querySelector("a, button, input"))?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** @param {boolean} isRange */
function check(isRange) {
  const row = current();
  const box = /** @type {HTMLInputElement | null} */ (row?.querySelector(".ck input") ?? null);
  if (!row || !box) return;
  box.checked = !box.checked;
  const all = rows();
  if (isRange && anchor) {
    const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((one, other) => one - other);
    for (const between of all.slice(from, (to ?? 0) + 1)) {
      const other = /** @type {HTMLInputElement | null} */ (between.querySelector(".ck input"));
      if (other) other.checked = box.checked;
    }
  }
  anchor = row;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {string} selector */
function press(selector) {
  /** @type {HTMLElement | null} */ (document.querySelector(selector))?.click();
}

/* ---- keys ---- */

let isAfterG = false;

/** @param {KeyboardEvent} event */
function letter(event) {
  if (isAfterG) {
    isAfterG = false;
    press(`a[data-go="${CSS.escape(event.key)}"]`);
    return true;
  }
  switch (event.key) {
    case "/": /** @type {HTMLElement | null} */ (document.querySelector("[data-filter]") ?? document.querySelector(".cmd input"))?.focus(); return true;
    case "?": void openKeys(); return true;
    case "g": isAfterG = true; window.setTimeout(() => { isAfterG = false; }, 1500); return true;
    case "j": move(1); return true;
    case "k": move(-1); return true;
    case "x": check(false); return true;
    case "X": check(true); return true;
    case "u": press("[data-undo]"); return true;
    case "a": press("[data-at] [data-approve]"); return true;
    case "e": press("[data-at] [data-edit]"); return true;
    case "ArrowRight": press("[data-step=on]"); return document.querySelector("[data-step=on]") !== null;
    case "ArrowLeft": press("[data-step=back]"); return document.querySelector("[data-step=back]") !== null;
    default: return false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.key === "Escape") closeMenus(null);
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isPlain || !keysOn() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (letter(event)) event.preventDefault();
});

/* ---- tabs of an area: on a phone the current one may lie beside the screen ---- */

const tab = document.querySelector(".parts [aria-current]");
if (tab instanceof HTMLElement && tab.parentElement) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

/* ---- menus, dialogs, print ---- */

/** @param {Node | null} inside */
function closeMenus(inside) {
  for (const menu of /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.menu[open]"))) {
    if (inside && menu.contains(inside)) continue;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus && !inside) menu.querySelector("summary")?.focus();
  }
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  closeMenus(target);
  const opener = target?.closest("[data-dialog]");
  const dialog = opener instanceof HTMLElement ? document.getElementById(opener.dataset.dialog ?? "") : null;
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    dialog.showModal();
  }
  if (target?.closest("[data-print]")) window.print();
});

