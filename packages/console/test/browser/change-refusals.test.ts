// SPDX-License-Identifier: Apache-2.0
/** What the page of a change does not let happen, and what else people do about one. */
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
const approve = (page: Page) => page.getByRole("button", { name: /^Approve/ });

async function pushed(text: string): Promise<string> {
  pushing.commit({ "billing/rates.txt": text }, text);
  return changeIdOf(await pushing.push());
}

it("an empty queue says what was looked for, and never that all is well", async () => {
  const bo = await signedIn("bo", "/queue?show=waiting");
  await says(bo.page, "No changes are waiting for you");
  await says(bo.page, "None is held, as of");
  await clean(bo);
  await bo.page.goto(`${site.origin}/queue?target=refs/heads/none`);
  await says(bo.page, "No change fits this filter");
  await bo.page.goto(`${site.origin}/changes/${"0".repeat(20)}`);
  await says(bo.page, "the change cannot be shown");
  await clean(bo);
});

it("rejected with a reason, taken back, and moved while somebody looked", async () => {
  const id = await pushed("first");
  const bo = await signedIn("bo", `/changes/${id}`);
  const { page } = bo;
  await approve(page).waitFor();
  await page.getByRole("button", { name: "Reject 1 file in billing …" }).click();
  const reject = page.getByRole("button", { name: "Reject 1 file in billing …" }).last();
  await reject.click();
  await says(page, "say why: whoever wrote it must know what to mend");
  await page.getByLabel("Why not").fill("not on a Friday");
  await clean(bo);
  await picture(page, "change-reject");
  await reject.click();
  await says(page, "I reject this content.");
  await page.getByRole("button", { name: "Reject 1 file in billing", exact: true }).click();
  await says(page, "your rejection is entry");
  await page.reload();
  await says(page, "not on a Friday");
  await says(page, "1 person has rejected it; only they can take that back");
  await page.getByRole("button", { name: /^Withdraw your rejection/ }).click();
  await page.getByRole("button", { name: "Withdraw your rejection of 1 file in billing" }).click();
  await says(page, "your withdrawal is entry");
  await page.reload();
  await approve(page).waitFor();
  // The same content with another message is the same change, and another commit.
  pushing.git("commit", "-q", "--amend", "-m", "first, said better");
  await pushing.push();
  await says(page, "What you would sign is not what you have been looking at.");
  expect(await approve(page).count()).toBe(0);
  await clean(bo);
  await page.getByRole("button", { name: "See what changed since you looked" }).click();
  await says(page, /it was [0-9a-f]{12} → [0-9a-f]{12}, now it is/);
  await picture(page, "change-moved");
  await page.getByRole("button", { name: "I have seen it" }).click();
  await approve(page).waitFor();
});

it("UI5 WA17 a server that asks for another signature than the page shows gets none", async () => {
  const id = await pushed("second");
  const bo = await signedIn("bo", `/changes/${id}`);
  await bo.page.route("**/statements", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { statement: Record<string, unknown> };
    const statement = { ...body.statement, target: "refs/heads/release" };
    await route.fulfill({ json: { ...body, statement } });
  });
  const signed: string[] = [];
  bo.page.on("request", (request) => signed.push(new URL(request.url()).pathname));
  await approve(bo.page).click();
  await says(bo.page, "the server asked you to sign something else");
  expect(signed.filter((path) => path.endsWith("/signatures"))).toEqual([]);
  await clean(bo);
});

it("contents that nobody sent are said to be missing, and are not approved here", async () => {
  const id = await pushed("third");
  await site.meanwhile(({ db }) => db.deleteFrom("change_contents").execute());
  const bo = await signedIn("bo", `/changes/${id}`);
  await says(bo.page, "The contents of this change are not here");
  await says(bo.page, "This page does not let you approve it");
  expect(await approve(bo.page).count()).toBe(0);
  await clean(bo);
});

it("WA17 a content that somebody changed in the database is refused, and not approved here", async () => {
  const id = await pushed("fourth");
  await site.meanwhile(({ db }) =>
    db
      .updateTable("content_blob")
      .set({ bytes: Buffer.from("nothing bad") })
      .where("bytes", "=", Buffer.from("fourth"))
      .execute(),
  );
  const bo = await signedIn("bo", `/changes/${id}`);
  await says(bo.page, "does not have the SHA-256 that an approval would bind");
  await says(bo.page, "This page does not let you approve it");
  expect(await approve(bo.page).count()).toBe(0);
  expect(await bo.page.getByText("nothing bad").count()).toBe(0);
  await clean(bo);
  await picture(bo.page, "change-tampered");
  // On a telephone, or at 200 % and more, nothing but a diff is wider than the screen.
  for (const path of [`/changes/${id}`, "/queue", "/ledger?entry=1"]) {
    await bo.page.setViewportSize({ width: 400, height: 800 });
    await bo.page.goto(`${site.origin}${path}`);
    await bo.page.getByRole("heading", { level: 1 }).waitFor();
    await bo.page.getByText("live ·").waitFor();
    const wide = "document.documentElement.scrollWidth - window.innerWidth";
    expect(await bo.page.evaluate(wide), path).toBeLessThanOrEqual(0);
    await picture(bo.page, `narrow-${path.split("/")[1]?.split("?")[0]}`);
  }
});

it("WA17 entries that somebody changed in the database do not give the digest, and are not shown", async () => {
  const id = await pushed("fifth");
  await site.meanwhile(async ({ db }) => {
    const [row] = await db
      .selectFrom("change_contents")
      .selectAll()
      .orderBy("stored_at", "desc")
      .execute();
    const input = row?.input.replace("billing/rates.txt", "docs/notes.txt") ?? "";
    const digest = row?.digest ?? "";
    await db.updateTable("change_contents").set({ input }).where("digest", "=", digest).execute();
  });
  const bo = await signedIn("bo", `/changes/${id}`);
  await says(bo.page, "does not give its digest");
  expect(await approve(bo.page).count()).toBe(0);
  expect(await bo.page.getByText("docs/notes.txt").count()).toBe(0);
  await clean(bo);
});
