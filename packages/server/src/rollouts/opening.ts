// SPDX-License-Identifier: Apache-2.0
import type { Description } from "@interlock/controlplane";
import { blobOf, type Store } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import type { ExceptionsBook } from "../exceptions/book.ts";
import type { Hearing } from "../gate/hearing.ts";
import type { Authenticate } from "../http/bind.ts";
import { type IdentitySettings, NO_IDENTITY } from "../identity/settings.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PeopleBook } from "../people/book.ts";
import { unwindRoutes } from "../unwinds/routes.ts";
import { breakGlasses } from "./break-glass.ts";
import { openRollouts, type RolloutDriver } from "./driver.ts";
import { rolloutRoutes } from "./routes.ts";
import type { DriverTerms, RolloutsTerms } from "./terms.ts";

/** A control plane: where changes are written, who judges them, and its description. */
export type RolloutsGiven = Pick<
  DriverTerms,
  "target" | "analysis" | "capacity" | "limits" | "onTrouble"
> & { readonly plane: () => Promise<Description | null> };

type Around = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "append">;
  readonly book: PeopleBook;
  readonly hearing: Hearing;
  readonly exceptions: ExceptionsBook;
  readonly now: () => number;
  readonly authenticate: Authenticate;
  /** Which source speaks for which team. */
  readonly identity?: IdentitySettings;
};

/** Begins to drive rollouts, and lets people begin, watch and stop them. */
export function openRolloutsOf(
  app: FastifyInstance,
  { plane, ...given }: RolloutsGiven,
  { store, ledger, book, hearing, exceptions, now, authenticate, ...around }: Around,
): RolloutDriver {
  const { identity = NO_IDENTITY } = around;
  const breakGlass = breakGlasses({ hearing, exceptions, book, now });
  const driver = openRollouts({
    ...{ ...given, store, ledger, breakGlass, now, monotonic: () => performance.now() },
  });
  const terms: RolloutsTerms = {
    ...{ store, ledger, book, breakGlass, now, plane, target: given.target, wake: driver.wake },
    blob: (repository, sha256) => blobOf(store.db, repository, sha256),
    asksCapacity: given.capacity !== undefined,
    identity,
  };
  rolloutRoutes(app, authenticate, terms);
  unwindRoutes(app, authenticate, terms);
  return driver;
}
