// SPDX-License-Identifier: Apache-2.0
/** An emergency from its opening to its review, in the pages alone, and what a person sees first. */
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Driven, driven, type PersonDriven } from "../chromium.ts";
import { chord, press, type } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
import { changeIdOf, gated, type Pushing } from "../pushing.ts";
import { signedInTo } from "../signed-in.ts";
import { founded, type Site, startSite } from "../site.ts";

let site: Site;
let browser: Driven;
let keys: ReadonlyMap<string, SoftAuthenticator>;
let pushing: Pushing;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), driven()]);
  keys = await founded(site);
  const bo = keys.get("bo");
  if (bo === undefined) throw new Error("no such founder");
  pushing = await gated(site.origin, bo);
});

afterAll(async () => {
  await browser.close();
  await site.close();
  pushing.close();
});

const signedIn = (person: string, path: string): Promise<PersonDriven> =>
  signedInTo({ site, browser, keys }, person, path);
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const heading = (page: Page, name: string) =>
  page.getByRole("heading", { name, level: 1 }).waitFor();

it("never-stuck: incident, break-glass by two, its debt and its review, by keyboard alone", async () => {
  const bo = await signedIn("bo", "/");
  await says(bo.page, "Nothing waits for you");
  await says(bo.page, `interlock hook install --server ${site.origin}`);
  await clean(bo);
  await picture(bo.page, "home-first-day");

  pushing.commit({ "billing/rates.txt": "rate 1\n" }, "put the old rates back");
  const id = changeIdOf(await pushing.push());
  // The page heard of the push.
  await bo.page.getByRole("link", { name: "put the old rates back" }).first().waitFor();
  await clean(bo);
  await picture(bo.page, "home");

  await chord(bo.page, "g", "i");
  await heading(bo.page, "Incidents");
  await says(bo.page, "No incident is open");
  await says(bo.page, "What you may do alone, now");
  await clean(bo);
  await press(bo.page, "Open an incident …");
  await type(bo.page, "What is wrong", "no orders since 09:40");
  await type(bo.page, "Systems", "checkout, payments");
  await press(bo.page, "Open this incident");
  await says(bo.page, "checkout, payments");
  await clean(bo);
  await picture(bo.page, "incidents");

  await bo.page.goto(`${site.origin}/changes/${id}`);
  await press(bo.page, "Let it pass a rule …");
  await press(bo.page, "Waive two-people …");
  await says(bo.page, "needs a reason");
  await bo.page.getByRole("radio", { name: /^Break-glass/ }).check();
  await bo.page.getByLabel("Incident", { exact: true }).selectOption({ index: 1 });
  await type(bo.page, "Reason", "no orders, and these rates worked");
  await says(bo.page, "You alone pass nothing.");
  await says(bo.page, "It leaves a debt once it has let the change go");
  await clean(bo);
  await picture(bo.page, "break-glass-form");
  await press(bo.page, "Break the glass for two-people …");
  await says(bo.page, "I let exactly this content pass one rule");
  await says(bo.page, "Breaks the glass");
  await says(bo.page, "It leaves a debt once it has let the change go");
  await clean(bo);
  await picture(bo.page, "break-glass-statement");
  await press(bo.page, "Let 1 file in billing pass the rule");
  await says(bo.page, "your override is entry");

  const cy = await signedIn("cy", "/");
  await says(cy.page, "no orders since 09:40");
  await says(cy.page, "wants a second");
  await clean(cy);
  await picture(cy.page, "home-waiting");
  await cy.page.keyboard.press("j");
  await cy.page.keyboard.press("j");
  await cy.page.keyboard.press("Enter");
  await heading(cy.page, "put the old rates back");
  await press(cy.page, "Be the second …");
  await says(cy.page, "You are the second");
  await type(cy.page, "Reason", "seen with bo");
  await press(cy.page, "Break the glass for two-people …");
  await press(cy.page, "Let 1 file in billing pass the rule");
  await says(cy.page, "your override is entry");
  await cy.page.reload();
  await says(cy.page, /for another 3 h 5\d min/);
  await clean(cy);
  await picture(cy.page, "break-glass-in-force");

  expect((await pushing.push()).status).toBe(0);
  await cy.page.goto(`${site.origin}/waivers`);
  await cy.page.getByText("counts", { exact: true }).nth(1).waitFor();
  await cy.page.getByRole("link", { name: "End it early …" }).waitFor();
  await clean(cy);
  await picture(cy.page, "waivers");

  const ana = await signedIn("ana", "/debts");
  await says(ana.page, "debt holds");
  await clean(ana);
  await picture(ana.page, "debts");
  await press(ana.page, "Review …");
  await type(ana.page, "Finding", "right, and there is a test now");
  await press(ana.page, "Go on to the change");
  await says(ana.page, "right, and there is a test now");
  await press(ana.page, "Say that you reviewed");
  await says(ana.page, "I have reviewed what was done here");
  await press(ana.page, "Say that you reviewed");
  await says(ana.page, "your debt-review is entry");
  await ana.page.goto(`${site.origin}/debts`);
  await says(ana.page, "1 of 2");
  await says(ana.page, "you reviewed it; a second is wanted");
  await clean(ana);
});

it("what somebody let pass, they end early; and an incident ends what was signed for it", async () => {
  const bo = await signedIn("bo", "/waivers");
  await press(bo.page, "End it early …");
  await press(bo.page, "Withdraw your override of");
  await press(bo.page, "Withdraw your override of");
  await says(bo.page, "your withdrawal is entry");
  await bo.page.goto(`${site.origin}/waivers?show=all`);
  await says(bo.page, "taken back");
  await says(bo.page, "wants a second");
  await clean(bo);
  await bo.page.keyboard.press("Control+k");
  await bo.page.getByRole("combobox", { name: "page or act" }).fill("incident");
  await bo.page.keyboard.press("Enter");
  await heading(bo.page, "Incidents");
  await press(bo.page, "Close …");
  await type(bo.page, "What was found", "a wrong rate");
  await press(bo.page, "Close it: break-glass for it ends");
  await says(bo.page, "No incident is open");
  await bo.page.goto(`${site.origin}/waivers?show=all`);
  await says(bo.page, "incident closed");
  await clean(bo);
});
