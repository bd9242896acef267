// What a house has after a while and a fresh sample has not: a merge, a message that waits, a file of messages.
//
// Brought in the way people bring it, through the pages, so that the crawl finds the pages that show it.

import { check, Client, unescape, until } from "./harness.mjs";

const stamp = (minutesAgo) => new Date(Date.now() - minutesAgo * 60_000).toISOString().replace(/\D/g, "").slice(0, 14) + "+0000";

/** One ADT message of the hospital, from a system of its own. */
function message(number, trigger, minutesAgo, patient, more) {
  const at = stamp(minutesAgo);
  return [
    `MSH|^~\\&|REGISTRY|RGH|HELMWARD|LAKESIDE|${at}||ADT^${trigger}|${number}|P|2.5.1`,
    `EVN|${trigger}|${at}`,
    `PID|1||${patient}^^^RGH^MR||Merged^Example||19700101|F`,
    ...more,
    "",
  ].join("\r");
}

const visit = (number) => `PV1|1|I|5W^599^Z^RGH||||||||||||||||${number}`;

/** Two numbers of one patient, merged; and one message under a number already used, which waits. */
const file = () =>
  [
    message("BT-1", "A01", 50, "BT-A", [visit("BTV1")]),
    message("BT-2", "A01", 48, "BT-B", [visit("BTV2")]),
    message("BT-3", "A03", 46, "BT-A", [`${visit("BTV1")}|||||||||||||||||01`]),
    message("BT-4", "A03", 45, "BT-B", [`${visit("BTV2")}|||||||||||||||||01`]),
    message("BT-5", "A40", 40, "BT-A", ["MRG|BT-B^^^RGH^MR"]),
    message("BT-1", "A01", 30, "BT-C", [visit("BTV3")]),
  ].join("\n");

const csrfOf = (html) => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? "";

/** Takes the file in as the administrator; the import's own page comes of it. */
async function takeIn(admin) {
  const { text } = await admin.follow("/admin/imports/new/hl7");
  const body = new FormData();
  body.set("csrf", csrfOf(text));
  body.set("at", "lakeside.riverside");
  body.set("file", new Blob([file()]), "registry.hl7");
  const response = await admin.ask("/admin/imports/new/hl7", { method: "POST", body });
  check(response.status === 303, `a file of messages is answered ${response.status}`);
  const job = response.headers.get("location");
  await until("the file of messages", 60, async () => /See the import/.test((await admin.follow(job)).text));
}

/** The first address in a page that fits. */
function first(text, pattern) {
  const found = [...text.matchAll(/href="([^"]*)"/g)].map((match) => unescape(match[1]));
  return found.find((href) => pattern.test(href));
}

/**
 * Brings it in; the addresses a person of a role starts from besides where they land. Each is linked: the stay
 * in the register, the feed in the list of feeds.
 * @returns {Promise<Map<string, string[]>>}
 */
export async function prepare(role) {
  const admin = await new Client(role("Administrator")).signIn();
  await takeIn(admin);
  const starts = new Map();
  const manager = await new Client(role("Facility manager")).signIn();
  const at = manager.landing.replace("/today", "/census/records");
  for (const number of ["BTV1", "BTV2"]) {
    const { text } = await manager.follow(`${at}?visit=${number}`);
    const stay = first(text, /\/census\/records\/[0-9a-z]{26,}$/);
    if (stay && /\/merge\//.test((await manager.follow(stay)).text)) starts.set("Facility manager", [stay]);
  }
  check(starts.has("Facility manager"), "no stay of the merge is found in the register");
  for (const name of ["Administrator", "Health information"]) {
    const client = await new Client(role(name)).signIn();
    const { text } = await client.follow("/admin/feeds");
    for (const match of text.matchAll(/href="(\/admin\/feeds\/[^"?/]+)"/g)) {
      if (/\/faults\//.test((await client.follow(match[1])).text)) starts.set(name, [match[1]]);
    }
    check(starts.has(name), `${name}: no feed has a message that waits`);
  }
  return starts;
}
