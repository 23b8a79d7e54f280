// SPDX-License-Identifier: Apache-2.0
/** From a push that the real hook refuses, over the pages where people read and sign it, to its receipt. */
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Driven, driven } from "../chromium.ts";
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

const signedIn = (person: string, path: string) =>
  signedInTo({ site, browser, keys }, person, path);

const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

/** Tabs until something with this name has the focus; a mouse is never used. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    const text = await page.evaluate("document.activeElement.textContent");
    if (String(text).includes(name)) return;
  }
  throw new Error(`nothing called ${name} is reached by Tab`);
}

it("a push is held, its author is refused with the reason, two others approve, and it lands with a receipt", async () => {
  const head = pushing.commit(
    {
      "billing/rates.txt": Array.from(
        { length: 40 },
        (_, i) => `rate ${i === 20 ? "x" : i}\n`,
      ).join(""),
      "billing/hidden.ts": "const is\u200bAdmin = true; // \u202e } {\n",
      "billing/logo.bin": new Uint8Array([0, 1, 2, 3]),
      ".gitattributes": "*.bin -diff\n",
    },
    "raise the rates",
  );
  const refused = await pushing.push();
  const id = changeIdOf(refused);
  expect(refused.status).toBe(1);

  const ana = await signedIn("ana", `/changes/${id}`);
  await says(ana.page, "You cannot approve it: you had a part in it.");
  expect(await ana.page.getByRole("button", { name: /^Approve/ }).count()).toBe(0);
  await clean(ana);
  await picture(ana.page, "change-author");

  const bo = await signedIn("bo", "/queue?show=waiting");
  await bo.page.getByRole("link", { name: "raise the rates" }).waitFor();
  await clean(bo);
  await picture(bo.page, "queue");
  await tabTo(bo.page, "raise the rates");
  await bo.page.keyboard.press("Enter");
  await bo.page.getByRole("heading", { name: "raise the rates", level: 1 }).waitFor();
  await says(bo.page, "this browser made the digest again");
  await says(bo.page, "U+202E");
  await says(bo.page, /binary, 4 bytes/);
  await says(bo.page, "-diff: git would not show it");
  expect(await bo.page.evaluate("document.activeElement.tagName")).toBe("H1");
  await clean(bo);
  await picture(bo.page, "change");
  await tabTo(bo.page, "Approve 4 files in billing");
  await bo.page.keyboard.press("Enter");
  await says(bo.page, "I approve exactly this content");
  await clean(bo);
  await picture(bo.page, "change-statement");
  await tabTo(bo.page, "Approve 4 files in billing");
  await bo.page.keyboard.press("Enter");
  await says(bo.page, "your approval is entry");
  await clean(bo);

  const cy = await signedIn("cy", `/changes/${id}`);
  await says(cy.page, "1 of 2 approvals");
  await cy.page.getByRole("button", { name: "Approve 4 files in billing …" }).click();
  await cy.page.getByRole("button", { name: "Approve 4 files in billing", exact: true }).click();
  await says(cy.page, "your approval is entry");
  // What cy signed is told to bo, whose page was not touched.
  await says(bo.page, "Whoever pushed it pushes again");

  const accepted = await pushing.push();
  expect([accepted.status, pushing.git("rev-parse", "origin/main")]).toEqual([0, head]);
  await says(bo.page, "Exactly this content may land.");

  await bo.page.goto(`${site.origin}/ledger`);
  await bo.page.getByRole("heading", { name: "Ledger", level: 1 }).waitFor();
  const row = bo.page.getByRole("row").filter({ hasText: "decision" }).first();
  await row.getByRole("link").waitFor();
  await clean(bo);
  const newest = (await row.getByRole("link").textContent()) ?? "";
  await tabTo(bo.page, newest);
  await bo.page.keyboard.press("Enter");
  const steps = bo.page.getByRole("list", { name: "steps of the verification" });
  await steps.waitFor();
  const receipt = bo.page.getByRole("list", { name: "steps of the receipt" });
  await receipt.waitFor();
  expect(await steps.getByText("failed").count()).toBe(0);
  expect(await receipt.getByText("failed").count()).toBe(0);
  await receipt.getByText("passed").nth(4).waitFor();
  await clean(bo);
  await picture(bo.page, "ledger-entry");
  // The second time this browser compares with what it kept.
  await bo.page.reload();
  await says(bo.page, /it (is the tree|begins with)/);
  await says(bo.page, "the log's keys are those that this browser saw first");
});

it("two people waive the rule that a terminal named, and the push lands", async () => {
  const head = pushing.commit({ "billing/rates.txt": "rate 9\n" }, "set one rate");
  const refused = await pushing.push();
  const id = changeIdOf(refused);
  const hash = "#sign=override&rule=two-people&hours=2&reason=the%20owners%20are%20away";
  for (const person of ["bo", "cy"]) {
    const one = await signedIn(person, `/changes/${id}${hash}`);
    await says(one.page, "A terminal asks you to waive a rule");
    await says(one.page, "the owners are away");
    await clean(one);
    await one.page.getByRole("button", { name: "Let 1 file in billing pass the rule …" }).click();
    await says(one.page, "I let exactly this content pass one rule");
    await clean(one);
    if (person === "bo") await picture(one.page, "change-waive");
    await one.page
      .getByRole("button", { name: "Let 1 file in billing pass the rule", exact: true })
      .click();
    await says(one.page, "your override is entry");
  }
  const accepted = await pushing.push();
  expect([accepted.status, accepted.says.includes("waived")]).toEqual([0, true]);
  expect(pushing.git("rev-parse", "origin/main")).toBe(head);
});
