// Two people never see each other's sites: on pages, in exports, through the API.

import { check, Client } from "./harness.mjs";
import { crawl, pattern } from "./crawl.mjs";
import { textOfZip } from "./zip.mjs";

/** The site a person's pages are about: the one in the address they land on. */
export const siteOf = (path) => /\/at\/([^/?]+)/.exec(path)?.[1];

const isWithin = (path, site) => path === site || path.startsWith(`${site}.`);

/** Sites a person at `site` may not see: not theirs, nor above theirs. */
export const foreign = (all, site) => all.filter((path) => !isWithin(path, site) && !isWithin(site, path));

async function body(response) {
  const bytes = Buffer.from(await response.arrayBuffer());
  const kind = response.headers.get("content-type") ?? "";
  return kind.includes("spreadsheetml") || bytes.subarray(0, 2).toString() === "PK" ? textOfZip(bytes) : bytes.toString("utf8");
}

/** Whether a path stands in a text by itself. */
function names(text, path) {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + path.length] ?? " ";
    if (!/[a-z0-9.]/.test(before) && !/[a-z0-9.-]/.test(after)) return true;
    if (!/[a-z0-9.]/.test(before) && after === ".") return true;
  }
  return false;
}

/** Addresses of the API for a site, from its own description. */
export async function apiAddresses(client, site, day) {
  const response = await client.ask("/api/openapi.json");
  if (response.status !== 200) return [];
  const description = await response.json();
  const addresses = [];
  for (const [path, methods] of Object.entries(description.paths ?? {})) {
    if (!methods.get) continue;
    const own = new URLSearchParams();
    for (const given of methods.get.parameters ?? []) {
      if (given.in !== "query") continue;
      if (given.name === "site") own.set("site", site);
      else if (given.name === "date") own.set("date", day);
      else if (given.name === "period") own.set("period", day.slice(0, 7));
    }
    addresses.push(`${path.replace("{key}", "midnight_census").replace("{scope}", site)}?${own}`);
    if (own.has("date")) {
      own.delete("date");
      own.set("at", `${day}T12:00:00Z`);
      addresses.push(`${path}?${own}`);
    }
  }
  return addresses.filter((address) => !address.includes("{"));
}

/**
 * Crawls as `person` and looks for anything of `secrets`; then asks each address again for another site.
 * @param {{words: string[], paths: string[], others: string[]}} secrets
 */
export async function checkScope(person, secrets, day) {
  const client = await new Client(person).signIn();
  const site = siteOf(client.landing);
  const who = `${person.role} at ${site}`;
  const { pages } = await crawl(client, [client.landing, "/me", "/more"], { perPattern: 2 });
  const api = site ? await apiAddresses(client, site, day) : [];
  let nRead = 0;
  const look = (address, text) => {
    nRead += 1;
    const seen = [...secrets.paths.filter((path) => names(text, path)), ...secrets.words.filter((word) => text.includes(word))];
    check(seen.length === 0, `${who} sees ${seen.length} things of others on ${address}: ${seen.slice(0, 6).join(", ")}`);
  };
  const exports = new Set();
  for (const list of pages.values()) {
    for (const page of list) {
      if (page.status !== 200) continue;
      if (page.kind.startsWith("text/html")) look(page.path, page.text);
      else exports.add(page.path);
    }
  }
  for (const address of [...exports, ...api]) {
    const response = await client.ask(address);
    const text = await body(response);
    if (response.status === 200) look(address, text);
  }
  // The same addresses with another's site in place of theirs.
  const tried = new Set();
  for (const address of [...[...pages.values()].flat().map((page) => page.path), ...api]) {
    if (!site || !address.includes(site)) continue;
    for (const other of secrets.others) {
      const forged = address.replaceAll(site, other);
      const shape = `${pattern(forged)} ${other}`;
      if (tried.has(shape)) continue;
      tried.add(shape);
      const response = await client.ask(forged);
      const text = await body(response);
      check(response.status === 404, `${who} gets ${response.status} for ${forged}`);
      const seen = secrets.words.filter((word) => text.includes(word));
      check(seen.length === 0, `${who} sees ${seen.slice(0, 3).join(", ")} in the refusal of ${forged}`);
    }
  }
  check(nRead > 5, `${who} could read only ${nRead} pages`);
  console.log(`${who}: ${nRead} pages, exports and API answers read, ${tried.size} addresses of others refused`);
}
