// SPDX-License-Identifier: Apache-2.0
import { runId } from "@interlock/document";
import type { Store } from "@interlock/store";
import { REMEDY_RUNS } from "./questions.ts";
import type { Asked, Sort, Told } from "./told.ts";

type Row = {
  readonly index: number;
  readonly entry: string;
  readonly kind: string;
  readonly subject: string | null;
  readonly body: Readonly<Record<string, unknown>>;
};

/** What is in a ledger, by what the model calls things: a name is there as often as it took effect. */
type Found = Readonly<Record<Sort, Map<string, Row[]>>>;

export type Verdict = {
  readonly entries: number;
  /** Things in doubt that took effect, and that did not. */
  readonly came: number;
  readonly stayedAway: number;
  /** Keys whose request nobody will ever answer, each of something in doubt. */
  readonly keysKept: number;
  /** Empty, or the servers broke a promise. */
  readonly wrong: readonly string[];
};

const SIGNED = ["approval", "rejection", "withdrawal", "override", "debt-review"];

/** Compares everything that servers said with what their database holds, once all of them are quiet. */
export async function verdictOf(store: Store, told: Told): Promise<Verdict> {
  const rows = await rowsOf(store);
  const found = await foundIn(store, rows);
  const wrong = [
    ...told.wrong,
    ...(await gaps(store, rows)),
    ...compared(told, rows, found),
    ...unsigned(rows),
    ...steps(rows),
  ];
  const doubtful = [...doubts(told)];
  const came = doubtful.filter(([sort, name]) => found[sort].has(name)).length;
  const remedies = rows.filter(({ body }) => body["remedy"] === "append" && "plan" in body);
  if (remedies.length > REMEDY_RUNS)
    wrong.push(`the remedy ran ${remedies.length} times within its hour`);
  const kept = await store.db.selectFrom("once").select("id").where("answer", "is", null).execute();
  const keyed = doubtful.filter(([sort]) => sort === "token" || sort === "proposal");
  if (kept.length > keyed.length)
    wrong.push(`${kept.length} idempotency keys are held, and ${keyed.length} are in doubt`);
  return {
    entries: rows.length,
    ...{ came, stayedAway: doubtful.length - came, keysKept: kept.length, wrong },
  };
}

async function rowsOf({ db }: Store): Promise<readonly Row[]> {
  const rows = await db
    .selectFrom("ledger_entry")
    .leftJoin("ledger_body", "ledger_body.index", "ledger_entry.index")
    .select(["ledger_entry.index as index", "leaf_hash", "kind", "subject", "body"])
    .orderBy("ledger_entry.index")
    .execute();
  return rows.map(({ index, leaf_hash, kind, subject, body }) => ({
    ...{ index, entry: leaf_hash.toString("hex"), kind, subject },
    body: JSON.parse(body ?? "{}"),
  }));
}

async function gaps({ db }: Store, rows: readonly Row[]): Promise<readonly string[]> {
  const { next_index } = await db
    .selectFrom("ledger_head")
    .select("next_index")
    .executeTakeFirstOrThrow();
  const wrong = rows.flatMap(({ index }, at) => (index === at ? [] : [`a gap at ${at}`]));
  if (next_index !== rows.length) wrong.push(`${rows.length} entries, the next is ${next_index}`);
  return wrong.slice(0, 5);
}

async function foundIn({ db }: Store, rows: readonly Row[]): Promise<Found> {
  const of: Record<Sort, Map<string, Row[]>> = {
    ...{ decision: new Map(), signature: new Map(), run: new Map(), step: new Map() },
    ...{ "remedy-run": new Map(), token: new Map(), proposal: new Map(), agreement: new Map() },
    incident: new Map(),
  };
  const add = (sort: Sort, name: unknown, row: Row): void => {
    const before = of[sort].get(String(name));
    if (before === undefined) of[sort].set(String(name), [row]);
    else before.push(row);
  };
  for (const row of rows) {
    const { kind, subject, body } = row;
    if (SIGNED.includes(kind)) add("signature", body["nonce"], row);
    else if (kind === "run") add("remedy" in body ? "remedy-run" : "run", subject, row);
    else if (kind === "run-step" || kind === "run-end")
      add("step", `${subject} ${body["number"]}`, row);
    else if (kind === "token") add("token", body["name"], row);
    else if (kind === "agreement") add("agreement", body["proposal"], row);
    else if (kind === "incident") add("incident", body["title"], row);
  }
  const decisions = await db.selectFrom("decision").select(["index", "record"]).execute();
  for (const { index, record } of decisions) {
    const row = rows[index];
    const { facts } = JSON.parse(record ?? "{}"); // as the recorder keeps it
    if (row !== undefined) add("decision", facts?.change?.subject, row);
  }
  const proposals = await db.selectFrom("proposal").select(["id", "name", "kind"]).execute();
  for (const { id, name, kind } of proposals)
    if (kind === "change")
      add("proposal", name, { index: -1, entry: id, kind, subject: null, body: {} });
  return of;
}

/** A run is named by what its operator chose, which its id is made of. */
const named = (sort: Sort, name: string): string =>
  sort === "run" || sort === "remedy-run" ? runId("ana", name) : name;

function* all(told: Told): Generator<readonly [Sort, string, Asked]> {
  for (const [sort, known] of Object.entries(told.of))
    for (const [name, asked] of known) yield [sort as Sort, named(sort as Sort, name), asked]; // its keys
}

function* doubts(told: Told): Generator<readonly [Sort, string]> {
  for (const [sort, name, { fate }] of all(told)) if (fate === "in-doubt") yield [sort, name];
}

/** Once where it was acknowledged, never where it was refused, and at most once where nobody knows. */
function compared(told: Told, rows: readonly Row[], found: Found): readonly string[] {
  const wrong: string[] = [];
  const known = new Set<string>();
  for (const [sort, name, { fate, entry, said }] of all(told)) {
    known.add(`${sort} ${name}`);
    const there = found[sort].get(name) ?? [];
    const most = fate === "refused" ? 0 : 1;
    if (there.length > most || (fate === "acknowledged" && there.length < 1))
      wrong.push(`${sort} ${name} was ${fate} and is there ${there.length} times`);
    if (entry !== null && rows[entry.index]?.entry !== entry.entry)
      wrong.push(`${sort} ${name} is not entry ${entry.index}, as it was acknowledged`);
    if (sort === "decision" && said !== "" && there[0]?.body["effective"] !== said)
      wrong.push(`${name} was answered \`${said}\`, the ledger says something else`);
  }
  for (const [sort, names] of Object.entries(found))
    for (const [name, { length }] of names)
      if (length > 1 || !known.has(`${sort} ${name}`))
        if (length > 1 || sort !== "token") wrong.push(`${sort} ${name} is there ${length} times`);
  return wrong;
}

/** A decision that allows names approvals of two persons before it, or overrides. */
function unsigned(rows: readonly Row[]): readonly string[] {
  const at = new Map(rows.map((row) => [row.entry, row]));
  return rows
    .filter(({ kind, body }) => kind === "decision" && body["effective"] === "allow")
    .flatMap((row) => {
      const named = [...listIn(row.body["counted"]), ...listIn(row.body["waived"])];
      const signed = named.map((entry) => at.get(entry));
      const people = new Set(
        signed.map((one) => (one?.body["statement"] as { person?: string })?.person), // as its schema has it
      );
      const late = signed.some((one) => one === undefined || one.index >= row.index);
      return late || people.size < 2 ? [`entry ${row.index} allows, signed by ${people.size}`] : [];
    });
}

const listIn = (value: unknown): readonly string[] => (Array.isArray(value) ? value : []);

/** The steps of a run are numbered without a gap and each names the one before. */
function steps(rows: readonly Row[]): readonly string[] {
  const last = new Map<string, { readonly entry: string; readonly number: number }>();
  const wrong: string[] = [];
  for (const { kind, subject, entry, body } of rows) {
    const run = subject ?? "";
    if (kind === "run") last.set(run, { entry, number: 0 });
    if (kind !== "run-step" && kind !== "run-end") continue;
    const before = last.get(run);
    if (body["previous"] !== before?.entry || body["number"] !== (before?.number ?? 0) + 1)
      wrong.push(`${run}: step ${body["number"]} does not follow`);
    last.set(run, { entry, number: Number(body["number"]) });
  }
  return wrong;
}
