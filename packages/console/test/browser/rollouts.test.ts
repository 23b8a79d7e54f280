// SPDX-License-Identifier: Apache-2.0
/** A description that two people sign, and an allowed change on its way to files on disk, judged by orders. */
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Calling, calling } from "../calling.ts";
import { type Driven, driven, type PersonDriven } from "../chromium.ts";
import { press, tabTo } from "../keyboard.ts";
import { clean, narrowed, picture } from "../looks.ts";
import { changeIdOf, gated, POLICY, type Pushing } from "../pushing.ts";
import { FILES, openShop, type Shop, SYSTEMS } from "../shop.ts";
import { signedInTo } from "../signed-in.ts";
import { founded, type Site, startSite } from "../site.ts";

let site: Site;
let browser: Driven;
let keys: ReadonlyMap<string, SoftAuthenticator>;
let pushing: Pushing;
let shop: Shop;
let bo: Calling;
let cy: Calling;
let change = "";
let ship = "";
let stop = () => {};

const RATES = Array.from({ length: 40 }, (_, i) => `rate ${i}\n`).join("");

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), driven()]);
  keys = await founded(site);
  const call = async (person: string) => {
    const key = keys.get(person);
    if (key === undefined) throw new Error("no such founder");
    return [await calling(site.origin, key), key] as const;
  };
  const [[asBo, boKey], [asCy]] = [await call("bo"), await call("cy")];
  [bo, cy] = [asBo, asCy];
  const files = (text: string) => Object.fromEntries(FILES.map((path) => [path, text]));
  pushing = await gated(site.origin, boKey, POLICY, files(RATES));
  shop = openShop(pushing.repository, RATES);
  pushing.commit(files(RATES.replace("rate 20\n", "rate 21\n")), "raise a rate");
  change = changeIdOf(await pushing.push());
  for (const by of [bo, cy]) await by.approve(change);
  expect((await pushing.push()).status).toBe(0);
});

afterAll(async () => {
  stop();
  await browser.close();
  await site.close();
  pushing.close();
  shop.close();
});

const signedIn = (person: string, path: string): Promise<PersonDriven> =>
  signedInTo({ site, browser, keys }, person, path);
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

const proposed = async (budget: number): Promise<string> => {
  const body = { text: shop.text(budget), reason: `the shop may lose ${budget} orders` };
  return String((await bo.post("/api/v1/control-plane/proposals", body))["proposal"]);
};

it("a description is signed by two, and a proposal shows what it changes of it", async () => {
  const ana = await signedIn("ana", "/control-plane");
  await says(ana.page, "Nothing is described yet");
  await says(ana.page, "No signal is enrolled");
  await clean(ana);
  const first = await proposed(1_000_000);
  for (const person of ["ana", "cy"]) {
    const one = person === "ana" ? ana : await signedIn(person, "/");
    await one.page.goto(`${site.origin}/proposals/${first}`);
    await says(one.page, "Nothing is in force: all of it is new");
    await press(one.page, "Endorse");
    await says(one.page, person === "ana" ? "you have endorsed it" : "carried out");
  }
  await site.meanwhile(shop.remember);
  const tokens = new Map<string, string>();
  for (const system of SYSTEMS) {
    const asked = { name: system, repository: `system:${system}`, verbs: ["push"] };
    tokens.set(system, String((await bo.post("/api/v1/tokens", asked))["secret"]));
  }
  stop = shop.report(tokens, site.origin);
  const second = await proposed(2_000_000);
  await ana.page.goto(`${site.origin}/control-plane`);
  await says(ana.page, "the shop may lose 2000000 orders");
  await says(ana.page, "answers");
  await clean(ana);
  await picture(ana.page, "control-plane");
  await press(ana.page, "the shop may lose 2000000 orders");
  await says(ana.page, "Against the text in force");
  await ana.page.getByText("lossBudget: 2000000").first().waitFor();
  await clean(ana);
  await picture(ana.page, "control-plane-proposal");
  expect(second).not.toBe(first);
});

/** Begun early, so that it has passed when it is unwound. */
async function shipped(): Promise<string> {
  const begun = await bo.post("/api/v1/rollouts", {
    ...{ change, system: "ship" },
    deliveries: [{ cell: "ship-eu-1", key: "rates", path: "ship/rates.txt" }],
    waves: [
      {
        ...{ name: "all", cells: ["ship-eu-1"] },
        bake: { ms: 1_000, samples: 50, marginPpm: 900_000 },
      },
    ],
  });
  return String(begun["rollout"]);
}

it("halt-wins: planned, begun, paused, halted and sent back, by keyboard alone", async () => {
  ship = await shipped();
  const ana = await signedIn("ana", `/changes/${change}`);
  const { page } = ana;
  await press(page, "Plan the rollout to tight");
  await says(page, /the least that these cells allow is \d+ orders/);
  await press(page, "Plan it in the emergency lane of tight");
  await says(page, /did not let this change pass by break-glass/);
  await press(page, "Plan the rollout to cart");
  await says(page, "Begin, as its operator: cart-eu-1 first");
  await clean(ana);
  await page.getByRole("heading", { name: "Bring it to its cells" }).scrollIntoViewIfNeeded();
  await picture(page, "rollout-plan");
  await press(page, "Begin, as its operator: cart-eu-1 first");
  await page.getByRole("heading", { name: "Rollout of cart", level: 1 }).waitFor();
  await says(page, "10 % of orders have the new version");
  await page.getByRole("img", { name: /^cart-orders: last \d/ }).waitFor();
  await page.getByRole("meter", { name: /^time that/ }).waitFor();
  await says(page, /not enough evidence|no harm/);
  await clean(ana);
  await picture(page, "rollout");
  await page.getByText("slots as a table").scrollIntoViewIfNeeded();
  await picture(page, "rollout-chart");
  expect(shop.holds("cart-eu-1")).toContain("rate 21\nrate 21\n");

  const dee = await signedIn("cy", "/rollouts");
  await dee.page.getByRole("link", { name: /^cart/ }).waitFor();
  await press(page, "Pause: no further wave begins");
  await says(page, "paused");
  await says(dee.page, "it is paused");
  await clean(dee);
  await picture(dee.page, "rollouts");
  await press(page, "Resume");
  await page.getByRole("button", { name: "Pause: no further wave begins" }).waitFor();

  await ana.context.setOffline(true);
  await says(page, /as it was/);
  await clean(ana);
  await picture(page, "rollout-stale");
  await ana.context.setOffline(false);
  await expect.poll(() => page.getByText(/as it was/).count(), { timeout: 20_000 }).toBe(0);
  // The server goes and comes back, and so does the stream.
  await site.meanwhile(() => Promise.resolve());

  await press(page, "Halt …");
  await says(page, "No further write is sent, from this moment on.");
  await clean(ana);
  await picture(page, "rollout-halt");
  await press(page, "Halt wave 1 of cart now");
  await says(page, "approve the change again");
  await says(dee.page, "it was halted");
  await clean(ana);
  await press(page, "Resume, once it is approved");
  await page.getByRole("alert").getByText("not done").waitFor();
  await clean(ana);
  await picture(page, "rollout-halted");
  await press(page, "Go back …");
  await says(page, "cart-eu-1: each gets back what it held before");
  await clean(ana);
  await press(page, "Send cart back");
  await says(page, "gone back");
  await says(page, /^0 % of orders have the new version/);
  await tabTo(page, "entry");
  expect(shop.holds("cart-eu-1")).toBe(RATES);
});

it("orders that fail to come halt it, and the page says so by itself", async () => {
  // Long after each cell was seen first: what stood there then is explained.
  shop.tamper("tight-one", "rates", "somebody was here\n");
  // What was sent back goes out again by a new approval alone. by (stopped-stays)
  await bo.approve(change);
  const begun = await bo.post("/api/v1/rollouts", { change, system: "pay" });
  const one = await signedIn("cy", `/rollouts/${String(begun["rollout"])}`);
  await says(one.page, "10 % of orders have the new version");
  await one.page.getByRole("img", { name: /^pay-orders: last \d/ }).waitFor();
  shop.left.set("pay-eu-1", 0.2);
  await says(one.page, "The signals show harm.");
  await says(one.page, /halted|going back|gone back/);
  await one.page.getByText("slots as a table").scrollIntoViewIfNeeded();
  await clean(one);
  await picture(one.page, "rollout-harm");
  await says(one.page, /^0 % of orders have the new version/);
  expect(shop.holds("pay-eu-1")).toBe(RATES);
  await one.page.goto(`${site.origin}/rollouts?show=all`);
  await one.page
    .getByRole("row")
    .filter({ hasText: /gone back.*pay/ })
    .waitFor();
  await clean(one);
});

it("what a rollout wrote is planned away, signed by two and begun, by keyboard alone", async () => {
  const ana = await signedIn("ana", `/rollouts/${ship}`);
  const { page } = ana;
  await says(page, "completed");
  await press(page, "Unwind …");
  await says(page, "1 key: each gets what it would hold without it");
  await says(page, "nobody wrote it since");
  await clean(ana);
  await picture(page, "unwind-plan");
  await narrowed(page, "unwind-plan");
  await press(page, "Propose it: 1 key in 1 cell would be written");
  await says(page, "needs a reason");
  await page.keyboard.type("parcels go astray");
  await press(page, "Propose it: 1 key in 1 cell would be written");
  for (const person of ["ana", "cy"]) {
    const one = person === "ana" ? ana : await signedIn(person, new URL(page.url()).pathname);
    await says(one.page, "It takes away what change");
    await says(one.page, "nobody wrote it since");
    await clean(one);
    if (person === "ana") await picture(one.page, "unwind-proposal");
    await press(one.page, "Endorse: this unwind");
    await says(one.page, person === "ana" ? "you have endorsed it" : "carried out");
    if (person === "ana") continue;
    await press(one.page, "begin it, or see how it goes");
    await press(one.page, "Begin it …");
    await clean(one);
    await picture(one.page, "unwind-begin");
    await press(one.page, "Begin: ship-eu-1 first");
    await says(one.page, "10 % of orders have what it writes");
    await clean(one);
    await picture(one.page, "unwind");
    await narrowed(one.page, "unwind");
    await expect.poll(() => shop.holds("ship-eu-1")).toBe(RATES);
    await press(one.page, "Watch it as the rollout that it is, or stop it");
    await one.page.getByRole("heading", { name: "Unwind of ship", level: 1 }).waitFor();
  }
  await page.goto(`${site.origin}/unwinds`);
  await page
    .getByRole("row")
    .filter({ hasText: /under way.*ship/ })
    .waitFor();
  await clean(ana);
  await picture(page, "unwinds");
});

it("what somebody wrote past everything is on the page, with what was looked at and when", async () => {
  const { page, ...ana } = await signedIn("ana", "/control-plane");
  const row = page.getByRole("row").filter({ hasText: /rates of tight-one in disk/ });
  await row.filter({ hasText: "no rollout wrote it" }).waitFor();
  await row.filter({ hasText: "put back what it held before" }).waitFor();
  await row.filter({ hasText: /uid \d+, .*, owner of the file as the target noted/ }).waitFor();
  await says(page, /cells? (was|were) seen whole within the last minute/);
  await clean({ page, ...ana });
  await picture(page, "unrecorded");
  await narrowed(page, "unrecorded");
  await tabTo(page, "When each cell was looked at");
  // Open by itself while one was not seen.
  if (!(await page.getByText("Seen whole", { exact: true }).isVisible()))
    await page.keyboard.press("Enter");
  await says(page, "Seen whole");
  await clean({ page, ...ana });
  shop.tamper("tight-one", "rates", RATES);
  await says(page, "1 key that somebody set and that are over");
});
