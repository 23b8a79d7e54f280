// SPDX-License-Identifier: Apache-2.0
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Driven, driven, type Look, type PersonDriven } from "../chromium.ts";
import { chord } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
import { founded, type Site, startSite } from "../site.ts";

/** All scripts that a page loads, the sign-in before it too, as they are sent. */
const PAGE_BYTES = 225_000;

let site: Site;
let browser: Driven;
let keys: ReadonlyMap<string, SoftAuthenticator>;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite("production"), driven()]);
  keys = await founded(site);
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

async function signedIn(person: string, path: string, look?: Look): Promise<PersonDriven> {
  const one = await browser.person(look);
  const key = keys.get(person);
  if (key === undefined) throw new Error("no such founder");
  await one.hold(key);
  await one.page.goto(`${site.origin}${path}`);
  await one.page.getByRole("button", { name: "Sign in with your passkey" }).click();
  await one.page.getByRole("navigation", { name: "pages" }).waitFor();
  return one;
}

const focused = (page: Page): Promise<unknown> =>
  page.evaluate("document.activeElement.textContent");

it("leads to the sign-in and back to where one was, by keyboard alone", async () => {
  const one = await browser.person();
  const key = keys.get("ana");
  if (key !== undefined) await one.hold(key);
  const { page } = one;
  await page.goto(`${site.origin}/people`);
  const button = page.getByRole("button", { name: "Sign in with your passkey" });
  await button.waitFor();
  await clean(one);
  await picture(page, "sign-in");
  await page.keyboard.press("Tab");
  await expect.poll(() => focused(page)).toBe("Sign in with your passkey");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "People", level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/people");
  await page.getByRole("link", { name: "Ana ana" }).waitFor();
  await clean(one);
});

it("is gone round by keys: skip link, pages, palette, key map, menu, dark", async () => {
  const one = await signedIn("bo", "/queue");
  const { page } = one;
  await page.getByText("No enforcement point has asked").waitFor();
  await clean(one);
  await picture(page, "queue-empty");
  await chord(page, "g", "k");
  await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
  // The heading of the new page has the focus, so a screen reader says where one is.
  await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("H1");
  expect(await page.title()).toBe("Keys · Interlock");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await clean(one);
  await picture(page, "key-map");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("combobox", { name: "page or act" });
  await palette.waitFor();
  await clean(one);
  await picture(page, "palette");
  await palette.fill("dark");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  await clean(one);
  await page.reload();
  await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
  expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  await page.getByRole("button", { name: "Bo: menu" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
  await clean(one);
  await picture(page, "menu");
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

it("reads on a narrow screen and at 200 % zoom without scrolling sideways", async () => {
  // 1280 pixels at 200 % are as wide as 640 at 100 %.
  for (const width of [640, 360]) {
    const one = await signedIn("cy", "/people", { width });
    const { page } = one;
    await page.getByRole("link", { name: "Ana ana" }).waitFor();
    expect(
      await page.evaluate("document.documentElement.scrollWidth - window.innerWidth"),
    ).toBeLessThanOrEqual(0);
    await clean(one);
    await picture(page, `people-${width}`);
  }
});

it("stays within its budget of JavaScript", async () => {
  const { page } = await signedIn("ana", "/people");
  await page.getByRole("link", { name: "Ana ana" }).waitFor();
  const bytes = await page.evaluate(`performance.getEntriesByType("resource")
    .filter(({ name }) => name.endsWith(".js"))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(PAGE_BYTES);
});
