// SPDX-License-Identifier: Apache-2.0
/** From a push that the real hook refuses, over the pages where people read and sign it, to its receipt. */
import { sha256Hex, utf8 } from "@interlock/digest";
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Calling, calling } from "../calling.ts";
import { type Driven, driven } from "../chromium.ts";
import { clean, narrowed, picture } from "../looks.ts";
import { changeIdOf, gated, POLICY, type Pushing } from "../pushing.ts";
import { signedInTo } from "../signed-in.ts";
import { founded, type Site, startSite } from "../site.ts";

/** What depends on billing, hard and soft. */
const CATALOG = `systems:
  - {id: billing, tier: 2, owner: payments, paths: ["billing/**"], cells: [eu-1, us-1], regions: [eu, us], orderShare: 10%, ordersPerMinute: 60}
  - {id: checkout, tier: 1, owner: payments, paths: ["checkout/**"], dependsOn: [billing], orderShare: 80%, ordersPerMinute: 500}
  - {id: mail, tier: 3, owner: payments, paths: ["mail/**"], dependsOn: [{system: billing, hard: false}]}
  - {id: storefront, tier: 1, owner: payments, paths: ["storefront/**"], dependsOn: [checkout]}
`;

const RATES = Array.from({ length: 40 }, (_, i) => `rate ${i === 20 ? "x" : i}\n`).join("");
const OLD_RATES = RATES.replace("rate x", "rate 20");

/** As `interlock config replay --attach` brings it. */
const resultOf = (text: string) => ({
  ...{ version: 1, set: "rates", cell: "eu-1", answered: "node quote.mjs", ok: false },
  inputsDigest: sha256Hex(utf8("inputs")),
  files: [
    { path: "billing/rates.txt", before: sha256Hex(utf8(OLD_RATES)), after: sha256Hex(utf8(text)) },
  ],
  ...{ inputs: 1_000, changed: 120, changedPpm: 120_000 },
  ...{ newErrors: 0, newErrorsPpm: 0, oldErrors: 3 },
  limits: { changedPpm: 50_000, newErrorsPpm: 0 },
  fields: [
    {
      ...{ at: "/price", seen: 997, changed: 120, changedPpm: 120_362, meanShift: 0.4 },
      ...{ maxShift: -9, limit: { changedPpm: null, meanShift: 0.5, maxShift: 5 } },
      spread: { least: -9, most: 4, counts: [2, 5, 20, 60, 25, 8], same: 877 },
    },
  ],
  fieldsLeft: 0,
  breaches: [
    { code: "ANSWERS_CHANGED", message: "120 of 1000 answers change" },
    { code: "FIELD_MAX", message: "`/price` moves by -9 in one answer" },
  ],
  examples: [{ input: 4, before: '{"price":10}', after: '{"price":1}' }],
});

let site: Site;
let asBo: Calling;
let browser: Driven;
let keys: ReadonlyMap<string, SoftAuthenticator>;
let pushing: Pushing;
/** What landed first. */
let first = { id: "", head: "" };

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), driven()]);
  keys = await founded(site);
  const bo = keys.get("bo");
  if (bo === undefined) throw new Error("no such founder");
  asBo = await calling(site.origin, bo);
  pushing = await gated(site.origin, bo, POLICY, { "interlock/catalog.yaml": CATALOG });
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
      "billing/rates.txt": RATES,
      "billing/hidden.ts": "const is\u200bAdmin = true; // \u202e } {\n",
      "billing/logo.bin": new Uint8Array([0, 1, 2, 3]),
      ".gitattributes": "*.bin -diff\n",
    },
    "raise the rates",
  );
  const refused = await pushing.push();
  const id = changeIdOf(refused);
  first = { id, head };
  expect(refused.status).toBe(1);
  await asBo.post(`/api/v1/changes/${id}/replays`, { result: resultOf(RATES) });
  await expect(
    asBo.post(`/api/v1/changes/${id}/replays`, { result: resultOf("other rates") }),
  ).rejects.toThrow("CONTENTS_DIFFER");

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
  await says(bo.page, "rates in eu-1: 120 of 1000 answers change, 0 newly fail");
  await says(bo.page, "It is their word and no proof");
  await bo.page.getByRole("img", { name: /answers in 6 steps from -9 to 4/ }).waitFor();
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
  await says(cy.page, "3 systems touched or reached through hard dependencies, 2 of Tier 1");
  await tabTo(cy.page, "storefront");
  await cy.page.keyboard.press("Enter");
  await says(cy.page, "billing → checkout → storefront: hard dependencies all the way.");
  await tabTo(cy.page, "T1 storefront");
  await cy.page.keyboard.press("ArrowLeft");
  await says(cy.page, "billing → checkout: hard dependencies all the way.");
  expect(await cy.page.evaluate("document.activeElement.textContent")).toBe("T1 checkout");
  await clean(cy);
  await picture(cy.page, "change-blast");
  await narrowed(cy.page, "change-blast");
  await cy.page.getByRole("heading", { name: /^Preview/ }).scrollIntoViewIfNeeded();
  await picture(cy.page, "change-replay");
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

it("who approved what has landed reads so, and can approve it again (approvals-end)", async () => {
  // Taken back past the gate, after the push upon it has shown that it landed.
  const bare = pushing.git("remote", "get-url", "origin");
  pushing.git("-C", bare, "update-ref", "refs/heads/main", `${first.head}~1`);
  pushing.git("reset", "-q", "--hard", first.head);
  const held = await pushing.push();
  expect([held.status, changeIdOf(held)]).toEqual([1, first.id]);
  const bo = await signedIn("bo", `/changes/${first.id}`);
  await says(bo.page, "it has landed since: to land again it takes a new approval.");
  await clean(bo);
  await picture(bo.page, "change-again");
  await bo.page.getByRole("button", { name: "Approve 4 files in billing again …" }).click();
  await says(bo.page, "I approve exactly this content");
  const signing = { name: "Approve 4 files in billing again", exact: true };
  await bo.page.getByRole("button", signing).click();
  await says(bo.page, "your approval is entry");
  await says(bo.page, "1 of 2 approvals");
});
