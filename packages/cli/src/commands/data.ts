// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from "node:fs";
import { GateError } from "@interlock/core";
import type { DataAnswer, Progress, Ran, Session } from "@interlock/targets";
import type { Command } from "commander";
import { type DataFile, readDataFile, unwindText, urlOf } from "../data/file.ts";
import { begunOnServer, endedOnServer, haltedOnServer, haltOf } from "../data/recorded.ts";
import { fixPlanText, ranText, statusText, unwindPlanText } from "../data/said.ts";
import { judgedBefore, keptOut, keptText, lets, verdictOf } from "../data/watched.ts";
import { EXIT } from "../exit.ts";
import { jsonText, printable } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { changeIdOf } from "./change.ts";

type Json = { readonly json?: boolean };

/** Stopped, or outside of what the file expects. */
const NOT_DONE = 1;

export function dataCommand(program: Command): void {
  const data = program
    .command("data")
    .description("fix rows of a Postgres database under the gate, and take it back")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock data plan fixes/promise.sql\n  interlock data run fixes/promise.sql --change 0123456789abcdef0123\n  interlock data unwind 0123456789abcdef0123 --database shop --write fixes/back.data.yaml\n\nThe URL of the database `shop` stands in INTERLOCK_DATABASE_SHOP.\nExit codes: 0 done, 1 stopped or outside of what the file expects, 3 it could not be run",
    );
  data
    .command("prepare")
    .description("make the journal's tables in a database, or print the SQL that makes them")
    .argument("<database>", "its name, as files say it")
    .option("--sql", "print the SQL, and do nothing")
    .action(prepare);
  data
    .command("plan")
    .description("try a fix in a transaction that is rolled back, and say what it would do")
    .argument("<file>", "the fix, or the unwind")
    .option("--json", "print JSON")
    .action(plan);
  withServer(data.command("run"))
    .description("run a fix or an unwind that an allowed change brings; run again, it goes on")
    .argument("<file>", "the fix, or the unwind")
    .requiredOption("--change <change>", "the change that has the file: its id, or its link")
    .option("--wave <number>", "go into this wave, which waited for a word", waveOf)
    .option("--resume", "go on although somebody halted it")
    .option("--json", "print JSON")
    .action(run);
  withServer(data.command("halt"))
    .description("stop a run before its next batch, wherever it runs")
    .argument("<database>", "its name, as files say it")
    .argument("<run>", "its id, or how that begins")
    .option("--because <reason>", "why, for the record", "not said")
    .action(halt);
  data
    .command("status")
    .description("runs that the journal of a database knows")
    .argument("<database>", "its name, as files say it")
    .option("--json", "print JSON")
    .action(status);
  data
    .command("unwind")
    .description("say what taking back a change's fix would do; the unwind is itself a change")
    .argument("<change>", "the change whose fix is taken back")
    .requiredOption("--database <name>", "the database, as files say it")
    .option("--run <run>", "which one, where the change has several fixes")
    .option("--bring-back", "the other way: bring back what was taken back")
    .option("--write <file>", "write the file of the unwind, to be committed and run")
    .option("--json", "print JSON")
    .action(unwind);
}

const targets = () => import("@interlock/targets");

function orThrow<T>(answer: DataAnswer<T>): T {
  if (answer.ok) return answer.value;
  const { code, message, help } = answer.failure;
  throw new GateError(code, message, help);
}

async function withSession<T>(
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const url = urlOf(database);
  const { openSession } = await targets();
  const session = orThrow(await openSession(url));
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function withJournal<T>(
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { hasJournal } = await targets();
  return await withSession(database, async (session) => {
    if (await hasJournal(session)) return await work(session);
    throw new GateError(
      "NOT_FOUND",
      `the database \`${database}\` has no journal, or one of an earlier version`,
      `run \`interlock data prepare ${database}\``,
    );
  });
}

async function prepare(database: string, { sql }: { readonly sql?: boolean }): Promise<void> {
  const { JOURNAL_SQL, prepareJournal } = await targets();
  if (sql === true) {
    process.stdout.write(JOURNAL_SQL);
    return;
  }
  await withSession(database, prepareJournal);
  process.stdout.write("the journal is there\n");
}

async function plan(path: string, { json }: Json): Promise<void> {
  const file = await readDataFile(path);
  const { planDataUnwind, planFix } = await targets();
  if (file.kind === "unwind") {
    const { unwind: of } = file;
    const planned = await withJournal(file.database, async (s) =>
      orThrow(await planDataUnwind(s, of)),
    );
    process.stdout.write(json === true ? `${jsonText(planned, 2)}\n` : unwindPlanText(planned));
    return;
  }
  const planned = await withSession(file.database, async (s) =>
    orThrow(await planFix(s, file.fix)),
  );
  if (!planned.withinBounds) process.exitCode = NOT_DONE;
  process.stdout.write(json === true ? `${jsonText(planned, 2)}\n` : fixPlanText(planned));
}

async function run(
  path: string,
  options: Pick<AccessOptions, "server"> & Json & Asked & { readonly change: string },
): Promise<void> {
  // What ends early is not done. by (fail-closed)
  process.exitCode = NOT_DONE;
  const file = await readDataFile(path);
  const change = changeIdOf(options.change);
  const { server, secret } = loginOf(options);
  const remote = remoteOf(server, secret);
  await withJournal(file.database, async (session) => {
    const { runsIn, keepVerdict } = await targets();
    const known = (await runsIn(session, { change })).find((one) => one.digest === file.digest);
    const begun = { change, path, file, halted: haltOf(known) };
    const { run: id, entry } = await begunOnServer(remote, begun);
    const of = { run: id, change, digest: file.digest, entry };
    const seen = begun.halted?.at;
    const judged = await judgedBefore(remote, { run: id, file, known, wave: options.wave });
    const verdict = judged === null ? null : verdictOf(judged);
    if (verdict !== null) await keepVerdict(session, id, verdict);
    if (judged !== null && !lets(judged)) {
      const lifted = options.resume === true ? (seen ?? null) : null;
      const kept = await keptOut(session, { run: id, verdict: judged, lifted, server });
      process.exitCode = EXIT.hold;
      process.stdout.write(
        options.json === true ? `${jsonText({ run: id, ...kept }, 2)}\n` : keptText(kept, id),
      );
      return;
    }
    const ran = await driven(session, { file, of, asked: options, seen });
    // The row of a run that has just begun was not there before.
    if (verdict !== null) await keepVerdict(session, id, verdict).catch(() => undefined);
    // Of a run that failed the journal says how far it came; a database that is away says nothing.
    const [row] = await runsIn(session, { run: id }).catch(() => []);
    const at = (ran.ok ? ran.value : row) ?? { rows: 0, batches: 0, counts: {} };
    const touched = ran.ok ? ran.value.touched : null;
    const end = { file, ran, at: { ...at, touched }, halted: haltOf(row), verdict };
    await endedOnServer(remote, id, end);
    const came = orThrow(ran);
    if (came.outcome === "done") process.exitCode = 0;
    process.stdout.write(
      options.json === true
        ? `${jsonText({ run: id, ...came, verdict }, 2)}\n`
        : ranText(came, id, verdict),
    );
  });
}

type Of = Parameters<Awaited<ReturnType<typeof targets>>["runFix"]>[1]["of"];

type Asked = { readonly wave?: number; readonly resume?: boolean };
/** `seen`: the halt that the server knew when it let the run begin. */
type Driven = {
  readonly file: DataFile;
  readonly of: Of;
  readonly asked: Asked;
  readonly seen: number | undefined;
};

async function driven(session: Session, given: Driven): Promise<DataAnswer<Ran>> {
  const { file, of, asked, seen } = given;
  const { runFix, runUnwind } = await targets();
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  const bar = progressOn(process.stderr, "rows");
  const driving = {
    ...{ signal: stop.signal, wave: asked.wave, resume: asked.resume === true ? seen : undefined },
    onProgress: ({ rows, expected }: Progress) => bar.at(rows, expected),
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return file.kind === "fix"
      ? await runFix(session, { fix: file.fix, of, ...driving })
      : await runUnwind(session, { unwind: file.unwind, of, ...driving });
  } finally {
    bar.end();
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

function waveOf(text: string): number {
  if (/^[1-9][0-9]?$/.test(text)) return Number(text);
  throw new GateError("USAGE", `\`${text}\` is no wave`, "waves are counted from 1");
}

async function halt(
  database: string,
  written: string,
  options: Pick<AccessOptions, "server"> & { readonly because: string },
): Promise<void> {
  const { haltRun, runsIn } = await targets();
  const run = await withJournal(database, async (session) => {
    const [only, ...more] = (await runsIn(session)).filter(
      (one) => one.finishedAt === null && one.run.startsWith(written),
    );
    if (
      only === undefined ||
      more.length > 0 ||
      !(await haltRun(session, only.run, options.because))
    )
      throw new GateError(
        "NOT_FOUND",
        `no single open run of that journal begins with \`${written}\``,
        `see \`interlock data status ${database}\``,
      );
    return (await runsIn(session, { run: only.run }))[0] ?? only;
  });
  process.stdout.write(`halted: ${run.rows} row(s) were written, run ${run.run.slice(0, 12)}\n`);
  const halted = haltOf(run);
  if (halted === null) return;
  // The database stopped it already; that the server is away takes nothing from that.
  const why = await haltedOnServer(options, { run: run.run, halted });
  process.stdout.write(
    why === null
      ? "it is on record\n"
      : `not on record yet, whoever runs it brings it there: ${printable(why)}\n`,
  );
}

async function status(database: string, { json }: Json): Promise<void> {
  const { runsIn } = await targets();
  const runs = await withJournal(database, (session) => runsIn(session));
  process.stdout.write(json === true ? `${jsonText(runs, 2)}\n` : statusText(runs));
}

type UnwindOptions = Json & {
  readonly database: string;
  readonly run?: string;
  readonly bringBack?: boolean;
  readonly write?: string;
};

async function unwind(written: string, options: UnwindOptions): Promise<void> {
  const change = changeIdOf(written);
  const { database, json, write } = options;
  const { planDataUnwind, runsIn } = await targets();
  const bringBack = options.bringBack === true;
  const { planned, run: id } = await withJournal(database, async (session) => {
    const found = (await runsIn(session, { change })).filter(
      (one) => one.way === "fix" && (options.run === undefined || one.run.startsWith(options.run)),
    );
    const [only, ...more] = found;
    if (only === undefined || more.length > 0)
      throw new GateError(
        "NOT_FOUND",
        `the journal knows ${found.length} fix(es) of the change \`${change}\` that are meant`,
        `see \`interlock data status ${database}\`, and name one with \`--run\``,
      );
    const way = bringBack ? "redo" : "undo";
    const terms = { ...PLANNING, quarantineMax: Number.MAX_SAFE_INTEGER };
    const answer = await planDataUnwind(session, { run: only.run, way, terms });
    return { planned: orThrow(answer), run: only.run };
  });
  process.stdout.write(json === true ? `${jsonText(planned, 2)}\n` : unwindPlanText(planned));
  if (write === undefined) return;
  const of = (what: string) => planned.counts[what] ?? 0;
  writeFileSync(
    write,
    unwindText({
      ...{ database, run: id, change, bringBack },
      ...{ rows: of("restore") + of("re-run"), quarantine: of("quarantine") },
    }),
    { flag: "wx" },
  );
}

const PLANNING = {
  expect: { min: 0, max: Number.MAX_SAFE_INTEGER },
  pauseMs: 0,
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 60_000,
  tries: 3,
};
