// What every browser test needs: counting checks, a browser, signed-in people, plain requests.

import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";

export const base = process.env.HELMWARD_URL ?? "http://127.0.0.1:8080";

let nPassed = 0;
let nFailed = 0;
const failures = [];

/** One check: counts, and says what is wrong. */
export function check(isOk, what) {
  if (isOk) {
    nPassed += 1;
  } else {
    nFailed += 1;
    failures.push(what);
    console.log(`FAILED: ${what}`);
  }
  return isOk;
}

/** Runs a group of checks; an error in it is a failed check, not the end. */
export async function group(name, work) {
  const begun = Date.now();
  const before = [nPassed, nFailed];
  try {
    await work();
  } catch (error) {
    check(false, `${name}: ${error.stack ?? error}`);
  }
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  console.log(`${name}: ${nPassed - before[0]} passed, ${nFailed - before[1]} failed, ${seconds} s`);
}

/** Prints the last line and ends the program. */
export function finish() {
  if (nFailed > 0) {
    console.log(`what failed:\n- ${failures.map((text) => text.slice(0, 600)).join("\n- ")}`);
  }
  console.log(`${nPassed} passed, ${nFailed} failed`);
  process.exit(nFailed === 0 ? 0 : 1);
}

/** Starts the browser; nothing of it leaves the machine. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.HELMWARD_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export const sleep = (millis) => new Promise((done) => setTimeout(done, millis));

/** Waits until `probe` gives something true. */
export async function until(what, seconds, probe) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe().catch(() => undefined);
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(250);
  }
}

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };
export const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) => entities[name]);

/** A person who asks without a browser: keeps cookies, follows nothing by itself. */
export class Client {
  constructor(person = {}) {
    this.person = person;
    this.cookies = new Map();
  }

  async ask(path, options = {}) {
    const headers = { ...options.headers };
    if (this.cookies.size > 0) {
      headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    }
    const response = await fetch(new URL(path, base), { ...options, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(";");
      const at = pair.indexOf("=");
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  /** Asks and follows; the last answer with its text and place. */
  async follow(path, options) {
    let response = await this.ask(path, options);
    let place = new URL(path, base);
    for (let n = 0; n < 5 && response.status >= 300 && response.status < 400; n += 1) {
      place = new URL(response.headers.get("location"), place);
      await response.arrayBuffer();
      response = await this.ask(place.pathname + place.search);
    }
    return { response, path: place.pathname + place.search, text: await response.text() };
  }

  async post(path, fields) {
    const body = new URLSearchParams(fields).toString();
    return this.ask(path, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  }

  /** Signs in; where they land. */
  async signIn() {
    const { email, password } = this.person;
    const response = await this.post("/sign-in", { email, password, csrf: "", next: "" });
    if (response.status !== 303) throw new Error(`${email} cannot sign in: ${response.status}`);
    this.landing = response.headers.get("location");
    return this;
  }

  /** The same session in a browser. */
  async context(browser, options = {}) {
    const context = await browser.newContext(options);
    const cookies = [...this.cookies].map(([name, value]) => ({ name, value, url: base }));
    await context.addCookies(cookies);
    return context;
  }
}

/** Everybody the demo offers: from what it printed when it started. */
export function people() {
  const log = readFileSync(process.env.HELMWARD_DEMO_LOG, "utf8");
  const password = /password is (\S+?)\.?(?:\s|$)/.exec(log)?.[1];
  const found = [];
  for (const line of log.split("\n")) {
    const match = /^\s*(\S+@\S+\.\S+)\s{2,}(.+?),\s+(.+?)\s*$/.exec(line);
    if (match) found.push({ email: match[1], role: match[2].trim(), site: match[3].trim(), password });
  }
  if (found.length === 0 || !password) throw new Error(`no sign-ins in what the demo printed:\n${log.slice(0, 2000)}`);
  return found;
}
