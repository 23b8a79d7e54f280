// SPDX-License-Identifier: Apache-2.0
/** Inviting, endorsing, sessions that end, and the five states of a page. */
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Driven, driven, type PersonDriven } from "../chromium.ts";
import { chord, press, type } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
import { founded, type Site, startSite } from "../site.ts";

let site: Site;
let browser: Driven;
let keys: ReadonlyMap<string, SoftAuthenticator>;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), driven()]);
  keys = await founded(site);
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

const MINUTE = 60_000;
const says = (page: Page, text: string) => page.getByText(text).first().waitFor();
const heading = (page: Page, name: string) =>
  page.getByRole("heading", { name, level: 1 }).waitFor();

async function signedIn(person: string, path: string): Promise<PersonDriven> {
  // Requests of one address are limited; a minute later they are not.
  site.clock.ahead += MINUTE;
  const one = await browser.person();
  const key = keys.get(person);
  if (key === undefined) throw new Error("no such founder");
  await one.hold(key);
  await one.page.goto(`${site.origin}${path}`);
  await one.page.getByRole("button", { name: "Sign in with your passkey" }).click();
  await one.page.getByRole("navigation", { name: "pages" }).waitFor();
  return one;
}

it("WA14 a fourth person joins: invited by one, endorsed by two, by keyboard alone; then the cool-down", async () => {
  const ana = await signedIn("ana", "/people");
  await ana.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { page } = ana;
  await says(page, "No proposal is open");
  await clean(ana);
  await picture(page, "people");
  await press(page, "Invite somebody");
  await heading(page, "Invite somebody");
  await press(page, "Propose");
  await says(page, "needs a reason");
  await clean(ana);
  // The first field that has to be mended has the focus.
  await page.keyboard.type("Dee");
  await type(page, "Accounts", "dee@example.com");
  await type(page, "Reason", "joins the payments team");
  await picture(page, "invite");
  await press(page, "Propose that Dee joins");
  await says(page, "shown only here and now");
  await clean(ana);
  await picture(page, "invited");
  await press(page, "Copy the link for Dee");
  await says(page, "copied");
  const link = String(await page.evaluate("navigator.clipboard.readText()"));

  const dee = await browser.person();
  await dee.page.goto(link);
  await says(dee.page, "you are invited to join Example Shop");
  await clean(dee);
  await picture(dee.page, "join");
  await dee.agree(false);
  await dee.page.getByRole("button", { name: "Make a passkey on this device" }).click();
  await says(dee.page, "no passkey was used");
  await dee.agree(true);
  await dee.page.getByRole("button", { name: "Make a passkey on this device" }).click();
  await says(dee.page, "one passkey");

  await page.getByRole("link", { name: "see who can endorse it" }).click();
  await heading(page, "Dee joins");
  await says(page, "2 endorsements by Ana, Bo or Cy");
  await clean(ana);
  await press(page, "Endorse: that Dee joins");
  await says(page, "one endorsement by Bo or Cy");
  await says(page, "You cannot endorse it: you have endorsed it");
  await clean(ana);

  const bo = await signedIn("bo", "/people");
  await bo.page.getByRole("link", { name: "Dee joins" }).waitFor();
  await bo.page.keyboard.press("j");
  await picture(bo.page, "people-proposal");
  await bo.page.keyboard.press("Enter");
  await heading(bo.page, "Dee joins");
  await clean(bo);
  await picture(bo.page, "proposal");
  await press(bo.page, "Endorse, and at once: Dee joins");
  await says(bo.page, "carried out");
  await clean(bo);

  await dee.page.getByRole("link", { name: "Sign in" }).click();
  await dee.page.getByRole("button", { name: "Sign in with your passkey" }).click();
  await heading(dee.page, "Home");
  await dee.page.goto(`${site.origin}/keys`);
  await says(dee.page, "cool-down");
  await clean(dee);
  await picture(dee.page, "keys");
});

it("UI1 UI10 text of people is text: markup, a link that runs code, a word that looks like a mark of ours", async () => {
  const ana = await signedIn("ana", "/invite");
  const { page } = ana;
  const name = `<img src=x onerror="document.title='hit'"> ✓ done`;
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Id").fill("eve");
  await page.getByLabel("Reason").fill(`<script>document.title='hit'</script>`);
  await page.getByRole("button", { name: "Propose that" }).click();
  await page.getByRole("link", { name: "see who can endorse it" }).click();
  await heading(page, `${name} joins`);
  await clean(ana);
  expect(await page.title()).not.toBe("hit");
  expect(await page.locator("main img").count()).toBe(0);
  // A mark of ours has a shape that no text can have.
  expect(await page.locator("h1 .badge").count()).toBe(0);
  await page.getByRole("button", { name: "Withdraw" }).click();
  await says(page, "withdrawn");
});

it("keys, sessions and tokens are made and ended by keyboard alone", async () => {
  const cy = await signedIn("cy", "/keys");
  const { page } = cy;
  await heading(page, "Keys");
  await press(page, "Make a token");
  await press(page, "Make a token for 90 days");
  await says(page, "needs the id of a repository");
  await page.keyboard.type("the hook");
  await type(page, "Repository", "repository:example");
  await clean(cy);
  await press(page, "Make a token for 90 days");
  await says(page, "Its secret is shown only here and now.");
  expect(await page.locator(".secret").innerText()).toMatch(/^ilk_[A-Za-z0-9_-]{43}$/);
  await clean(cy);
  await picture(page, "token");
  await page.keyboard.press("Escape");
  await page.getByRole("rowheader", { name: "the hook" }).waitFor();
  await press(page, "End");
  await type(page, "Reason", "the repository moved");
  await press(page, "End the token the hook");
  await says(page, "ended");
  await page.keyboard.press("Escape");
  await says(page, "No token works");

  await page.reload();
  await heading(page, "Keys");
  await press(page, "Add a passkey");
  await type(page, "Reason", "a security key");
  await press(page, "Propose a further passkey of mine");
  await says(page, "Give this link to yourself");
  await clean(cy);
  await page.keyboard.press("Escape");
  await press(page, "Revoke");
  await says(page, "you will be signed out");
  await clean(cy);
  await picture(page, "revoke-last");
  await press(page, "Leave it as it is");
  await says(page, "works");
});

it("a terminal is let in by the code that it shows, and signed out again", async () => {
  const terminal = async (path: string, body: object) => {
    const headers = { "content-type": "application/json" };
    const given = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${site.origin}/api/v1/device${path}`, given);
    return (await response.json()) as { [name: string]: string };
  };
  const asked = await terminal("", { name: "laptop of Bo" });
  const bo = await signedIn("bo", "/device");
  const { page } = bo;
  await type(page, "Code", "BCDF-BCDF");
  await page.keyboard.press("Enter");
  await says(page, "no terminal that waits shows this code");
  await clean(bo);
  await type(page, "Code", String(asked["userCode"]).toLowerCase());
  await page.keyboard.press("Enter");
  await says(page, "laptop of Bo");
  await clean(bo);
  await picture(page, "device");
  await press(page, "Let this terminal act as Bo");
  await says(page, "The terminal goes on by itself.");
  expect(await terminal("/poll", { deviceCode: asked["deviceCode"] })).toMatchObject({
    ...{ state: "allowed", person: "bo" },
  });
  await chord(page, "g", "k");
  await page.getByRole("rowheader", { name: "laptop of Bo" }).waitFor();
  await press(page, "Sign it out");
  await says(page, "No terminal of yours is signed in");
  await clean(bo);
});

it("WA17 a passkey signs nothing but what the page shows", async () => {
  const { page } = await signedIn("ana", "/people/bo");
  await page.getByRole("button", { name: "Propose a change" }).click();
  await page.getByLabel("Accounts").fill("bo@example.com, github:bo");
  await page.getByLabel("Reason").fill("has an account at the forge");
  await page.getByRole("button", { name: "Propose to change Bo" }).click();
  await page.getByRole("link", { name: "see who can endorse it" }).click();
  await says(page, "They get the accounts github:bo.");
  // A server that shows something harmless over what it lets people sign.
  await page.route("**/api/v1/proposals/*", async (route) => {
    const answer = await route.fetch();
    const shown = (await answer.json()) as object;
    await route.fulfill({ response: answer, json: { ...shown, accounts: ["github:bobby"] } });
  });
  await says(page, "They get the accounts github:bobby.");
  await page.getByRole("button", { name: "Endorse: Bo is changed" }).click();
  await says(page, "the server asks to sign something else than this page shows");
  await page.unroute("**/api/v1/proposals/*");
  await says(page, "They get the accounts github:bo.");
  await says(page, "nobody yet");
  await page.getByRole("button", { name: "Endorse: Bo is changed" }).click();
  await page.getByText("You cannot endorse it: you have endorsed it").waitFor();
});

it("UI4 the page runs no script that is put into it", async () => {
  const { page } = await browser.person();
  await page.goto(`${site.origin}/sign-in`);
  await heading(page, "Sign in");
  // Later, and not in the call itself: what a debugger evaluates may do what the page may not.
  await page.evaluate(`setTimeout(() => {
    const refused = [];
    const put = (more) => document.body.append(Object.assign(document.createElement("script"), more));
    for (const attempt of [
      () => { document.body.innerHTML = "<img src=x onerror='window.hit = 1'>" },
      () => { document.body.insertAdjacentHTML("beforeend", "<b onclick='window.hit = 1'>") },
      () => put({ textContent: "window.hit = 1" }),
      () => put({ src: "data:text/javascript,window.hit=1" }),
      () => setTimeout("window.hit = 1"),
      () => { eval("window.hit = 1") },
    ]) try { attempt() } catch (error) { refused.push(error.name) }
    window.refused = refused.length;
  })`);
  await expect.poll(() => page.evaluate("window.refused")).toBe(6);
  expect(await page.evaluate("window.hit")).toBe(undefined);
});

it("a sign-in that is not fresh is renewed in place; a session that ended leads to the sign-in and back", async () => {
  const cy = await signedIn("cy", "/people/bo");
  const { page } = cy;
  site.clock.ahead += 11 * MINUTE;
  await page.reload();
  await heading(page, "Bo");
  await picture(page, "person");
  await clean(cy);
  await page.getByRole("button", { name: "Propose a recovery" }).click();
  await page.getByLabel("Reason").fill("lost the phone");
  await clean(cy);
  const propose = page.getByRole("button", { name: "Propose that Bo gets a new passkey" });
  // The page's clock is not the server's, so it is the server that says no.
  await propose.click();
  await says(page, "this needs a sign-in of the last 10 minutes");
  await page.getByRole("button", { name: "Sign in again to go on" }).click();
  await propose.click();
  await says(page, "Give this link to Bo");
  await picture(page, "recovery");
  await clean(cy);
  await page.keyboard.press("Escape");
  site.clock.ahead += 13 * 60 * MINUTE;
  await chord(page, "g", "k");
  await page.getByRole("button", { name: "Sign in with your passkey" }).click();
  await heading(page, "Keys");
});

it("a page that is loading, denied, broken or stale says so", async () => {
  const { page } = await signedIn("bo", "/queue");
  const path = "**/api/v1/people";
  const state = (name: string) => page.locator(`[data-state=${name}]`).first().waitFor();
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  await page.route(path, async (route) => {
    await held;
    await route.abort();
  });
  await page.getByRole("link", { name: "People", exact: true }).click();
  await state("loading");
  go();
  await state("broken");
  await picture(page, "people-broken");
  await page.unroute(path);
  await page.route(path, (route) =>
    route.fulfill({
      status: 403,
      contentType: "application/problem+json",
      body: JSON.stringify({
        ...{ type: "about:blank", title: "no", status: 403, code: "NOT_ALLOWED" },
        ...{ detail: "this account may not do that", help: "ask somebody else" },
      }),
    }),
  );
  await page.getByRole("button", { name: "try again" }).click();
  await state("denied");
  await page.unroute(path);
  await page.getByRole("link", { name: "Queue", exact: true }).click();
  await page.getByRole("link", { name: "People", exact: true }).click();
  await page.getByRole("link", { name: "Ana ana" }).waitFor();
  await page.route(path, (route) => route.abort());
  // It asks again by itself.
  await state("stale");
  await page.getByRole("link", { name: "Ana ana" }).waitFor();
  await picture(page, "people-stale");
});
