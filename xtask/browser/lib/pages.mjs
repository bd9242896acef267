// What must hold of every page: accessibility, widths, targets, weights, headers.

import axe from "axe-core";
import { gzipSync } from "node:zlib";
import { base, check } from "./harness.mjs";

const PAGE_BYTES_MAX = 30 * 1024;
const STYLE_BYTES_MAX = 12 * 1024;
const SCRIPT_BYTES_MAX = 20 * 1024;
const REQUESTS_MAX = 6;

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
/** The rules that can tell one theme from the other. */
const OF_COLOR = ["color-contrast", "link-in-text-block"];

const told = (violations) =>
  violations
    .map((violation) => {
      const nodes = violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary ?? ""}`);
      return `${violation.id} (${violation.nodes.length}): ${nodes.join(" | ").replace(/\s+/g, " ")}`;
    })
    .join("; ");

async function violations(page, onlyColor) {
  const options = onlyColor
    ? { runOnly: { type: "rule", values: OF_COLOR }, resultTypes: ["violations"] }
    : {
        runOnly: { type: "tag", values: TAGS },
        rules: { "target-size": { enabled: true } },
        resultTypes: ["violations"],
      };
  const found = await page.evaluate((given) => globalThis.axe.run(document, given), options);
  return found.violations;
}

/** Things a page does in the browser that it must not. */
export function watch(page) {
  const seen = { requests: [], others: [], errors: [] };
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol === "data:") return;
    // The stream of changes stays open and is not part of the first view.
    if (request.resourceType() === "eventsource") return;
    seen.requests.push(url.pathname);
    if (url.origin !== base) seen.others.push(request.url());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  return seen;
}

const wider = (page) => page.evaluate(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? `${scrollWidth} px in ${clientWidth}` : "";
});

/** Buttons under 44 px and other targets under 24 px, as a phone shows them. */
const smallTargets = (page) => page.evaluate(() => {
  const small = [];
  const name = (element) => `${element.tagName.toLowerCase()} "${(element.getAttribute("aria-label") ?? (element.textContent || element.getAttribute("name")) ?? "").trim().slice(0, 30)}"`;
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (element instanceof HTMLInputElement && element.type === "hidden") continue;
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 1 || box.height < 1 || box.right < 0 || box.bottom < 0) continue;
    // A box to check is as large as its label.
    const isBox = element instanceof HTMLInputElement && ["checkbox", "radio"].includes(element.type);
    const label = isBox ? element.labels?.[0] : undefined;
    const target = label ? label.getBoundingClientRect() : box;
    const isButton = element.matches("button, .btn, input[type=submit]");
    const style = getComputedStyle(element);
    // A link inside a sentence is as tall as its line.
    const isInline = element.tagName === "A" && style.display === "inline";
    const least = isButton ? 44 : isInline ? 0 : 24;
    if (target.height + 0.5 < least || (isButton && target.width + 0.5 < 44)) {
      small.push(`${name(element)} ${Math.round(target.width)} x ${Math.round(target.height)}`);
    }
  }
  return small;
});

/** Everything about one address, in four ways of looking at it. */
export async function inspect(context, path) {
  const page = await context.newPage();
  const seen = watch(page);
  try {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    const response = await page.goto(base + path, { waitUntil: "load" });
    const kind = response?.headers()["content-type"] ?? "";
    if (!kind.startsWith("text/html")) return;
    await page.evaluate(axe.source);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      const light = await violations(page, false);
      check(light.length === 0, `${path} at ${width}, light: ${told(light)}`);
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      const dark = await violations(page, true);
      check(dark.length === 0, `${path} at ${width}, dark: ${told(dark)}`);
      const sideways = await wider(page);
      check(!sideways, `${path} scrolls sideways: ${sideways}`);
    }
    const small = await smallTargets(page);
    check(small.length === 0, `${path} has small targets on a phone: ${small.slice(0, 6).join("; ")}`);
    await page.setViewportSize({ width: 320, height: 700 });
    const sideways = await wider(page);
    check(!sideways, `${path} scrolls sideways: ${sideways}`);
    if (response.status() !== 200) seen.errors.length = 0;
    check(seen.errors.length === 0, `${path} in the console: ${seen.errors.join("; ").slice(0, 400)}`);
    check(seen.others.length === 0, `${path} asks other hosts: ${seen.others.join(", ")}`);
  } finally {
    await page.close();
  }
}

/** The first view of a page in a fresh browser: few requests, all ours, all light. */
export async function firstView(browser, client, path) {
  const context = await client.context(browser);
  const page = await context.newPage();
  const seen = watch(page);
  const sizes = { css: 0, js: 0, font: 0 };
  page.on("response", async (response) => {
    const type = response.request().resourceType();
    const body = await response.body().catch(() => Buffer.alloc(0));
    if (type === "stylesheet") sizes.css += gzipSync(body).length;
    if (type === "script") sizes.js += gzipSync(body).length;
    if (type === "font") sizes.font += 1;
  });
  await page.goto(base + path, { waitUntil: "load" });
  await page.waitForTimeout(300);
  check(seen.requests.length <= REQUESTS_MAX, `${path} makes ${seen.requests.length} requests: ${seen.requests.join(" ")}`);
  check(seen.others.length === 0, `${path} asks other hosts: ${seen.others.join(", ")}`);
  check(sizes.css > 0 && sizes.css <= STYLE_BYTES_MAX, `${path}: ${sizes.css} bytes of style compressed, limit ${STYLE_BYTES_MAX}`);
  check(sizes.js <= SCRIPT_BYTES_MAX, `${path}: ${sizes.js} bytes of script compressed, limit ${SCRIPT_BYTES_MAX}`);
  check(sizes.font === 0, `${path} loads a web font`);
  await context.close();
}

/** What a page's text and headers must keep to, seen by the crawl. */
export function checkText(page) {
  if (!page.kind.startsWith("text/html")) return;
  const { path, text, headers } = page;
  const n = gzipSync(Buffer.from(text)).length;
  check(n <= PAGE_BYTES_MAX, `${path} weighs ${n} bytes compressed, limit ${PAGE_BYTES_MAX}`);
  const policy = headers.get("content-security-policy") ?? "";
  check(policy.includes("default-src 'self'") && !policy.includes("unsafe-inline") && !policy.includes("unsafe-eval"),
    `${path} has no strict content policy: "${policy}"`);
  check(!/<script(?![^>]*\ssrc=)[^>]*>\s*\S/.test(text.replace(/<script type="application\/json"[^>]*>/g, "")), `${path} has inline script`);
  check(!/<[a-z][^>]*\son[a-z]+=/.test(text), `${path} has an inline handler`);
  check(/<html[^>]*\slang="/.test(text), `${path} names no language`);
  check((headers.get("cache-control") ?? "").includes("no-store"), `${path} may be kept by caches`);
}
