// SPDX-License-Identifier: Apache-2.0
/** From the printed link to three people who are signed in, and a fourth who joins: all in browsers. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Driven, driven, type PersonDriven } from "../chromium.ts";
import { press, type } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
import { FOUNDERS, type Site, startSite } from "../site.ts";

let site: Site;
let browser: Driven;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), driven()]);
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

const says = (page: Page, text: string) => page.getByText(text).first().waitFor();

async function typedFounders(page: Page): Promise<void> {
  await page.getByLabel("Organisation").focus();
  await page.keyboard.type("Example Shop");
  for (const { name, accounts } of FOUNDERS) {
    await type(page, "Name", name);
    await type(page, "Accounts", accounts.join(", ").replace("email:", ""));
  }
}

async function linkOf(page: Page, name: string): Promise<string> {
  await press(page, `Copy the link of ${name}`);
  await says(page, "copied");
  return String(await page.evaluate("navigator.clipboard.readText()"));
}

async function joined(link: string): Promise<PersonDriven> {
  const one = await browser.person();
  await one.page.goto(link);
  await one.page.getByRole("button", { name: "Make a passkey on this device" }).waitFor();
  await press(one.page, "Make a passkey on this device");
  await says(one.page, "one passkey");
  return one;
}

it("three people found an organisation by keyboard alone, and sign in", async () => {
  const host = await browser.person();
  const { page } = host;
  await host.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${site.origin}/queue`);
  await says(page, "No organisation is founded here yet.");
  await clean(host);
  await page.goto(site.setUpLink);
  await page.getByLabel("Organisation").waitFor();
  await press(page, "Make a link for each founder");
  await says(page, "needs a name");
  await clean(host);
  await picture(page, "set-up-problems");
  await typedFounders(page);
  await clean(host);
  await picture(page, "set-up");
  await press(page, "Make a link for each founder");
  await says(page, "Waiting for Ana, Bo and Cy");
  await clean(host);
  await picture(page, "set-up-links");

  const people = new Map<string, PersonDriven>();
  for (const { name } of FOUNDERS) people.set(name, await joined(await linkOf(page, name)));
  const ana = people.get("Ana");
  if (ana === undefined) throw new Error("no such founder");
  await clean(ana);
  await picture(ana.page, "join-done");
  // The page looks again by itself.
  const found = page.getByRole("button", { name: "Found Example Shop with Ana, Bo and Cy" });
  await found.waitFor();
  await clean(host);
  await picture(page, "set-up-ready");
  await press(page, "Found Example Shop");
  await says(page, "Example Shop exists");
  await clean(host);
  await page.reload();
  await says(page, "This link does not work, or does not work any more.");
  await clean(host);

  await ana.page.goto(site.origin);
  await ana.page.getByRole("button", { name: "Sign in with your passkey" }).click();
  await ana.page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  expect(await ana.page.getByRole("button", { name: "Ana: menu" }).count()).toBe(1);
});
