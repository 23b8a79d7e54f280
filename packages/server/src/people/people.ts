// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import { TEXT_FORMS } from "@interlock/core";
import type { FastifyInstance } from "fastify";
import type { Answer, Authenticate } from "../http/bind.ts";
import { authenticator } from "./authenticate.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { peopleRoutes } from "./routes.ts";
import { done, looked, type PeopleTerms, refused } from "./terms.ts";

/** People and sign-in of a server. */
export type PeopleOfServer = {
  readonly authenticate: Authenticate;
  /** Registers the routes on an app without routes. */
  readonly routes: (app: FastifyInstance, limits?: Limits) => void;
};

/**
 * Opens people on their site, or says why this server must not: passkeys are bound to the origin and
 * the ledger that the founding wrote down, for ever.
 */
export async function openPeople(terms: PeopleTerms): Promise<Answer<PeopleOfServer>> {
  const { origin, ledgerName } = terms;
  const rpId = rpIdOf(origin);
  if (rpId === null)
    return refused(
      "INPUT_INVALID",
      `\`${origin}\` is no origin on which passkeys work`,
      "name one such as `https://interlock.example.com`, or `http://localhost:8080` to try it out",
    );
  return await looked(terms, async (db) => {
    const { founding } = await terms.book.at(db);
    const site = founding === null ? null : founding.body;
    if (site !== null && (site.product !== origin || site.ledger !== ledgerName))
      return refused(
        "SITE_DIFFERS",
        `the organisation was founded on \`${site.product}\` with the ledger \`${site.ledger}\`, this server is \`${origin}\` with \`${ledgerName}\``,
        "start the server with what was founded: its passkeys work nowhere else",
      );
    const authenticate = authenticator(terms);
    return done({
      authenticate,
      routes: (app: FastifyInstance, limits: Limits = LIMITS) =>
        peopleRoutes(app, { ...terms, rpId }, { authenticate, limits }),
    });
  });
}

/** The host itself, never a parent domain (trust reference B.3); addresses have no passkeys. */
function rpIdOf(origin: string): string | null {
  if (!TEXT_FORMS.origin.pattern.test(origin) || !URL.canParse(origin)) return null;
  const url = new URL(origin);
  return url.origin === origin && isIP(url.hostname) === 0 ? url.hostname : null;
}
