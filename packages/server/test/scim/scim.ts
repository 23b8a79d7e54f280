// SPDX-License-Identifier: Apache-2.0
import type { Store } from "@interlock/store";
import { type IdentitySettings, readIdentitySettings } from "../../src/index.ts";
import {
  type Answered,
  endorse,
  expect200,
  type Founded,
  found,
  newWorld,
  propose,
  signedIn,
  type World,
} from "../people/world.ts";

export function scimSettings(teams: object = { SRE: "sre" }): IdentitySettings {
  const read = readIdentitySettings({ scim: { emailDomains: ["example.com"], teams } }, {});
  if (!read.ok) throw new Error(read.failure.message);
  return read.value;
}

export type Provisioned = {
  readonly at: World;
  readonly keys: Founded;
  readonly secret: string;
  readonly scim: (
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: object,
  ) => Promise<Answered>;
  /** Adds a user and gives its id. */
  readonly add: (userName: string, more?: object) => Promise<string>;
};

export const PROPOSED = {
  kind: "provisioner",
  name: "Example ID",
  reason: "people come from there",
};

/** The founders, and a token for SCIM that ana proposed and bo endorsed. */
export async function provisioned(store: Store): Promise<Provisioned> {
  const at = await newWorld(store, { identity: scimSettings() });
  const keys = await found(at);
  const ana = await signedIn(at, keys["ana"]);
  const made = await at.call("POST", "/api/v1/proposals", { cookie: ana, body: PROPOSED });
  const { proposal, secret } = expect200(made);
  await byTwo(at, keys, proposal.proposal);
  const scim = scimWith(at, secret);
  const add = async (userName: string, more: object = {}) => {
    const answer = await scim("POST", "/Users", { userName, ...more });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.body.detail}`);
    return answer.body.id as string;
  };
  return { at, keys, secret, scim, add };
}

export const scimWith =
  (at: World, secret: string | null): Provisioned["scim"] =>
  async (method, path, body) => {
    const response = await at.app.inject({
      method,
      url: `/scim/v2${path}`,
      headers: {
        "content-type": "application/scim+json",
        ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const { statusCode: status, headers } = response;
    return { status, headers, cookie: null, body: response.body === "" ? null : response.json() };
  };

/** Two people change a person. */
export async function changeByTwo({ at, keys }: Provisioned, change: object): Promise<void> {
  const body = { kind: "change", reason: "two people say so", ...change };
  const { id } = await propose(at, await signedIn(at, keys["ana"]), body);
  await byTwo(at, keys, id);
}

async function byTwo(at: World, keys: Founded, id: string): Promise<void> {
  for (const person of ["ana", "bo"]) {
    const cookie = await signedIn(at, keys[person]);
    expect200(await endorse(at, { cookie, key: keys[person] }, id));
  }
}
