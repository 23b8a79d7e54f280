// SPDX-License-Identifier: Apache-2.0
/**
 * What is done before the server is asked about a push: look where its refs stand, and bring in what
 * landed while the server was away. by (approvals-end)
 */
import { GateError } from "@interlock/core";
import type { Repository } from "@interlock/facts";
import { printable } from "../output/printable.ts";
import { pendingRecords } from "./away.ts";
import { importPending } from "./import.ts";
import { isNothing, type RefUpdate } from "./push.ts";
import type { Settings } from "./settings.ts";

/**
 * git takes from whoever pushes where a ref stands, and compares it only as it moves the ref: too late for a
 * server that takes it for seen. The ids at which the refs of a push stand; none for one that is not there.
 */
export async function standingAt(
  repository: Repository,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { refs } = await repository.refs(...new Set(names));
  return new Map(refs.map(({ name, oid }) => [name, oid]));
}

/** Why an update is not judged: its ref stands elsewhere than the push says; `null`: it does not. */
export function whyMoved(
  { ref, old }: RefUpdate,
  standing: ReadonlyMap<string, string>,
): readonly string[] | null {
  const at = standing.get(ref) ?? null;
  if (at === null ? isNothing(old) : at === old) return null;
  const stands = at === null ? "is not there" : `stands at ${at.slice(0, 12)}`;
  const said = isNothing(old) ? "a new ref" : old.slice(0, 12);
  return [
    `the ref has moved: it ${stands}, and the push says ${said}`,
    "help: fetch and push again",
  ];
}

/** Whoever pushes waits for it, also for a server that does not answer; the next push goes on. */
const BROUGHT_MS = 5_000;
const BROUGHT_AT_ONCE = 50;

/** What the server does not know yet of what landed: by ref, why not. */
export type Behind = {
  readonly targets: readonly string[];
  readonly because: string;
};

export type Brought = {
  /** What whoever pushes should know of it. */
  readonly says: string;
  /** `null`: nothing that is kept here is missing there. */
  readonly behind: Behind | null;
};

/**
 * Brings in what landed while the server was away. What it does not know it cannot judge by: a revert
 * among it would leave approvals standing that have let their content land.
 */
export async function bringBefore(
  { gitDir, settings }: { readonly gitDir: string; readonly settings: Settings },
  refs: readonly string[],
): Promise<Brought> {
  try {
    return await bring(gitDir, settings);
  } catch (error) {
    const known = error instanceof GateError || (error instanceof Error && "syscall" in error);
    if (!known) throw error;
    // What cannot be read, or marked as brought, may be about any ref. by (fail-closed)
    return { says: "", behind: { targets: refs, because: error.message } };
  }
}

async function bring(gitDir: string, settings: Settings): Promise<Brought> {
  if (pendingRecords(gitDir).length === 0) return { says: "", behind: null };
  const { imported, waits } = await importPending(gitDir, settings, {
    records: BROUGHT_AT_ONCE,
    until: Date.now() + Math.min(settings.timeoutMs, BROUGHT_MS),
  });
  const lines = [
    ...imported.map(
      ({ target, index, says }) =>
        `what landed on ${target} while the server was away is entry ${index}${says === null ? "" : `, which does not verify: ${says}`}`,
    ),
    ...(waits === null
      ? []
      : [
          `${waits.count} record(s) of what landed while the server was away wait to be imported: ${waits.because}`,
        ]),
  ];
  return { says: lines.map((line) => `  ! ${printable(line)}\n`).join(""), behind: waits };
}

/** What is said of a push that the server allows without knowing what landed before it. */
export const waitsBehind = ({ because }: Behind): readonly string[] => [
  `it waits, since the server does not know yet what landed on this ref while it was away: ${because}`,
  "help: `interlock hook import` on the machine of the repository says what is missing; then push again",
];
