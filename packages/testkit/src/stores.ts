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

/** An open store that is as empty as a new one. */
export type LentStore = { readonly store: Store; readonly giveBack: () => Promise<void> };

/**
 * Stores for many tests of a file, one after the other. Opening one takes a second or two of the
 * processor, emptying one takes milliseconds; `close` ends those that were given back.
 */
export function storesToLend(engine: EngineUnderTest): {
  readonly lend: () => Promise<LentStore>;
  readonly close: () => Promise<void>;
} {
  type Kept = { readonly store: Store; readonly home: Home; readonly empty: string };
  const idle: Kept[] = [];
  const made = async (): Promise<Kept> => {
    const home = await engine.home();
    const store = await opened(home.place);
    return { store, home, empty: await emptying(store) };
  };
  return {
    lend: async () => {
      const kept = idle.pop() ?? (await made());
      return {
        store: kept.store,
        giveBack: async () => {
          await asked(kept.store, kept.empty);
          idle.push(kept);
        },
      };
    },
    close: async () => {
      for (const { store, home } of idle.splice(0)) {
        await store.close();
        home.remove();
      }
    },
  };
}

/** SQL that brings every table back to what it holds now, right after the migrations. */
async function emptying(store: Store): Promise<string> {
  const named = "select tablename as name from pg_tables where schemaname = 'public'";
  const tables = (await asked(store, named)).filter(({ name }) => name !== "schema_migration");
  const seeds: string[] = [];
  for (const { name } of tables) {
    const [held] = await asked(store, `select json_agg(t)::text as name from "${name}" t`);
    if (typeof held?.name === "string")
      seeds.push(
        `insert into "${name}" select * from json_populate_recordset(null::"${name}", '${held.name.replaceAll("'", "''")}')`,
      );
  }
  // No trigger guards, and no key is checked, while this is the role.
  const all = [
    "begin",
    "set local session_replication_role = replica",
    ...tables.map(({ name }) => `delete from "${name}"`),
    ...seeds,
    "commit",
  ];
  return all.join("; ");
}

async function asked({ db }: Store, text: string): Promise<readonly { readonly name: unknown }[]> {
  const { plain } = await import("@interlock/store");
  const { rows } = await db.executeQuery<{ readonly name: unknown }>(plain(text));
  return rows ?? [];
}

/** Opens a store or throws what stands in the way. */
export async function opened(place: Place, terms: StoreTerms = {}): Promise<Store> {
  // Loaded here, since most tests need no database and both engines take long to load.
  const { openStore } = await import("@interlock/store");
  const result = await openStore(place, terms);
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
}
