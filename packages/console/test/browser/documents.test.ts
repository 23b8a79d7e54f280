// SPDX-License-Identifier: Apache-2.0
/** Documents from the template to what is carried out: written, kept, run, confirmed; and remedies. */
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Calling, calling } from "../calling.ts";
import { type Driven, driven } from "../chromium.ts";
import { chord, press, tabTo, type } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
import { changeIdOf, gated, POLICY, type Pushing } from "../pushing.ts";
import { signedInTo } from "../signed-in.ts";
import { founded, type Site, startSite } from "../site.ts";

const DAY = new Date().toISOString().slice(0, 10);
const TEXT = `---
version: 1
kind: other
title: add two replicas to the pool
why: 3 of 5 replicas are busy at 20:00, and 5 of 7 will be
scope: { systems: [billing], blast: { systems: 1, cells: 1 } }
preChecks:
  - { do: the pool answers, run: [pool, status], expect: { contains: [ok] } }
steps:
  - id: add
    do: add two replicas
    run: [pool, add, "2"]
    expect: { contains: [added] }
    verify: { do: seven replicas take part, run: [pool, count], expect: { contains: ["7"] } }
    abortIf: errors are above 1 % for 2 minutes
    undo: { do: take them out, run: [pool, remove, "2"] }
    repeatable: false
    second: true
signals:
  - { name: errors, where: https://graphs.example.com/pool, normal: 0.1 %, abort: above 1 % for 2 minutes }
rollback: { how: take the two replicas out, takes: 5m, rehearsed: { at: ${DAY}, where: staging, by: bo } }
who: { operator: ana, second: bo }
---

# Background

See [the graphs](https://graphs.example.com/pool), not [this](javascript:alert(1)) <script>alert(2)</script>.
`;
const REMEDY = `---
version: 1
kind: remedy
id: drain-cell
title: drain a cell
why: 1 cell answers with errors above 1 % for 2 minutes
scope: { systems: [billing] }
parameters:
  - { name: cell, type: choice, values: [eu-1, eu-2], about: which cell }
  - { name: percent, type: integer, min: 1, max: 25, about: how much of its traffic }
limits: { runs: 2, within: 1h, rehearsalValid: 90d }
mayRun: [ana, cy]
steps:
  - id: drain
    do: move traffic away
    run: [drain, "{cell}", "{percent}"]
    expect: { contains: [drained] }
    verify: { do: the cell has less, run: [share, "{cell}"], expect: { contains: [less] } }
    abortIf: errors are above 1 % for 2 minutes
    undo: { do: move it back, run: [drain, "{cell}", "0"] }
    repeatable: true
signals: [{ name: errors, where: https://graphs.example.com, normal: 0.1 %, abort: above 1 % for 2 minutes }]
rollback: { how: move the traffic back, takes: 1m, rehearsed: { at: ${DAY}, where: staging, by: bo } }
---
`;
const WITH_DOCUMENTS = `${POLICY}  - id: documented
    title: A change to billing has a document
    when: change.files.exists(f, f.path.startsWith("billing/"))
    require: { document: { sections: [why, steps, rollback] } }
    motive: a test
`;

let site: Site;
let browser: Driven;
let keys: ReadonlyMap<string, SoftAuthenticator>;
let pushing: Pushing;
let people: Readonly<Record<"ana" | "bo" | "cy", Calling>>;
let landed: { readonly document: string; readonly remedy: string };

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), driven()]);
  keys = await founded(site);
  const keyOf = (person: string) => {
    const key = keys.get(person);
    if (key === undefined) throw new Error("no such founder");
    return key;
  };
  pushing = await gated(site.origin, keyOf("bo"), WITH_DOCUMENTS);
  const as = (person: string) => calling(site.origin, keyOf(person));
  people = { ana: await as("ana"), bo: await as("bo"), cy: await as("cy") };
  // Before any browser holds the keys: a counter never goes back (WA10).
  const document = await landing("interlock/changes/pool.md", TEXT);
  landed = { document, remedy: await landing("interlock/remedies/drain-cell.md", REMEDY) };
});

afterAll(async () => {
  await browser.close();
  await site.close();
  pushing.close();
});

const signedIn = (person: string, path: string) =>
  signedInTo({ site, browser, keys }, person, path);
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const editor = (page: Page) => page.getByRole("textbox", { name: "the document" });

/** Pushes, has two sign, and pushes again; gives the id of the change. */
async function landing(path: string, text: string): Promise<string> {
  pushing.commit({ [path]: text }, `add ${path}`);
  const id = changeIdOf(await pushing.push());
  await people.bo.approve(id);
  await people.cy.approve(id);
  const again = await pushing.push();
  expect([again.status, again.says]).toEqual([0, expect.anything()]);
  return id;
}

it("a document is written by keyboard from a change that lacks it, linted, kept, and shown safely", async () => {
  pushing.commit({ "billing/rates.txt": "rate 8\n" }, "set another rate");
  const id = changeIdOf(await pushing.push());
  const ana = await signedIn("ana", `/changes/${id}`);
  const { page } = ana;
  await says(page, "no change document");
  await press(page, "Write it here");
  await page.getByRole("heading", { name: `Begin with a template for change ${id}` }).waitFor();
  await clean(ana);
  await picture(page, "documents");
  await press(page, "capacity");
  await editor(page).waitFor();
  await says(page, "it is kept from your first change on");
  expect(await page.getByText("not answered yet").count()).toBeGreaterThan(5);
  await clean(ana);
  await picture(page, "document-template");
  await tabTo(page, "the document");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(TEXT);
  await says(page, "nothing to mend");
  await page.getByRole("heading", { name: "add two replicas to the pool", level: 1 }).waitFor();
  await page.getByRole("status").getByText("kept", { exact: true }).waitFor();
  expect(await page.getByRole("link", { name: "the graphs" }).count()).toBe(1);
  expect(await page.getByRole("link", { name: "this" }).count()).toBe(0);
  await says(page, "<script>alert(2)</script>");
  await clean(ana);
  await picture(page, "document");
  await page.reload();
  await says(page, "nothing to mend");
  expect(await editor(page).inputValue()).toBe(TEXT);
  // An error, found as it is typed; a press on it puts the caret there.
  await editor(page).fill(
    TEXT.replace('    undo: { do: take them out, run: [pool, remove, "2"] }\n', ""),
  );
  await says(page, "neither how to undo it");
  await press(page, "line 10");
  expect(await page.evaluate("document.activeElement.tagName")).toBe("TEXTAREA");
  await picture(page, "document-error");
});

it("nothing that is written is lost: not without the server, not to a reload, not to another page", async () => {
  const draft = "ab".repeat(16);
  const first = { change: "", text: "---\ntitle: one\n---\n", over: 0 };
  await people.cy.post(`/api/v1/drafts/${draft}`, first);
  const cy = await signedIn("cy", `/documents/${draft}`);
  const { page } = cy;
  await editor(page).waitFor();
  await page.route("**/api/v1/drafts/**", (route) => route.abort());
  await editor(page).fill("---\ntitle: two\n---\n");
  await says(page, "not on the server yet");
  await clean(cy);
  await picture(page, "document-away");
  // Meanwhile another page changes it, and this one is closed and opened.
  const theirs = { change: "", text: "---\ntitle: three\n---\n", over: 1 };
  await people.cy.post(`/api/v1/drafts/${draft}`, theirs);
  await page.unroute("**/api/v1/drafts/**");
  await page.reload();
  await says(page, "changed elsewhere");
  expect(await editor(page).inputValue()).toBe("---\ntitle: two\n---\n");
  await clean(cy);
  await picture(page, "document-moved");
  await press(page, "Keep this text, and drop the other");
  await page.getByRole("status").getByText("kept", { exact: true }).waitFor();
  await page.reload();
  await editor(page).waitFor();
  expect(await editor(page).inputValue()).toBe("---\ntitle: two\n---\n");
});

it("a run goes on live, and its second person confirms by keyboard with a passkey", async () => {
  const change = landed.document;
  const begun = await people.ana.post("/api/v1/runs", { change, document: TEXT, second: "bo" });
  const run = String(begun["run"]);
  let number = 0;
  const sent = (event: object) =>
    people.ana.post(`/api/v1/runs/${run}/steps`, { number: ++number, event });
  const bo = await signedIn("bo", `/runs/${run}`);
  const { page } = bo;
  await says(page, "no step took place yet");
  const output = { digest: "a".repeat(64), bytes: 6, tail: "" };
  const ran = { by: "", exit: 0, output, missed: [], passed: true };
  const parts = [
    ["check-1", "do", ["pool", "status"]],
    ["step:add", "do", ["pool", "add", "2"]],
    ["step:add", "verify", ["pool", "count"]],
  ] as const;
  for (const [task, part, argv] of parts) {
    await sent({ kind: "started", task, part });
    await sent({ kind: "finished", task, part, argv, ...ran });
  }
  // Told live: nobody touched the page.
  await page.getByRole("button", { name: "Say that step add worked" }).waitFor();
  await says(page, "nothing that ran so far differs");
  await clean(bo);
  await picture(page, "run-confirm");
  await chord(page, "g", "r");
  await says(page, "you confirm");
  await clean(bo);
  await picture(page, "runs");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await tabTo(page, "Say that step add worked");
  await bo.agree(false);
  await page.keyboard.press("Enter");
  await says(page, "no passkey was used");
  await bo.agree(true);
  await page.keyboard.press("Enter");
  await says(page, "says that it worked");
  // What the second person said is a step of the run too.
  number += 1;
  await sent({ kind: "end", outcome: "done", left: [] });
  await says(page, "nothing more happens");
  await clean(bo);
  await picture(page, "run-done");
});

it("a remedy that two signed is made known, and a run of it is prepared within its bounds", async () => {
  const ana = await signedIn("ana", "/remedies");
  const { page } = ana;
  await says(page, "No remedy stands");
  await clean(ana);
  await type(page, "Change that brought it", landed.remedy);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Let ana or cy run it alone" }).waitFor();
  await clean(ana);
  await press(page, "Let ana or cy run it alone");
  await says(page, "stands, with the two signatures of");
  await page.getByRole("link", { name: "drain a cell" }).waitFor();
  await clean(ana);
  await picture(page, "remedies");
  await press(page, "drain a cell");
  await page.getByRole("heading", { name: "Prepare a run" }).waitFor();
  await type(page, "percent", "26");
  await says(page, "no whole number from 1 to 25");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("20");
  await says(page, /remedy run drain-cell --param cell=eu-1 --param percent=20 --server http/);
  await says(page, "drain eu-1 20");
  await clean(ana);
  await picture(page, "remedy");
  // Bo signed it, and is none of those that it names.
  const bo = await signedIn("bo", "/remedies/drain-cell");
  await says(bo.page, "You cannot run it now");
});
