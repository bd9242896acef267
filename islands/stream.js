// @ts-check
// Renews parts of the page when the server says that their topic changed.
//
// An element with `id` and `data-stream="topic"` is replaced by the element with the same id of a
// freshly loaded page, so the server needs no second way to render it. Browsers allow six
// connections a host: one tab holds the connection and tells the others.

const parts = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-stream][id]")]);
const everySeconds = Number(document.body.dataset.refresh ?? 0);
const SAY_EVERY_MS = 5000;
const RENEW_EVERY_MS = 1000;

let lastSaid = 0;
/** @param {HTMLElement} part */
function announce(part) {
  const words = part.querySelector("[data-announce]")?.textContent?.trim();
  const live = document.getElementById("live");
  const now = Date.now();
  if (!words || !live || now - lastSaid < SAY_EVERY_MS) return;
  lastSaid = now;
  live.textContent = words;
}

/** @param {HTMLElement} part */
const isBusy = (part) => part.contains(document.activeElement) && document.activeElement !== document.body
  && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");

/** @param {(part: HTMLElement) => boolean} wanted */
async function renew(wanted) {
  const old = parts().filter((part) => wanted(part) && !isBusy(part));
  if (!old.length) return;
  const answer = await fetch(location.href, { headers: { "x-renew": "1" } });
  // A page that ended elsewhere, such as at sign-in or at a job's result, is shown as it is.
  if (answer.redirected) { location.assign(answer.url); return; }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of old) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.outerHTML === part.outerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement?.id : "";
    const next = document.importNode(fresh, true);
    part.replaceWith(next);
    if (focused) document.getElementById(focused)?.focus();
    announce(next);
  }
}

/** @type {Set<string>} */
const changed = new Set();
let timer = 0;
/** @param {string} topic */
function heard(topic) {
  changed.add(topic);
  if (timer) return;
  timer = window.setTimeout(() => {
    timer = 0;
    const topics = new Set(changed);
    changed.clear();
    renew((part) => (part.dataset.stream ?? "").split(" ").some((own) => topics.has(own))).catch(() => {});
  }, RENEW_EVERY_MS);
}

/** @param {BroadcastChannel} channel */
function lead(channel) {
  const source = new EventSource(document.body.dataset.events ?? "/events");
  source.addEventListener("message", (event) => {
    channel.postMessage(event.data);
    heard(event.data);
  });
  return new Promise(() => {});
}

if (parts().length && "EventSource" in window && location.protocol.startsWith("http")) {
  const channel = new BroadcastChannel("helmward-stream");
  channel.addEventListener("message", (event) => heard(String(event.data)));
  if (navigator.locks) void navigator.locks.request("helmward-stream", () => lead(channel));
  else void lead(channel);
}

if (everySeconds > 0 && location.protocol.startsWith("http")) {
  window.setInterval(() => {
    if (document.hidden) return;
    if (parts().length) renew(() => true).catch(() => {});
    else location.reload();
  }, everySeconds * 1000);
}
