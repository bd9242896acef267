// How soon a page can be read on a slow phone: a quarter of this machine's speed, 1.6 Mbit/s, 150 ms away.
//
// What moves while it comes is judged. How long it takes is told beside the goals and judged by people: a
// time on a busy machine proves nothing. The server's own time is taken off, since here it is built for
// finding faults, not for speed.

import { base, check } from "./harness.mjs";

const ROUNDS = 5;
const LATENCY = 150;
const GOALS = { first: 1000, largest: 1200, blocked: 100 };
const SHIFT_MAX = 0.02;

/** Collects in the page what the browser tells of painting, from before the first byte. */
function observe() {
  const seen = { largest: 0, blocked: 0, shift: 0 };
  globalThis.seenPaint = seen;
  const each = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  each("largest-contentful-paint", (entry) => (seen.largest = entry.startTime));
  each("longtask", (entry) => (seen.blocked += Math.max(0, entry.duration - 50)));
  each("layout-shift", (entry) => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
}

/** What the page tells once it has settled, in milliseconds from the click. */
function told() {
  const [page] = performance.getEntriesByType("navigation");
  const first = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity;
  return { ...globalThis.seenPaint, first, answered: page.responseStart - page.requestStart };
}

async function visit(client, browser, path) {
  const context = await client.context(browser, { viewport: { width: 390, height: 844 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(observe);
    const tools = await context.newCDPSession(page);
    await tools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    const throughput = (1.6 * 1024 * 1024) / 8;
    await tools.send("Network.enable");
    await tools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: LATENCY,
      downloadThroughput: throughput,
      uploadThroughput: throughput,
    });
    await page.goto(new URL(path, base).href, { waitUntil: "load" });
    await page.waitForTimeout(300);
    const seen = await page.evaluate(told);
    const server = Math.max(0, seen.answered - LATENCY);
    return { ...seen, first: seen.first - server, largest: seen.largest - server };
  } finally {
    await context.close();
  }
}

/** The middle of five visits, each with an empty cache. */
export async function checkPaint(browser, client, path) {
  const visits = [];
  for (let n = 0; n < ROUNDS; n += 1) visits.push(await visit(client, browser, path));
  const middle = (what) => visits.map((one) => one[what]).sort((a, b) => a - b)[(ROUNDS - 1) / 2];
  const times = Object.entries(GOALS).map(([what, goal]) => `${what} ${middle(what).toFixed(0)} of ${goal} ms`);
  console.log(`${path}: ${times.join(", ")}`);
  check(middle("first") < Infinity, `${path} paints nothing`);
  check(middle("shift") <= SHIFT_MAX, `${path} moves by ${middle("shift").toFixed(3)} while it comes, at most ${SHIFT_MAX}`);
}
