// SPDX-License-Identifier: Apache-2.0
/** A description that two people sign, and an allowed change on its way to files on disk, judged by orders. */
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Calling, calling } from "../calling.ts";
import { type Driven, driven, type PersonDriven } from "../chromium.ts";
import { press, tabTo } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
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

it("halt-wins: planned, begun, paused, halted and sent back, by keyboard alone", async () => {
  const ana = await signedIn("ana", `/changes/${change}`);
  const { page } = ana;
  await press(page, "Plan the rollout to tight");
  await says(page, /the least that these cells allow is \d+ orders/);
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
