// SPDX-License-Identifier: Apache-2.0
/** A change that two people broke the glass for, planned and begun in the emergency lane from its page. */
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { calling } from "../calling.ts";
import { driven } from "../chromium.ts";
import { press } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
import { changeIdOf, gated, POLICY } from "../pushing.ts";
import { openShop } from "../shop.ts";
import { signedInTo } from "../signed-in.ts";
import { founded, startSite } from "../site.ts";

const RATES = Array.from({ length: 40 }, (_, i) => `rate ${i}\n`).join("");
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

it("an emergency says by whose break-glass it goes out, and when that is over", async () => {
  const [site, browser] = await Promise.all([startSite(), driven()]);
  onTestFinished(async () => {
    await browser.close();
    await site.close();
  });
  const keys = await founded(site);
  const keyOf = (person: string) => {
    const key = keys.get(person);
    if (key === undefined) throw new Error("no such founder");
    return key;
  };
  const bo = await calling(site.origin, keyOf("bo"));
  const cy = await calling(site.origin, keyOf("cy"));
  const pushing = await gated(site.origin, keyOf("bo"), POLICY, { "cart/rates.txt": RATES });
  const shop = openShop(pushing.repository, RATES);
  onTestFinished(() => {
    pushing.close();
    shop.close();
  });
  pushing.commit({ "cart/rates.txt": RATES.replace("rate 20\n", "rate 21\n") }, "raise a rate");
  const change = changeIdOf(await pushing.push());
  const incident = String((await bo.post("/api/v1/incidents", { title: "no carts" }))["incident"]);
  const waives = { rule: "two-people", breakGlass: true, incident };
  for (const by of [bo, cy])
    await by.signs(change, { decision: "override", reason: "no carts", waives });
  expect((await pushing.push()).status).toBe(0);
  const body = { text: shop.text(1_000_000), reason: "the shop" };
  const proposal = String((await bo.post("/api/v1/control-plane/proposals", body))["proposal"]);
  for (const person of ["ana", "cy"]) {
    const one = await signedInTo({ site, browser, keys }, person, `/proposals/${proposal}`);
    await press(one.page, "Endorse");
    await says(one.page, person === "ana" ? "you have endorsed it" : "carried out");
  }

  const ana = await signedInTo({ site, browser, keys }, "ana", `/changes/${change}`);
  const { page } = ana;
  await press(page, "Plan it in the emergency lane of cart");
  await says(page, `In the emergency lane, by break-glass of Bo and Cy for incident ${incident}.`);
  await clean(ana);
  await page.getByRole("heading", { name: "Bring it to its cells" }).scrollIntoViewIfNeeded();
  await picture(page, "emergency-plan");
  await press(page, "Begin, as its operator: cart-eu-1 first");
  await page.getByRole("heading", { name: "Rollout of cart", level: 1 }).waitFor();
  await says(page, `by break-glass of Bo and Cy for incident ${incident}, which`);
  await clean(ana);
  await bo.post(`/api/v1/incidents/${incident}/close`, { reason: "carts are back" });
  await says(page, /no further wave begins: the break-glass of this change is over/);
  await clean(ana);
  await picture(page, "emergency-rollout");
  await page.goto(`${site.origin}/rollouts`);
  await says(page, /in the emergency lane/);
});
