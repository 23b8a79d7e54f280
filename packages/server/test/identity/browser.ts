// SPDX-License-Identifier: Apache-2.0
import { type IdentitySettings, readIdentitySettings } from "../../src/index.ts";
import { expect200, ORIGIN, type World } from "../people/world.ts";
import { CLIENT } from "./provider.ts";

export const CALLBACK = `${ORIGIN}/sign-in/callback/example`;

export const settings = (issuer: string, more: object = {}): IdentitySettings => {
  const signIn = {
    ...{ name: "example", title: "Example ID", issuer, clientId: CLIENT.id },
    ...{ clientSecretEnv: "SECRET", emailDomains: ["example.com"] },
    groups: { teams: { "g-sre": "sre", "g-pay": "payments" } },
    ...more,
  };
  const read = readIdentitySettings({ signIn: [signIn] }, { SECRET: CLIENT.secret });
  if (!read.ok) throw new Error(read.failure.message);
  return read.value;
};

export type Begun = { readonly url: URL; readonly flow: string };

export async function begin(at: World, name = "example"): Promise<Begun> {
  const answer = await at.call("POST", `/api/v1/sign-in/issuers/${name}`);
  const { url } = expect200(answer);
  const set = String(answer.headers["set-cookie"]);
  const flow = /^__Host-interlock-flow=([^;]+); Path=\/; Secure; HttpOnly; SameSite=Lax/.exec(set);
  if (flow?.[1] === undefined) throw new Error(`no cookie of a flow: ${set}`);
  return { url: new URL(url), flow: flow[1] };
}

/** What the browser does when the issuer has sent it back. */
export async function comeBack(
  at: World,
  back: string,
  given: { readonly flow?: string | undefined; readonly cookie?: string },
) {
  const { flow, cookie } = given;
  const cookies = [
    ...(flow === undefined ? [] : [`__Host-interlock-flow=${flow}`]),
    ...(cookie === undefined ? [] : [`__Host-interlock=${cookie}`]),
  ];
  const response = await at.app.inject({
    method: "GET",
    url: back.slice(ORIGIN.length),
    headers: { cookie: cookies.join("; ") },
  });
  const set = [response.headers["set-cookie"] ?? []].flat();
  const session = set.map((one) => /^__Host-interlock=([^;]+);/.exec(one)?.[1]).find(Boolean);
  return { status: response.statusCode, text: response.body, cookie: session ?? null, set };
}
