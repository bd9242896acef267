// Pages on paper.

import { base, check } from "./harness.mjs";

/** How many sheets a page takes, on letter paper held sideways. */
export async function sheets(context, path) {
  const page = await context.newPage();
  await page.goto(base + path, { waitUntil: "load" });
  const pdf = await page.pdf({ preferCSSPageSize: true, format: "Letter", landscape: true });
  await page.close();
  return (pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length;
}

/** Prints a page and counts. */
export async function checkPrint(context, path, most) {
  const n = await sheets(context, path);
  check(n >= 1 && n <= most, `${path} takes ${n} sheets, limit ${most}`);
}
