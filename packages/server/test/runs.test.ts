/** Documents that are carried out and standing remedies, through the API, on both engines. */
import type { DocumentFact } from "@interlock/core";
import { nextOf, planOf, type RunEvent, readDocument } from "@interlock/document";
import { entriesOfKindsAbout } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NOW, openWorld, question, type Reply, type World } from "./world.ts";

const DAY = new Date(NOW).toISOString().slice(0, 10);
const CHANGE = `---
version: 1
kind: other
title: two lines
why: 2 lines are missing
scope: { systems: [shop], blast: { systems: 1 } }
preChecks: [the file is there]
steps:
  - id: one
    do: append
    run: [append, one]
    expect: { contains: [one] }
    verify: the file has 1 line
    undo: { do: take it out, run: [remove, one] }
    repeatable: false
    second: true
signals: [{ name: lines, where: file, normal: 2, abort: more than 4 for 1 minute }]
rollback: { how: take them out, rehearsed: { at: ${DAY}, where: here, by: bo } }
who: { operator: ana, second: bo }
---
`;
const REMEDY = `---
version: 1
kind: remedy
id: drain
title: drain a cell
why: a cell with 1 % of errors is drained in 1 minute
scope: { systems: [shop] }
parameters:
  - { name: cell, type: choice, values: [eu-1, eu-2], about: which }
  - { name: percent, type: integer, min: 1, max: 25 }
limits: { runs: 2, within: 1h, rehearsalValid: 90d }
mayRun: [dee, "email:cy@example.com"]
preChecks: [{ do: it is up, run: [up, "{cell}"], expect: { contains: [up] } }]
steps:
  - id: drain
    do: drain
    run: [drain, "{cell}", "{percent}"]
    expect: { contains: [drained] }
    verify: { do: look, run: [share, "{cell}"], expect: { contains: ["0"] } }
    abortIf: errors rise for 2 minutes
    undo: { do: fill, run: [fill, "{cell}"] }
    repeatable: true
signals: [{ name: errors, where: graph, normal: 0.1 %, abort: above 1 % for 2 minutes }]
rollback: { how: fill it again, rehearsed: { at: ${DAY}, where: staging, by: bo } }
---
`;

function digestIn(text: string) {
  const read = readDocument("d.md", text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.sited.document;
}

let contents = 0;
const fresh = () => (0xd0c0000 + ++contents).toString(16).padStart(64, "0");

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  /** A change with documents, allowed by two approvals; gives its id. */
  async function landed(texts: readonly string[], approvers = ["bo", "cy"]): Promise<string> {
    const digest = fresh();
    const documents = texts.map(
      (text): DocumentFact => ({
        ...{ digest: digestIn(text).digest, change: digest, sections: ["steps"] },
        by: "email:ana@example.com",
      }),
    );
    const asked = question({ digest });
    const { evidence } = asked.facts;
    const body = { ...asked, facts: { ...asked.facts, evidence: { ...evidence, documents } } };
    const first = await world.call("gate", "POST", "/api/v1/gate", body);
    const id = String(first.body["change"]);
    for (const who of approvers) expect((await world.sign(who, id, "approve")).status).toBe(200);
    await world.call("gate", "POST", "/api/v1/gate", body);
    return id;
  }

  /** As the owner of the database, who can switch the guards off. */
  const tampered = async (change: RawBuilder<unknown>): Promise<void> => {
    await sql`alter table ledger_entry disable trigger all`.execute(world.store.db);
    await change.execute(world.store.db);
    await sql`alter table ledger_entry enable trigger all`.execute(world.store.db);
  };
  const begun = (as: string, body: object) => world.call(as, "POST", "/api/v1/runs", body);
  const sent = (as: string, run: string, number: number, event: object) =>
    world.call(as, "POST", `/api/v1/runs/${run}/steps`, { number, event });
  const said = ({ status, body }: Reply) => [status, body["code"], body["detail"]];
  const refusal = (code: string, words: string) => [
    expect.any(Number),
    code,
    expect.stringContaining(words),
  ];

  const output = { digest: "a".repeat(64), bytes: 4, tail: "one\n" };
  const PART = { task: "step:one", part: "do" } as const;
  const UP_TO_CONFIRM: readonly RunEvent[] = [
    { kind: "started", task: "check-1", part: "do" },
    { kind: "finished", task: "check-1", part: "do", passed: true, by: "ana", missed: [] },
    { kind: "started", ...PART },
    {
      ...{ kind: "finished", ...PART, passed: true, by: "", missed: [] },
      argv: ["append", "one"],
      exit: 0,
      output,
    },
    { kind: "started", task: "step:one", part: "verify" },
    { kind: "finished", task: "step:one", part: "verify", passed: true, by: "ana", missed: [] },
  ];

  it("every step is an entry before the next, two people by their own sessions, to the end", async () => {
    const change = await landed([CHANGE]);
    const start = await begun("ana", { change, document: CHANGE, second: "bo" });
    expect([start.status, start.body["next"]]).toEqual([
      200,
      { kind: "act", task: "check-1", part: "do", outcome: null },
    ]);
    const run = String(start.body["run"]);
    for (const [i, event] of UP_TO_CONFIRM.entries())
      expect([i, (await sent("ana", run, i + 1, event)).status]).toEqual([i, 200]);
    // An answer that got lost.
    const twice = await sent("ana", run, 6, UP_TO_CONFIRM[5] ?? {});
    expect([twice.status, twice.body["number"], twice.body["again"]]).toEqual([200, 6, true]);
    expect(said(await sent("ana", run, 7, { kind: "end", outcome: "done", left: [] }))).toEqual(
      refusal("OUT_OF_ORDER", "does not follow"),
    );
    const forged = {
      kind: "confirmed",
      task: "step:one",
      by: "bo",
      agrees: true,
      how: "signed-in",
    };
    expect(said(await sent("ana", run, 7, forged))).toEqual(refusal("INPUT_INVALID", "operator"));
    const agree = (as: string) =>
      world.call(as, "POST", `/api/v1/runs/${run}/confirmations`, {
        task: "step:one",
        agrees: true,
      });
    for (const other of ["ana", "cy"])
      expect(said(await agree(other))).toEqual(refusal("NOT_FOUND", "no such run of yours"));
    expect((await agree("bo")).status).toBe(200);
    expect((await sent("ana", run, 8, { kind: "end", outcome: "done", left: [] })).status).toBe(
      200,
    );
    const shown = await world.call("cy", "GET", `/api/v1/runs/${run}`);
    expect(shown.body).toMatchObject({
      next: { kind: "over", outcome: "done" },
      differs: [],
      operator: "ana",
      second: "bo",
    });
    const entries = await entriesOfKindsAbout(world.store.db, {
      ...{ subject: run, kinds: ["run", "run-step", "run-end"], limit: 100 },
    });
    expect(shown.body["entries"]).toEqual(entries.map(({ index, at }) => ({ index, at })));
    const { body: list } = await world.call("terminal:cy", "GET", "/api/v1/runs");
    const listed = { run, title: "two lines", second: "bo", next: { outcome: "done" } };
    expect(list).toMatchObject({ more: false, runs: [{ ...listed, index: entries[0]?.index }] });
    const { body: older } = await world.call("cy", "GET", "/api/v1/runs?before=0");
    expect(older["runs"]).toEqual([]);
    expect(entries.map(({ kind }) => kind)).toEqual([
      "run",
      ...Array(7).fill("run-step"),
      "run-end",
    ]);
  });

  it("begun, recorded and confirmed from terminals, each of its own person", async () => {
    const body = { change: await landed([CHANGE]), document: CHANGE, second: "bo" };
    const once = "c".repeat(32);
    const start = await begun("terminal:ana", { ...body, once });
    expect(start.status).toBe(200);
    const run = String(start.body["run"]);
    for (const [i, event] of UP_TO_CONFIRM.entries())
      expect((await sent("terminal:ana", run, i + 1, event)).status).toBe(200);
    const agree = (as: string) =>
      world.call(as, "POST", `/api/v1/runs/${run}/confirmations`, {
        task: "step:one",
        agrees: true,
      });
    for (const other of ["terminal:ana", "ana", "terminal:cy"])
      expect(said(await agree(other))).toEqual(refusal("NOT_FOUND", "no such run of yours"));
    expect(said(await agree(`terminal:bo:${12 * 3_600_000}`))).toEqual(
      refusal("SIGN_IN_NEEDED", "12 hours"),
    );
    expect(said(await agree("gate"))).toEqual(refusal("NOT_ALLOWED", "may not"));
    expect((await agree(`terminal:bo:${12 * 3_600_000 - 1}`)).status).toBe(200);
    const entries = await entriesOfKindsAbout(world.store.db, {
      ...{ subject: run, kinds: ["run-step"], limit: 100 },
    });
    expect(JSON.stringify(entries.at(-1)?.body)).toContain('\\"via\\":\\"terminal\\"');
    // The answer to the beginning got lost.
    const again = await begun("terminal:ana", { ...body, once });
    expect([again.status, again.body["run"], again.body["next"]]).toMatchObject([
      200,
      run,
      { kind: "end", outcome: "done" },
    ]);
    expect(said(await begun("ana", { ...body, once, second: "cy" }))).toEqual(
      refusal("OUT_OF_ORDER", "another run"),
    );
    const other = await begun("cy", { ...body, once });
    expect(other.body["run"]).not.toBe(run);
  });

  it("another command than the document's is recorded as such", async () => {
    const start = await begun("ana", {
      change: await landed([CHANGE]),
      document: CHANGE,
      second: "bo",
    });
    const run = String(start.body["run"]);
    for (const [i, event] of UP_TO_CONFIRM.slice(0, 4).entries())
      await sent(
        "ana",
        run,
        i + 1,
        "argv" in event ? { ...event, argv: ["append", "two"] } : event,
      );
    const { body } = await world.call("ana", "GET", `/api/v1/runs/${run}`);
    expect(body["differs"]).toEqual([
      '`step:one` ran `"another command"`, the document says `append one`',
    ]);
  });

  it("of twelve that record the same step at once one entry comes", async () => {
    const start = await begun("ana", {
      change: await landed([CHANGE]),
      document: CHANGE,
      second: "bo",
    });
    const run = String(start.body["run"]);
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => sent("ana", run, 1, UP_TO_CONFIRM[0] ?? {})),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(replies.map(({ body }) => body["index"])).size).toBe(1);
  });

  it("TK13 refuses what was not allowed, another text, and one person alone", async () => {
    const change = await landed([CHANGE]);
    const held = await landed([CHANGE], ["bo"]);
    const wrong: readonly (readonly [object, unknown])[] = [
      [{ change: held, document: CHANGE, second: "bo" }, refusal("NOT_ALLOWED", "is `hold`")],
      [
        { change, document: `${CHANGE}more\n`, second: "bo" },
        refusal("NOT_ALLOWED", "no such document"),
      ],
      [
        { change, document: CHANGE, second: "ana" },
        refusal("NOT_ALLOWED", "your own second person"),
      ],
      [{ change, document: CHANGE }, refusal("INPUT_INVALID", "asks for a second person")],
      [{ change, document: CHANGE, second: "eve" }, refusal("NOT_FOUND", "`eve`")],
      [{ change: "0".repeat(20), document: CHANGE, second: "bo" }, refusal("NOT_FOUND", "change")],
      [{ change, document: REMEDY, second: "bo" }, refusal("INPUT_INVALID", "standing remedy")],
      [{ change, document: "# no", second: "bo" }, refusal("INPUT_INVALID", "cannot be read")],
    ];
    for (const [body, expected] of wrong) expect(said(await begun("ana", body))).toEqual(expected);
  });

  it("an entry taken out of a run, or a text put in its place, is found (run-chain)", async () => {
    const start = await begun("ana", {
      change: await landed([CHANGE]),
      document: CHANGE,
      second: "bo",
    });
    const run = String(start.body["run"]);
    for (const [i, event] of UP_TO_CONFIRM.entries()) await sent("ana", run, i + 1, event);
    const entries = await entriesOfKindsAbout(world.store.db, {
      subject: run,
      kinds: ["run-step"],
      limit: 9,
    });
    const taken = entries[2]?.index ?? -1;
    const subject = (to: string | null) =>
      tampered(sql`update ledger_entry set subject = ${to} where index = ${taken}`);
    await subject(null);
    const shown = await world.call("ana", "GET", `/api/v1/runs/${run}`);
    expect(said(shown)).toEqual(refusal("LEDGER_DAMAGED", "does not follow"));
    await subject(run);
    await sql`update document set text = text || 'x'`.execute(world.store.db);
    expect(said(await world.call("ana", "GET", `/api/v1/runs/${run}`))).toEqual(
      refusal("LEDGER_DAMAGED", "text"),
    );
    await sql`update document set text = left(text, -1)`.execute(world.store.db);
    expect((await world.call("ana", "GET", `/api/v1/runs/${run}`)).status).toBe(200);
  });

  describe("a standing remedy", () => {
    const VALUES = { cell: "eu-1", percent: "25" };
    const run = (as: string, values: object = VALUES) => begun(as, { remedy: "drain", values });
    const registered = (as: string, change: string, document = REMEDY) =>
      world.call(as, "POST", "/api/v1/remedies", { change, document });

    it("is one only when two people signed this very text (signed-remedy)", async () => {
      const together = await landed([REMEDY, CHANGE]);
      const change = await landed([REMEDY]);
      expect(said(await registered("ana", together))).toEqual(refusal("NOT_ALLOWED", "no other"));
      expect(said(await registered("ana", await landed([CHANGE])))).toEqual(
        refusal("NOT_ALLOWED", "no such document"),
      );
      expect(said(await registered("ana", change, CHANGE))).toEqual(
        refusal("INPUT_INVALID", "no standing remedy"),
      );
      expect(said(await run("dee"))).toEqual(refusal("NOT_FOUND", "`drain`"));
      const reply = await registered("ana", change);
      expect(reply).toMatchObject({
        status: 200,
        body: { remedy: "drain", approvedBy: ["bo", "cy"] },
      });
      const { body } = await world.call("terminal:cy", "GET", "/api/v1/remedies");
      expect(body["remedies"]).toEqual([reply.body]);
      const shown = await world.call("terminal:cy", "GET", "/api/v1/remedies/drain");
      expect(shown.body).toEqual({ ...reply.body, text: REMEDY });
      expect(said(await world.call("cy", "GET", "/api/v1/remedies/fill"))).toEqual(
        refusal("NOT_FOUND", "`fill`"),
      );
      // By a stolen terminal an older text could be brought back.
      const terminal = await registered("terminal:ana", change);
      expect(said(terminal)).toEqual(refusal("NOT_ALLOWED", "may not"));
    });

    it("is run by one of those it names, within its ranges, with its commands filled in", async () => {
      expect(said(await run("bo"))).toEqual(refusal("NOT_ALLOWED", "neither `bo` nor"));
      expect(said(await run("dee", { cell: "eu-1", percent: "26" }))).toEqual(
        refusal("INPUT_INVALID", "no whole number from 1 to 25"),
      );
      expect(said(await run("dee", { cell: "eu-1" }))).toEqual(refusal("INPUT_INVALID", "missing"));
      const { status, body } = await run("dee");
      expect([status, body["remedy"], body["second"]]).toEqual([200, "drain", ""]);
      const id = String(body["run"]);
      const used = await world.call("bo", "GET", "/api/v1/remedies/drain");
      expect(used.body).toMatchObject({ ranLately: 1, lastRun: { run: id, operator: "dee" } });
      const { body: runs } = await world.call("bo", "GET", "/api/v1/runs?remedy=drain");
      expect(runs).toMatchObject({ runs: [{ run: id, remedy: "drain" }], more: false });
      const plan = planOf(digestIn(REMEDY), VALUES);
      const next = nextOf(plan, []);
      expect([next.kind, plan[1]?.act.run?.argv]).toEqual(["begin", ["drain", "eu-1", "25"]]);
      expect(
        (await sent("dee", id, 1, { kind: "started", task: "check-1", part: "do" })).status,
      ).toBe(200);
      const finished = {
        kind: "finished",
        task: "check-1",
        part: "do",
        passed: true,
        by: "",
        missed: [],
        argv: ["up", "eu-1"],
        exit: 0,
        output,
      };
      expect((await sent("dee", id, 2, finished)).status).toBe(200);
      const shown = await world.call("dee", "GET", `/api/v1/runs/${id}`);
      expect(shown.body).toMatchObject({ differs: [], next: { kind: "act", task: "step:drain" } });
    });

    it("not more often than it says, also when two run it at once", async () => {
      const once = "d".repeat(32);
      const same = { remedy: "drain", values: VALUES, once };
      const twice = () => begun("terminal:dee", same);
      const replies = await Promise.all([twice(), run("cy"), run("dee")]);
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 403, 403]);
      const over = replies.find(({ status }) => status === 403);
      expect(over && said(over)).toEqual(
        refusal("NOT_ALLOWED", "2 times in the last 60 minutes, 2 are"),
      );
      if (replies[0]?.status === 200)
        // What has begun is found again, whatever its limit says by now.
        expect((await twice()).body["run"]).toBe(replies[0].body["run"]);
      world.clock.now += 3_600_001;
      expect((await run("cy")).status).toBe(200);
    });

    it("not once its rehearsal is too old, and not by somebody who left", async () => {
      world.clock.now += 3_600_001;
      await world.leave("dee");
      expect(said(await run("dee"))).toEqual(refusal("NOT_ALLOWED", "no active person"));
      world.clock.now += 91 * 86_400_000;
      expect(said(await run("cy"))).toEqual(refusal("NOT_ALLOWED", "rehearsal is older"));
    });
  });
});
