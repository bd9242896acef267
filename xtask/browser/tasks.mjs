// The tasks people come for: with a mouse and script off, and with keys alone.
//
// A task is written once, against a hand that can press, fill, choose and read. Each starts on the page a
// person lands on and goes on by what the page offers; no address is typed in.

import { base, check, Client, group } from "./lib/harness.mjs";

const TABS_MAX = 500;

/** Uses the page as somebody without script does: with a mouse. */
class Mouse {
  constructor(page) {
    this.page = page;
    this.n = 0;
  }

  async press(target) {
    this.n += 1;
    await Promise.all([this.page.waitForLoadState("load"), target.first().click()]);
    await this.page.waitForLoadState("load");
  }

  fill = (target, text) => target.first().fill(text);
  choose = (target, label) => target.first().selectOption({ label });
}

/** Uses the page as somebody without a mouse does: Tab, Enter, Space, letters, arrows. */
class Keys {
  constructor(page) {
    this.page = page;
    this.n = 0;
  }

  /** Goes to a control by Tab from where the focus is, once around the page. */
  async reach(target) {
    const handle = await target.first().elementHandle({ timeout: 10_000 });
    for (let n = 0; n < TABS_MAX; n += 1) {
      const state = await this.page.evaluate((wanted) => {
        const at = document.activeElement;
        if (at !== wanted) return "elsewhere";
        const box = at.getBoundingClientRect();
        const isSeen = box.bottom > 0 && box.top < innerHeight && box.width > 0;
        const style = getComputedStyle(at);
        const hasRing = style.outlineStyle !== "none" || style.boxShadow !== "none";
        return isSeen ? (hasRing ? "here" : "no ring") : "out of sight";
      }, handle);
      if (state === "here") return;
      if (state !== "elsewhere") {
        check(false, `${this.page.url()}: the focus is on the control but ${state}: ${await handle.evaluate((at) => at.outerHTML.slice(0, 120))}`);
        return;
      }
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`${this.page.url()}: Tab never reaches ${target}`);
  }

  async press(target) {
    this.n += 1;
    await this.reach(target);
    const before = this.page.url();
    const moved = this.page.waitForEvent("load", { timeout: 5_000 }).catch(() => undefined);
    await this.page.keyboard.press("Enter");
    await moved;
    void before;
  }

  async fill(target, text) {
    await this.reach(target);
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.type(text);
  }

  async choose(target, label) {
    await this.reach(target);
    const select = target.first();
    for (let n = 0; n < 60; n += 1) {
      const text = await select.evaluate((at) => at.options[at.selectedIndex].text.trim());
      if (text === label) return;
      await this.page.keyboard.press("ArrowDown");
    }
    throw new Error(`${this.page.url()}: no choice "${label}"`);
  }
}

const main = (page) => page.locator("main");
const text = (page) => page.locator("main").innerText();
const button = (page, name) => main(page).getByRole("button", { name });
const link = (page, name) => main(page).getByRole("link", { name });

/** What needs me today is on the page I land on, with its reason and the button that starts the fix. */
async function knowWhatNeedsMe({ page }) {
  const needs = page.locator("#needs");
  check(await needs.isVisible(), `${page.url()} shows no list of needs`);
  const n = await needs.locator("li").count();
  check(n > 0, `${page.url()} lists nothing that needs me; the sample should`);
  const first = needs.locator("li").first();
  check((await first.locator("strong").innerText()).length > 10, "a need is a sentence");
  check((await first.locator("p").innerText()).length > 5, "a need has a reason");
  check((await first.getByRole("link").count()) > 0, "a need has what starts the fix");
}

/** A bed is blocked with a reason and an owner, and put back into use. */
async function blockAndUnblock({ page, hand }) {
  await hand.press(page.getByRole("link", { name: /census/i }));
  await hand.press(page.locator("main a.tile.free"));
  const name = await main(page).getByRole("heading", { level: 1 }).innerText();
  await hand.choose(page.getByLabel("Reason"), "Maintenance");
  await hand.fill(page.getByLabel("Who clears it"), "Facilities desk");
  await hand.press(button(page, /^block/i));
  const blocked = await text(page);
  check(/blocked/i.test(blocked) && /facilities desk/i.test(blocked), `${name} is not shown as blocked with its owner: ${blocked.slice(0, 200)}`);
  if ((await button(page, /^unblock/i).count()) === 0) await hand.press(link(page, new RegExp(name, "i")));
  await hand.press(button(page, /^unblock/i));
  const after = await text(page);
  check(/available/i.test(after), `${name} is not available again: ${after.slice(0, 200)}`);
}

/** A block without a reason is refused in words beside the field, and what was typed is kept. */
async function refuseWithoutReason({ page, hand }) {
  await hand.press(page.getByRole("link", { name: /census/i }));
  await hand.press(page.locator("main a.tile.free"));
  await hand.fill(page.getByLabel("Who clears it"), "Kept words");
  await hand.press(button(page, /^block/i));
  check((await page.title()).startsWith("Error:"), `the title of a refused form is "${await page.title()}"`);
  check(/there is a problem/i.test(await text(page)), "a refused form has no summary");
  check((await page.getByLabel("Who clears it").inputValue()) === "Kept words", "a refused form loses what was typed");
}

/** A need is put off with a reason and brought back. */
async function dismissAndUndo({ page, hand }) {
  await hand.press(page.locator("#needs").getByRole("link", { name: /^all/i }));
  const item = link(page, /^not now/i).first();
  const sentence = (await item.getAttribute("aria-label")).replace(/^Not now: /, "");
  // The sentence counts minutes and may change meanwhile; the address says which need it is.
  const address = await item.getAttribute("href");
  await hand.press(item);
  await hand.fill(page.getByLabel(/why it can wait/i), "Known; the team is on it");
  await hand.press(button(page, /put off/i));
  const isOpen = () => page.locator(`a.later[href="${address}"]`).count();
  check((await isOpen()) === 0, `"${sentence}" is still open after it was put off`);
  await hand.press(button(page, /undo|bring back/i));
  check((await isOpen()) === 1, `"${sentence}" did not come back`);
}

/** From a tile to the rows and the definition it stands on. */
async function findWhy({ page, hand }) {
  const tile = main(page).locator("a.kpi").first();
  await hand.press(tile);
  const words = await text(page);
  check(/definition|what is counted/i.test(words), `${page.url()} gives no definition`);
  check(/source/i.test(words), `${page.url()} names no source`);
  check((await page.locator("main table tbody tr").count()) > 0, `${page.url()} shows no rows`);
}

/** Long work shows its page until it is done; then what came of it is one link away. */
async function workDone(page, hand) {
  const result = link(page, /^see the import/i);
  for (let n = 0; n < 20 && (await result.count()) === 0; n += 1) {
    if ((await button(page, /undo this import/i).count()) > 0) return;
    await page.waitForTimeout(500);
    await page.reload();
  }
  if ((await result.count()) > 0) await hand.press(result);
}

/** A file of sites with faulty rows: counts, reasons for each reject, the rest taken in, undone. */
async function importSites({ page, hand }) {
  const own = hand instanceof Keys ? "k" : "m";
  const rows = [
    "path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes",
    `lakeside.riverside.zz1${own},unit,Test unit one,,,4,4,ZZ1${own}`,
    `lakeside.riverside.zz2${own},unit,Test unit two,,,many,4,ZZ2${own}`,
    `lakeside.nowhere.zz3${own},unit,Test unit three,,,4,4,ZZ3${own}`,
  ];
  await hand.press(page.getByRole("link", { name: /^admin/i }));
  await hand.press(link(page, /imports/i));
  await hand.press(link(page, /^sites/i));
  const file = { name: "sites.csv", mimeType: "text/csv", buffer: Buffer.from(rows.join("\n")) };
  await page.locator("main input[type=file]").first().setInputFiles(file);
  await hand.press(main(page).locator("form button[type=submit]"));
  const seen = await text(page);
  check(/2\s*(rows?\s*)?rejected|rejected\D{0,12}2/i.test(seen), `the dry run does not count two rejects: ${seen.slice(0, 400)}`);
  check(/many/.test(seen) || (await link(page, /reject/i).count()) > 0, "the rejects cannot be seen");
  await hand.press(button(page, /^commit/i));
  await workDone(page, hand);
  check(/1\s*new|new\s*1\b/i.test(await text(page)), `the import does not tell of one new site: ${(await text(page)).slice(0, 300)}`);
  await hand.press(button(page, /undo this import/i));
  await workDone(page, hand);
  check(/undone|taken back/i.test(await text(page)), `the import was not undone: ${(await text(page)).slice(0, 300)}`);
}

/** A person gets a role at a site, and it ends again. */
async function changeRole({ page, hand }) {
  await hand.press(page.getByRole("link", { name: /^admin/i }));
  await hand.press(link(page, /people and roles/i));
  await hand.press(link(page, /Kofi Madaki/i));
  const held = () => page.locator("#roles-held tbody tr", { hasText: "Quality lead" }).filter({ has: page.getByRole("button") }).count();
  const before = await held();
  await hand.choose(page.getByLabel("Role", { exact: true }), "Quality lead");
  await hand.press(button(page, /give role/i));
  check((await held()) === before + 1, "the new role is not shown");
  await hand.press(page.getByRole("button", { name: /end today: quality lead/i }));
  check((await held()) <= before, "the ended role is still in force");
}

/** What somebody may search for, by keys: palette with script, a page without. */
async function search({ page, hand }) {
  if (hand instanceof Keys) {
    await page.keyboard.press("Control+K");
    await page.keyboard.type("5 West");
    await page.waitForTimeout(800);
    await page.keyboard.press("Enter");
    await page.waitForLoadState("load");
  } else {
    await page.goto(`${base}/search?q=5+West`);
  }
  check(/5 West/.test(await page.locator("body").innerText()), "searching for 5 West does not find it");
}

const list = [
  ["know what needs me today", "Facility manager", knowWhatNeedsMe],
  ["block and unblock a bed", "Facility manager", blockAndUnblock],
  ["a block without a reason is refused", "Facility manager", refuseWithoutReason],
  ["put off a need and undo it", "Facility manager", dismissAndUndo],
  ["find why a figure is what it is", "Facility manager", findWhy],
  ["import sites with rejects and undo", "Administrator", importSites],
  ["give a role and end it", "Administrator", changeRole],
  ["search", "Facility manager", search],
];

/** Every task both ways. */
export async function tasks(browser, role) {
  for (const [name, title, task] of list) {
    for (const way of ["script off", "keys only"]) {
      await group(`task: ${name}, ${way}`, async () => {
        const client = await new Client(role(title)).signIn();
        const context = await client.context(browser, { javaScriptEnabled: way === "keys only", viewport: { width: 1440, height: 900 } });
        context.setDefaultTimeout(15_000);
        const page = await context.newPage();
        try {
          await page.goto(base + client.landing, { waitUntil: "load" });
          await task({ page, hand: way === "keys only" ? new Keys(page) : new Mouse(page) });
        } finally {
          await context.close();
        }
      });
    }
  }
}
