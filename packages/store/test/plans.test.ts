// SPDX-License-Identifier: Apache-2.0

import { type Digest, digestOf } from "@interlock/digest";
import {
  appendDecisions,
  type DecisionToAppend,
  landingKnown,
  lockHeadAfter,
  lookUp,
  type Store,
  type Transaction,
  transaction,
} from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entryNamed } from "./entries.ts";

const CHANGES = 4_000;
const AT = 1_700_000_000_000;
const PLACE = { repository: "git.example.com/shop", target: "refs/heads/main" };
const digest = (n: number): Digest => digestOf("interlock/test/v1", n);
const head = (n: number): string => n.toString(16).padStart(40, "e");

/** Every change goes to one target, and few of them were signed: what planners guess wrong about. */
function decision(n: number): DecisionToAppend {
  const change = `change-${n}`;
  const entry = entryNamed(`decision ${n}`, { kind: "decision", subject: digest(n), at: AT + n });
  return {
    ...{ entry, arriving: true },
    decision: { change, entry: `entry-${n}`, at: AT + n, record: null },
    change: {
      ...PLACE,
      ...{
        id: change,
        environment: "unknown",
        digest: digest(n),
        base: head(n + 1),
        head: head(n),
      },
      ...{ merge: head(n), subject: "a change", firstSeenAt: AT + n, judgedAt: AT + n },
      ...{ outcome: "hold", effective: "hold", rules: ["two-people"] },
      review: {
        ...{ authors: ["ana"], files: 1, wanted: 2, reviewers: ["bo"], reviewersMore: false },
        ...{ barred: ["ana"], risk: null },
      },
    },
  };
}

const signed = (n: number) =>
  entryNamed(`approval ${n}`, { kind: "approval", subject: digest(n), at: AT + n });

const ASKED = Array.from({ length: 16 }, (_, i) => ({
  ...{ digest: digest(i * 200), change: `change-${i * 200}` },
  seen: { ...PLACE, tip: head(i * 100) },
}));

/** How much this session has read of the tables that grow without an index, as far as it was not yet counted. */
async function whole(tx: Transaction) {
  const { rows } = await sql<{ readonly table: string; readonly rows: number }>`
    select relname as table, seq_tup_read as rows from pg_stat_xact_user_tables
    where relname in ('ledger_entry', 'ledger_body', 'change', 'judged_head', 'decision')
    order by relname`.execute(tx);
  return Object.fromEntries(rows.map(({ table, rows: read }) => [table, read]));
}

/** More often than a session plans a statement for its values. */
const TIMES = 7;

describe.each(ENGINES)("plans of the gate's statements ($name)", ({ name, home }) => {
  let place: Home;
  let store: Store;
  beforeAll(async () => {
    place = await home();
    store = await opened(place.place);
    for (let from = 0; from < CHANGES; from += 500) {
      const batch = Array.from({ length: 500 }, (_, i) => decision(from + i));
      const filled = await transaction(store, (tx) =>
        appendDecisions(tx, batch, from === 0 ? [signed(0), signed(100)] : []),
      );
      if (filled.kind !== "committed") throw new Error(filled.failure.message);
    }
    await sql`analyze`.execute(store.db);
  });
  afterAll(async () => {
    await store.close();
    place.remove();
  });

  const cases: readonly {
    readonly name: string;
    readonly run: (tx: Transaction, time: number) => Promise<unknown>;
    readonly gives: unknown;
  }[] = [
    {
      name: "what decisions look up",
      run: async (tx) => {
        const asked = { peopleFrom: 0, exceptionsFrom: 0, about: ASKED, signedLimit: 500 };
        const { about } = await lookUp(tx, asked);
        return about.map(({ signed: heard, landings }) => [heard.length, landings.length]);
      },
      gives: ASKED.map((_, i) => [i === 0 ? 1 : 0, i < 2 ? 1 : 0]),
    },
    {
      name: "what is new when the head is locked",
      run: (tx) => lockHeadAfter(tx, { after: CHANGES - 20, kinds: ["approval", "person"] }),
      gives: { newest: -1 },
    },
    {
      name: "what is known of a landing",
      run: (tx) => landingKnown(tx, { digest: digest(100), head: head(100) }),
      gives: { signed: true, judged: 100, told: false },
    },
    {
      name: "how decisions are written",
      run: async (tx, time) => {
        const again = decision(CHANGES + time);
        return (await appendDecisions(tx, [again], [])).ok;
      },
      gives: true,
    },
  ];

  it.each(cases)(
    "$name: no table is read from end to end (steady plans)",
    async ({ run, gives }) => {
      await transaction(store, async (tx) => {
        const before = await whole(tx);
        for (let i = 0; i < TIMES; i++) {
          const given = await run(tx, i);
          if (typeof gives === "object" && !Array.isArray(gives))
            expect(given).toMatchObject(gives ?? {});
          else expect(given).toEqual(gives);
        }
        expect(await whole(tx)).toEqual(before);
        return { ok: true as const, value: null };
      });
    },
  );

  it("what decisions look up is planned five times a session, whatever is asked (planned once)", async () => {
    await transaction(store, async (tx) => {
      const asked = { peopleFrom: 0, exceptionsFrom: 0, signedLimit: 500 };
      for (let i = 1; i <= 9; i++) await lookUp(tx, { ...asked, about: ASKED.slice(0, i) });
      const { rows } = await sql<{ readonly plans: number }>`
        select custom_plans as plans from pg_prepared_statements
        where statement like '%as asked(digest%'`.execute(tx);
      // The embedded database keeps no statement.
      expect(rows.map(({ plans }) => plans)).toEqual(name === "postgres" ? [5] : []);
      return { ok: true as const, value: null };
    });
  });
});
