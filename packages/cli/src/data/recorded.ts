// SPDX-License-Identifier: Apache-2.0
/** Asks the server whether a file of a change may write, and says what came of it. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { GateError, isUnknown } from "@interlock/core";
import { openRepository, readContents } from "@interlock/facts";
import { type DataHalted, type DataRunShown, type DataVerdict, dataApi } from "@interlock/protocol";
import type { DataAnswer, Ran, RunRow } from "@interlock/targets";
import { recompute } from "../gate/recompute.ts";
import { shownChange } from "../gate/shown.ts";
import { type AccessOptions, loginOf, remoteOf } from "../remote/access.ts";
import { asked, type Remote } from "../remote/client.ts";
import type { DataFile } from "./file.ts";

/**
 * Begins the run on the server, which makes the digest of the change again and looks whether it brings
 * this file with these bytes. Throws `GateError`; nothing may be written before it answered. by (entry-first)
 */
export async function begunOnServer(
  remote: Remote,
  given: {
    readonly change: string;
    readonly path: string;
    readonly file: DataFile;
    readonly halted: DataHalted | null;
  },
): Promise<DataRunShown> {
  const { change, path, file, halted } = given;
  const at = realpathSync(resolve(path));
  const repository = await openRepository(dirname(at));
  try {
    const shown = await shownChange(remote, change);
    const found = await recompute(repository, shown, null);
    if (found.kind === "differs")
      throw new GateError(
        "CHANGE_DIFFERS",
        ["the change that is here is not the one that the server shows", ...found.says].join(
          "\n  ",
        ),
        "check out the repository of that change, with its whole history",
      );
    const { subject, ref: target } = found.arrives;
    const { repository: identity } = found.question.place;
    const read = await readContents({
      ...{ repository, after: subject.after, change: subject.change },
      ...{ identity, target, commits: subject.commits },
    });
    if (isUnknown(read))
      throw new GateError("FACTS_INVALID", read.$unknown.because, "make the change readable");
    const { entries, attributes, plan, document } = read.input;
    return await asked(remote, dataApi.beginDataRun, {
      body: {
        ...{ change, entries, attributes, plan, document, fix: file.digest, halted },
        path: relative(topOf(dirname(at)), at).replaceAll("\\", "/"),
        way: file.kind === "fix" ? "fix" : file.unwind.way,
        of: file.kind === "fix" ? null : file.unwind.run,
      },
    });
  } finally {
    repository.close();
  }
}

function topOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at)
      throw new GateError(
        "NOT_A_REPOSITORY",
        `\`${folder}\` is in no work tree`,
        "run it in a clone",
      );
  }
}

/** A halt as the server hears of it; `null`: the journal has none that stands. */
export const haltOf = (row: RunRow | undefined): DataHalted | null =>
  row === undefined || row.haltedAt === null || row.finishedAt !== null
    ? null
    : {
        at: row.haltedAt,
        role: row.haltedBy ?? "not known",
        because: row.haltedBecause ?? "not said",
      };

/** Tells the server what the run came to. */
export async function endedOnServer(
  remote: Remote,
  run: string,
  given: {
    readonly file: DataFile;
    readonly ran: DataAnswer<Ran>;
    readonly at: Pick<Ran, "rows" | "batches" | "counts" | "touched">;
    readonly halted: DataHalted | null;
    readonly verdict: DataVerdict | null;
  },
): Promise<void> {
  const { file, ran, at, halted, verdict } = given;
  const of = (what: string) => at.counts[what] ?? 0;
  await asked(remote, dataApi.endDataRun, {
    params: { run },
    body: {
      ...{ outcome: ran.ok ? ran.value.outcome : "failed", rows: at.rows, batches: at.batches },
      ...{ touched: at.touched, wave: ran.ok ? ran.value.next : null, halted },
      ...(verdict === null ? {} : { verdict }),
      unwound:
        file.kind === "fix"
          ? null
          : {
              ...{ restored: of("restore"), kept: of("keep") },
              ...{ rerun: of("re-run"), quarantined: of("quarantine") },
            },
    },
  });
}

/** Puts a halt on record; why that did not go, or `null`. */
export async function haltedOnServer(
  options: Pick<AccessOptions, "server">,
  { run, halted }: { readonly run: string; readonly halted: DataHalted },
): Promise<string | null> {
  try {
    const { server, secret } = loginOf(options);
    await asked(remoteOf(server, secret), dataApi.haltDataRun, { params: { run }, body: halted });
    return null;
  } catch (error) {
    if (error instanceof GateError) return error.message;
    throw error;
  }
}
