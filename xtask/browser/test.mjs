// Every page in a real browser: reached by links, looked at in both themes and three widths, used without
// script and without a mouse, printed, and crawled by people of different scopes.
//
// Pages are discovered, not listed, so that a new page is covered by being linked.

import { base, check, Client, finish, group, launch, people, unescape, until } from "./lib/harness.mjs";
import { crawl } from "./lib/crawl.mjs";
import { checkText, firstView, inspect } from "./lib/pages.mjs";
import { prepare } from "./lib/prepare.mjs";
import { checkPaint } from "./lib/paint.mjs";
import { checkPrint } from "./lib/print.mjs";
import { checkScope, foreign, siteOf } from "./lib/scope.mjs";
import { tasks } from "./tasks.mjs";

const only = process.argv.slice(2);
const wants = (name) => only.length === 0 || only.includes(name);

const everybody = people();
/** Somebody of a role, of the hospital where there is one: it has free beds and waiting patients. */
const role = (words) => {
  const those = everybody.filter((person) => person.role === words);
  return those.find((person) => person.site.startsWith("Riverside")) ?? those[0] ?? everybody[0];
};
const browser = await launch();

/** Until the sample's history is in. */
async function filled() {
  await until("the sample's history", 240, async () => {
    const { text } = await new Client().follow("/metrics");
    const n = (state) => Number(new RegExp(`^helmward_jobs\\{state="${state}"\\} (\\d+)`, "m").exec(text)?.[1] ?? 0);
    return n("done") > 0 && n("waiting") === 0 && n("running") === 0;
  });
}

/** Where people of a role begin besides where they land. */
let starts = new Map();
/** One page of each pattern, and who can open it. */
const found = new Map();
/** Every path that answered, files too. */
const reached = new Set();

/** One person of each role; those of one role see the same pages. */
function oneOfEachRole() {
  return [...new Set(everybody.map((person) => person.role))].map(role);
}

async function crawlEveryone() {
  const dead = new Map();
  for (const person of oneOfEachRole()) {
    const client = await new Client(person).signIn();
    const { pages, faults, outside } = await crawl(client, [...(starts.get(person.role) ?? []), client.landing, "/me", "/more"]);
    for (const fault of faults) {
      dead.set(fault.shape, `${fault.path} answers ${fault.status} to ${person.role}, linked from ${fault.from}`);
    }
    check(outside.length === 0, `${person.role}: links to other hosts: ${outside.slice(0, 5).join("; ")}`);
    let nPages = 0;
    let slowest = { millis: 0, path: "" };
    for (const [shape, list] of pages) {
      for (const page of list) {
        if (page.status !== 200) continue;
        nPages += 1;
        checkText(page);
        if (page.millis > slowest.millis) slowest = page;
        reached.add(page.path.split("?")[0]).add(page.at.split("?")[0]);
        if (page.kind.startsWith("text/html") && !found.has(shape)) found.set(shape, { client, path: page.path });
      }
    }
    console.log(`${person.role}, ${person.site}: ${nPages} pages, the slowest ${slowest.path} ${slowest.millis} ms`);
  }
  for (const words of dead.values()) check(false, words);
  check(dead.size === 0, `${dead.size} kinds of links lead nowhere`);
}

/** Every page pattern once, without its query unless the query makes another page. */
function representatives() {
  const byPath = new Map();
  for (const [shape, page] of found) {
    if (page.path.includes("format=")) continue;
    const path = shape.split("?")[0];
    const list = byPath.get(path) ?? [];
    // The bare page, and two ways of asking it.
    if (list.length < 3) list.push(page);
    byPath.set(path, list);
  }
  return [...byPath.values()].flat();
}

async function inspectAll() {
  const contexts = new Map();
  const pages = representatives();
  const anyone = new Client();
  pages.push({ client: anyone, path: "/sign-in" }, { client: anyone, path: "/nothing-here" });
  // Two at a time: one waits while the other computes.
  const queue = [...pages];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (!contexts.has(next.client)) contexts.set(next.client, next.client.context(browser, { bypassCSP: true }));
      const context = await contexts.get(next.client);
      try {
        await inspect(context, next.path);
      } catch (error) {
        check(false, `${next.path} cannot be looked at: ${String(error).slice(0, 300)}`);
      }
    }
  };
  await Promise.all([work(), work()]);
  console.log(`${pages.length} pages looked at`);
  for (const context of contexts.values()) await (await context).close();
}

/** Every reading route of the product is reached by a link, or is named here with a reason. */
const unlinked = new Map([
  ["/healthz", "for machines"],
  ["/readyz", "for machines"],
  ["/metrics", "for machines"],
  ["/set-up", "only before the first person exists"],
  ["/offline", "shown by the service worker"],
  ["/events", "the stream of changes"],
  ["/admin/backups/{file}", "only once a backup was made"],
  ["/at/{scope}/jobs/{id}", "leads on to /jobs/{id}"],
  ["/dev/components", "for those who build pages; looked at by its own"],
]);

function checkCoverage() {
  const routes = JSON.parse(process.env.HELMWARD_ROUTES ?? "[]");
  const isReached = (route) => {
    const asRegExp = new RegExp(`^${route.replace(/\{[^}]+\}/g, "[^/]+").replaceAll(".", "\\.")}$`);
    return [...reached].some((path) => asRegExp.test(path));
  };
  for (const route of routes) {
    if (unlinked.has(route) || route.startsWith("/api/") || route.endsWith(".json") || route === "/" || route === "/sign-in") continue;
    check(isReached(route), `${route} is reached by no link; link it, or say in xtask/browser/test.mjs why not`);
  }
}

async function scopes() {
  const director = await new Client(role("Director")).signIn();
  const { pages } = await crawl(director, [director.landing, "/more"], { pages: 60 });
  const names = new Map();
  for (const list of pages.values()) {
    for (const page of list) {
      for (const match of page.text.matchAll(/href="\/at\/([a-z0-9]+(?:\.[a-z0-9-]+)+)[/"][^>]*>([^<]*)/g)) {
        const name = unescape(match[2]).trim();
        if (!names.get(match[1]) && name.length > 4) names.set(match[1], name);
        else if (!names.has(match[1])) names.set(match[1], "");
      }
    }
  }
  const sites = [...names.keys()];
  check(sites.length > 5, `a director sees only ${sites.length} sites`);
  const tried = [
    ...everybody.filter((person) => person.role === "Facility manager").slice(0, 2),
    ...everybody.filter((person) => person.role === "Unit manager").slice(0, 2),
  ];
  for (const person of tried) {
    const client = await new Client(person).signIn();
    const site = siteOf(client.landing);
    check(site !== undefined, `${person.email} lands on ${client.landing}, which names no site`);
    const paths = foreign(sites, site);
    // A few other sites, near ones and far ones.
    const near = paths.filter((path) => path.split(".")[1] === site.split(".")[1]);
    const others = [...new Set([...near.slice(0, 2), ...paths.filter((path) => !near.includes(path)).slice(0, 2)])];
    const words = await visitsOf(director, site, others);
    check(words.length > 0, `no visits to look for outside ${site}`);
    const own = [...names].filter(([path]) => !paths.includes(path)).map(([, name]) => name);
    const foreignNames = paths.map((path) => names.get(path)).filter((name) => name && isOwnName(name));
    const titles = foreignNames.filter((name) => !own.some((mine) => mine.includes(name) || name.includes(mine)));
    await checkScope(person, { paths, words: [...words, ...titles], others }, yesterday());
  }
}

/** Whether a name can only mean one site: "Medicine 3 North", not "Nursery", which is a kind of unit too. */
const isOwnName = (name) => /\d/.test(name) || /(House|Clinics|General)$/.test(name);

const yesterday = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** Visit numbers of patients inside these sites who never were at `own`. */
async function visitsOf(client, own, sites) {
  const known = await (await client.ask(`/at/${own}/census/records?state=any&format=csv`)).text();
  const words = new Set();
  for (const site of sites) {
    const response = await client.ask(`/api/v1/census?site=${site}&at=${yesterday()}T12:00:00Z`);
    if (response.status !== 200) continue;
    const report = await response.json();
    const visits = (report.present ?? []).map((stay) => stay.stay).filter((visit) => !known.includes(visit));
    for (const visit of visits.slice(0, 30)) words.add(visit);
  }
  return [...words];
}

async function print() {
  const manager = await new Client(role("Facility manager")).signIn();
  const context = await manager.context(browser);
  const site = siteOf(manager.landing);
  await checkPrint(context, `/at/${site}/today`, 3);
  await checkPrint(context, `/at/${site}/census/day/${yesterday()}`, 3);
  await checkPrint(context, `/at/${site}/census/flow`, 6);
  await context.close();
}

await group("the sample fills up", filled);
if (wants("crawl") || wants("inspect")) {
  await group("a merge, a message that waits, a file of messages", async () => {
    starts = await prepare(role);
  });
}
// First, so that there is an import and a put-off need for the crawl to find.
if (wants("tasks")) await tasks(browser, role);
if (wants("crawl") || wants("inspect")) await group("links of every role", crawlEveryone);
if (wants("crawl")) await group("every route is reached", async () => checkCoverage());
if (wants("first")) {
  await group("first view", async () => {
    const manager = await new Client(role("Facility manager")).signIn();
    await firstView(browser, new Client(), "/sign-in");
    await firstView(browser, manager, manager.landing);
    await firstView(browser, manager, manager.landing.replace("/today", "/census/flow"));
  });
}
if (wants("paint")) {
  await group("paint on a slow phone", async () => {
    const manager = await new Client(role("Facility manager")).signIn();
    await checkPaint(browser, new Client(), "/sign-in");
    for (const page of ["today", "census/flow", `census/day/${yesterday()}`, "census/records"]) {
      await checkPaint(browser, manager, manager.landing.replace(/today$/, page));
    }
  });
}
if (wants("inspect")) await group("accessibility, width and targets", inspectAll);
if (wants("print")) await group("print", print);
if (wants("scope")) await group("scope", scopes);
await browser.close();
finish();
