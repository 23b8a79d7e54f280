// SPDX-License-Identifier: Apache-2.0
import type { SoftAuthenticator } from "@interlock/testkit";
import type { Driven, PersonDriven } from "./chromium.ts";
import type { Site } from "./site.ts";

export type There = {
  readonly site: Site;
  readonly browser: Driven;
  readonly keys: ReadonlyMap<string, SoftAuthenticator>;
};

/** A browser in which a founder has signed in and come to a page. */
export async function signedInTo(
  { site, browser, keys }: There,
  person: string,
  path: string,
): Promise<PersonDriven> {
  const one = await browser.person();
  const key = keys.get(person);
  if (key === undefined) throw new Error("no such founder");
  await one.hold(key);
  await one.page.goto(`${site.origin}${path}`);
  await one.page.getByRole("button", { name: "Sign in with your passkey" }).click();
  await one.page.getByRole("navigation", { name: "pages" }).waitFor();
  return one;
}
