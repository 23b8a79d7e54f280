// SPDX-License-Identifier: Apache-2.0
/** People and keys, as whoever is logged in in this terminal sees them. */
import { GateError } from "@interlock/core";
import { type PersonShown, peopleApi } from "@interlock/protocol";
import { loginOf, remoteOf } from "../remote/access.ts";
import { call } from "../remote/client.ts";
import { type Found, type Look, listed, seen } from "./door.ts";

const NOT_LOOKED = "people and keys";
/** An author and two others. */
const PEOPLE_MIN = 3;

export async function peopleDoors(server: string): Promise<Look> {
  const origin = server.replace(/\/+$/, "");
  const secret = secretFor(origin);
  if (secret.says !== null) return { doors: [], unseen: [`${NOT_LOOKED}: ${secret.says}`] };
  const called = await call(remoteOf(origin, secret.secret), peopleApi.people);
  switch (called.kind) {
    case "answered":
      return seen(doorsOf(called.value.people, Date.now()));
    case "refused":
      return { doors: [], unseen: [`${NOT_LOOKED}: ${called.problem.detail}`] };
    case "away":
      return { doors: [], unseen: [`${NOT_LOOKED}: ${called.says}`] };
  }
}

type Secret =
  | { readonly secret: string; readonly says: null }
  | { readonly secret: null; readonly says: string };

function secretFor(server: string): Secret {
  try {
    return { secret: loginOf({ server }).secret, says: null };
  } catch (error) {
    if (error instanceof GateError)
      return { secret: null, says: `${error.message}; ${error.help}` };
    throw error;
  }
}

/** Doors of the people that can approve now or after a cool-down. */
export function* doorsOf(people: readonly PersonShown[], now: number): Generator<Found> {
  const active = people.filter((person) => person.active);
  const working = (person: PersonShown) => person.keys.filter((key) => key.revokedAt === null);
  const able = active.filter((one) => working(one).some((key) => key.usableFrom <= now));
  if (able.length < PEOPLE_MIN)
    yield {
      id: "too-few-people",
      says: `${able.length} active person(s) have a key that counts`,
      why: "an author needs two others: with fewer, people come to share keys, or rules are switched off",
      next: "propose further people on the page of people",
    };
  const lone = active.filter((person) => working(person).length === 1);
  if (lone.length > 0)
    yield {
      id: "one-key-only",
      says: `only one key each: ${listed(lone.map(({ person }) => person))}`,
      why: "whoever loses it is out until two others have let a new one in",
      next: "let each register a second key on the page of their keys",
    };
  const synced = active.filter((person) => working(person).some((key) => key.synchronised));
  if (synced.length > 0)
    yield {
      id: "synchronised-keys",
      says: `passkeys that a cloud account can restore: ${listed(synced.map(({ person }) => person))}`,
      why: "whoever takes over that account signs as the person; rules with `keys: device-bound` do not count them",
      next: "register a key that stays in its device, then revoke the other on the page of your keys",
    };
}
