// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place, Store, StoreTerms } from "@interlock/store";
import { postgresBinaries, sharedPostgres } from "./postgres.ts";

/** A place for one store that nobody else uses. */
export type Home = { readonly place: Place; readonly remove: () => void };

export type EngineUnderTest = {
  readonly name: Store["engine"];
  readonly home: () => Promise<Home>;
};

const embedded: EngineUnderTest = {
  name: "embedded",
  home: () => {
    const directory = mkdtempSync(join(tmpdir(), "interlock-store-"));
    const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    return Promise.resolve({ place: { directory }, remove });
  },
};

const postgres: EngineUnderTest = {
  name: "postgres",
  home: async () => {
    const server = await sharedPostgres();
    if (server === null) throw new Error("Postgres is not installed");
    return { place: { url: server.newDatabase() }, remove: () => undefined };
  },
};

/** Both, but for a machine without Postgres; on CI that fails instead, and `npm test` says so. */
export const ENGINES: readonly EngineUnderTest[] =
  postgresBinaries() !== null || process.env["CI"] ? [embedded, postgres] : [embedded];

/** Opens a store or throws what stands in the way. */
export async function opened(place: Place, terms: StoreTerms = {}): Promise<Store> {
  // Loaded here, since most tests need no database and both engines take long to load.
  const { openStore } = await import("@interlock/store");
  const result = await openStore(place, terms);
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
}
