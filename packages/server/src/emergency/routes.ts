// SPDX-License-Identifier: Apache-2.0
import { emergencyApi } from "@interlock/protocol";
import type { FastifyInstance } from "fastify";
import { type Authenticate, bind } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import type { RunTerms } from "../runs/terms.ts";
import { importAway, importEmergency } from "./importing.ts";
import { rosterEntries } from "./roster.ts";

export type EmergencyTerms = RunTerms & {
  /** A trust policy with the keys of the log and of its witnesses. */
  readonly policy: string;
};

/** What enforcement points and signers need before, and bring after, this server was away. */
export function emergencyRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: EmergencyTerms,
): void {
  bind(app, authenticate, emergencyApi.emergencyRoster, async ({ query }) =>
    done({ policy: terms.policy, ...(await rosterEntries(terms.store.db, query.known)) }),
  );
  bind(app, authenticate, emergencyApi.importAway, ({ actor, body }) => {
    if (actor.kind !== "token") throw new Error("invariant broken: `bind` lets only tokens in");
    return importAway(terms, actor, body);
  });
  bind(app, authenticate, emergencyApi.importEmergency, ({ actor, body }) => {
    if (actor.kind !== "person" && actor.kind !== "terminal")
      throw new Error("invariant broken: `bind` lets only persons in");
    return importEmergency(terms, actor.person, body.signed);
  });
}
