// SPDX-License-Identifier: Apache-2.0
/** Sign-in at an identity provider, a token for SCIM, and what the provider did and did not get. */
import { readIdentitySettings } from "@interlock/server";
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Driven, driven } from "../chromium.ts";
import { type Issuer, openIssuer } from "../issuer.ts";
import { press, type } from "../keyboard.ts";
import { clean, picture } from "../looks.ts";
import { signedInTo } from "../signed-in.ts";
import { founded, type Site, startSite } from "../site.ts";

let site: Site;
let browser: Driven;
let issuer: Issuer;
let keys: ReadonlyMap<string, SoftAuthenticator>;

beforeAll(async () => {
  issuer = await openIssuer();
  [site, browser] = await Promise.all([
    startSite("development", async () => {
      const read = readIdentitySettings(
        {
          signIn: [
            {
              ...{
                name: "example",
                title: "Example ID",
                issuer: issuer.url,
                clientId: "interlock",
              },
              emailDomains: ["example.com"],
            },
          ],
          scim: { emailDomains: ["example.com"], teams: { SRE: "sre", Payments: "payments" } },
          ci: [
            {
              issuer: "https://token.actions.githubusercontent.com",
              audience: "https://interlock.example.com",
              allow: [
                {
                  ...{ repository: "github-id/42", verbs: ["check"] },
                  where: { repository_id: "42", ref: ["refs/heads/main", "refs/heads/next"] },
                },
              ],
            },
          ],
        },
        {},
      );
      if (!read.ok) throw new Error(read.failure.message);
      return read.value;
    }),
    driven(),
  ]);
  keys = await founded(site);
});

afterAll(async () => {
  await browser.close();
  await site.close();
  await issuer.close();
});

const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

it("whom an identity provider signs in reads; whom it does not know is told so on the page", async () => {
  const one = await browser.person();
  const { page } = one;
  issuer.says = { sub: "00uEve", email: "eve@example.com", email_verified: true };
  await page.goto(`${site.origin}/people`);
  await says(page, "Signed in that way you read, and change nothing.");
  await clean(one);
  await picture(page, "sign-in-provider");
  await press(page, "Sign in with Example ID, to read");
  await says(page, "a second person endorses it");
  expect(new URL(page.url()).pathname).toBe("/sign-in");
  await clean(one);
  await picture(page, "sign-in-refused");
  await page.reload();
  await page.getByRole("button", { name: "Sign in with Example ID" }).waitFor();
  expect(await page.getByText("a second person endorses it").count()).toBe(0);

  issuer.says = { sub: "00uAna", email: "ana@example.com", email_verified: true };
  await press(page, "Sign in with Example ID, to read");
  await says(page, "reads only");
  await page.goto(`${site.origin}/keys`);
  await says(page, "this one");
  await clean(one);
  await picture(page, "keys-reads-only");
  await press(page, "Make a token");
  await page.getByRole("button", { name: "Sign in again to go on" }).waitFor();
  await clean(one);
});

it("IN1 a token for SCIM is shown once and takes two; then the page says what the provider did", async () => {
  const ana = await signedInTo({ site, browser, keys }, "ana", "/identity");
  const { page } = ana;
  await says(page, "No token for SCIM works");
  await says(page, "refs/heads/main or refs/heads/next");
  await clean(ana);
  await press(page, "Propose a token …");
  await type(page, "Provider", "Example ID");
  await type(page, "Reason", "people come from there");
  await press(page, "Propose this token");
  await says(page, "Its secret is shown only here and now.");
  await clean(ana);
  await picture(page, "scim-token");
  const secret = (await page.locator("code.secret").textContent()) ?? "";
  await page.getByRole("link", { name: "see who can endorse it" }).click();
  await press(page, "Endorse: the token for SCIM");
  await says(page, "one endorsement by");
  const bo = await signedInTo({ site, browser, keys }, "bo", "/");
  await bo.page.getByRole("link", { name: "a token for SCIM: Example ID" }).click();
  await press(bo.page, "Endorse, and at once: the token for SCIM");
  await says(bo.page, "carried out");

  await page.goto(`${site.origin}/identity`);
  await says(page, "no such group came");
  const scim = async (path: string, body: object) => {
    const headers = { "content-type": "application/scim+json", authorization: `Bearer ${secret}` };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return (await (await fetch(`${site.origin}/scim/v2${path}`, init)).json()) as { id: string };
  };
  const { id } = await scim("/Users", { userName: "dee@example.com", displayName: "Dee" });
  await scim("/Users", { userName: "cy@example.org" });
  await scim("/Groups", { displayName: "SRE", members: [{ value: id }] });
  await scim("/Groups", { displayName: "Chess", members: [{ value: id }] });
  // The page hears of each, without being asked.
  await says(page, "Chess (1 member)");
  await says(page, /`cy` is somebody already/);
  await page.getByRole("row", { name: /^sre SRE/ }).waitFor();
  await clean(ana);
  await picture(page, "identity");
  await press(page, "End");
  await type(page, "Reason", "another provider");
  await press(page, "End the token Example ID");
  await says(page, "ended");
});
