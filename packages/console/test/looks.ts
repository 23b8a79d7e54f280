// SPDX-License-Identifier: Apache-2.0
/** What every page must satisfy: no complaint of axe, and a picture for people to look at. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { PersonDriven } from "./chromium.ts";

const SCREENSHOTS = fileURLToPath(new URL("../screenshots/", import.meta.url));

/** Asserts that a page is accessible as far as axe can tell, and that its policy refused nothing. */
export async function clean({ page, complaints }: PersonDriven): Promise<void> {
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
       violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((n) => n.html) })))`,
  );
  expect(found, page.url()).toEqual([]);
  expect(complaints, page.url()).toEqual([]);
}

/** Keeps a picture of a page as it is, and one of the other colours. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** What sticks out to the right, unless a frame around it scrolls. */
const SIDEWAYS = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const framed = (e) => e !== null && (getComputedStyle(e).overflowX !== "visible" || framed(e.parentElement));
  return [...document.querySelectorAll("main *")]
    .filter((e) => e.getBoundingClientRect().right > clientWidth && !framed(e.parentElement.closest("main *")))
    .map((e) => e.tagName + "." + e.className + " " + e.textContent.slice(0, 60));
})()`;

/** Asserts that nothing but tables and drawings scrolls sideways on a telephone, and keeps a picture. */
export async function narrowed(page: Page, name: string): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(SIDEWAYS), page.url()).toEqual([]);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-narrow.png`) });
  if (size !== null) await page.setViewportSize(size);
}
