// Finds every page a person can reach: links only, from where they land.

import { base, unescape } from "./harness.mjs";

const PAGES_MAX = 250;
/** Pages of one pattern; the particulars of a site or a day make no other page. */
const PER_PATTERN_MAX = 1;
/** Ways of asking one page: sorted by this, filtered by that. */
const WAYS_MAX = 4;
/** Pages below one address that differ in a word only, such as a figure's key. */
const SIBLINGS_MAX = 12;

/** A path with its particulars taken out: `/at/{scope}/census/day/{date}`. */
export function pattern(path) {
  const url = new URL(path, base);
  const segments = url.pathname.split("/").map((segment, idx, all) => {
    if (all[idx - 1] === "at" && idx === 2) return "{scope}";
    if (/^\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?$/.test(segment)) return "{date}";
    if (/^\d{4}(-(\d{2}|q[1-4]))?$/.test(segment)) return "{period}";
    if (/^([0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{32}|\d+)$/.test(segment)) return "{id}";
    if (/^[a-z0-9]+(\.[a-z0-9]+)+$/.test(segment)) return "{site}";
    return segment;
  });
  const keys = [...new Set(url.searchParams.keys())].sort();
  return segments.join("/") + (keys.length > 0 ? `?${keys.join("&")}` : "");
}

/** Addresses of all links in a page, those of this product only. */
export function links(html, place) {
  const found = [];
  for (const match of html.matchAll(/<a\b[^>]*?\shref="([^"]*)"/g)) {
    const href = unescape(match[1]);
    if (href.startsWith("#") || href.startsWith("mailto:")) continue;
    const url = new URL(href, new URL(place, base));
    found.push(url.origin === base ? url.pathname + url.search : url.href);
  }
  return found;
}

/**
 * Everything reachable by links for a signed-in client.
 * @returns {Promise<{pages: Map<string, object[]>, faults: object[], outside: string[]}>}
 */
export async function crawl(client, starts, limits = {}) {
  const perPattern = limits.perPattern ?? PER_PATTERN_MAX;
  const pagesMax = limits.pages ?? PAGES_MAX;
  const waysMax = limits.ways ?? WAYS_MAX;
  const seen = new Set();
  const counts = new Map();
  const children = new Map();
  const ways = new Map();
  const pages = new Map();
  const faults = [];
  const outside = [];
  const queue = starts.map((path) => ({ path, from: "the start" }));
  while (queue.length > 0 && seen.size < pagesMax) {
    const { path, from } = queue.shift();
    if (!path.startsWith("/")) {
      outside.push(`${path} from ${from}`);
      continue;
    }
    if (seen.has(path)) continue;
    const shape = pattern(path);
    const count = counts.get(shape) ?? 0;
    if (count >= perPattern) continue;
    // Some of them stand for all.
    const [bare] = shape.split("?");
    const parent = bare.replace(/\/[^/]*$/, "");
    const siblings = children.get(parent) ?? new Set();
    if (!siblings.has(bare) && siblings.size >= SIBLINGS_MAX) continue;
    siblings.add(bare);
    children.set(parent, siblings);
    const nWays = ways.get(bare) ?? 0;
    if (count === 0 && nWays >= waysMax && !shape.includes("format")) continue;
    ways.set(bare, nWays + (count === 0 ? 1 : 0));
    counts.set(shape, count + 1);
    seen.add(path);
    const begun = Date.now();
    const answer = await client.follow(path);
    const kind = answer.response.headers.get("content-type") ?? "";
    const page = {
      path,
      at: answer.path,
      from,
      status: answer.response.status,
      kind,
      text: answer.text,
      headers: answer.response.headers,
      millis: Date.now() - begun,
    };
    if (page.status !== 200) faults.push({ path, shape, status: page.status, from });
    const list = pages.get(shape) ?? [];
    list.push(page);
    pages.set(shape, list);
    if (page.status === 200 && kind.startsWith("text/html")) {
      for (const href of links(answer.text, answer.path)) queue.push({ path: href, from: path });
    }
  }
  return { pages, faults, outside };
}
