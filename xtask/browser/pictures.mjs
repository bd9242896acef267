// Takes the pictures of the documents from a demo that is full.

import { mkdirSync, statSync } from "node:fs";
import { base, Client, launch, people, until } from "./lib/harness.mjs";

const folder = new URL("../../docs/pictures/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const manager = people().find((person) => person.role === "Facility manager" && person.site.startsWith("Riverside"));
await until("the sample's history", 300, async () => {
  const { text } = await new Client().follow("/metrics");
  return /^helmward_jobs\{state="done"\} [1-9]/m.test(text);
});
const client = await new Client(manager).signIn();
const site = client.landing.split("/")[2];
const browser = await launch();
const shots = [
  ["brief-light", "today", "light", 1360, 820],
  ["brief-dark", "today", "dark", 1360, 820],
  ["brief-phone", "today", "light", 390, 844],
  ["wall", "census/wall", "light", 1360, 820],
  ["explain", "explain/occupancy", "light", 1360, 820],
];
for (const [name, page, colorScheme, width, height] of shots) {
  const context = await client.context(browser, { viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  const tab = await context.newPage();
  await tab.goto(`${base}/at/${site}/${page}`, { waitUntil: "load" });
  const path = `${folder}${name}.png`;
  await tab.screenshot({ path });
  console.log(`${name}.png ${Math.round(statSync(path).size / 1024)} kB`);
  await context.close();
}
await browser.close();
