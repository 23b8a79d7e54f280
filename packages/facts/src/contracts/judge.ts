// SPDX-License-Identifier: Apache-2.0
import { type Delta, type Effect, type Gap, globMatches } from "@interlock/core";
import type { Catalog } from "../catalog/catalog.ts";
import type { Contract } from "../catalog/contract.ts";
import type { Node } from "../config/types.ts";
import type { ChangedFile, SourceResult } from "../source.ts";
import { type Breach, type Doubt, introduced } from "./breach.ts";
import { asksForTree, type Evaluation, evaluate } from "./evaluate.ts";
import { type Elsewhere, elsewhereOf, placesOf } from "./lookup.ts";
import { entries, sizeOf } from "./members.ts";
import { select } from "./pointer.ts";
import { breachDelta, doubtGap, needsVersionDeltas, readersEffect } from "./report.ts";
import type { Files, State, Touched } from "./state.ts";
import { compareStates } from "./step.ts";

export type Judged = {
  readonly contract: Contract;
  /** Where its readers are looked up. */
  readonly catalog: Catalog;
  /** Proposed by the change itself: what breaks it was never fine before. */
  readonly isNew: boolean;
};

export type Surroundings = {
  readonly files: readonly ChangedFile[];
  readonly touched: readonly Touched[];
  readonly known: Files;
};

/** One file under a contract, on both sides. */
type Pair = {
  readonly path: string;
  readonly before: State | null;
  readonly after: State | null;
  /** Its text could not be read, which the gatherer has reported. */
  readonly unread: boolean;
};

export async function judgeContract(judged: Judged, around: Surroundings): Promise<SourceResult> {
  const { contract, isNew } = judged;
  const { pairs, doubts } = await pairsOf(judged, around);
  const report = { deltas: [] as Delta[], effects: [] as Effect[], gaps: [] as Gap[] };
  report.gaps.push(...doubts.map((d) => doubtGap(contract, "", d)));
  if (pairs.length === 0) return report;
  const elsewhere = {
    before: isNew ? NOTHING_ELSEWHERE : await elsewhereOf(contract, around.known, "before"),
    after: await elsewhereOf(contract, around.known, "after"),
  };
  for (const pair of pairs) await judgePair(judged, pair, { elsewhere, around, report });
  return report;
}

const NOTHING_ELSEWHERE: Elsewhere = { documents: new Map(), doubts: [] };

type Work = {
  readonly elsewhere: { readonly before: Elsewhere; readonly after: Elsewhere };
  readonly around: Surroundings;
  readonly report: { readonly deltas: Delta[]; readonly effects: Effect[]; readonly gaps: Gap[] };
};

async function judgePair(judged: Judged, pair: Pair, work: Work): Promise<void> {
  const { contract, catalog, isNew } = judged;
  const { elsewhere, around, report } = work;
  const at = { contract, catalog, path: pair.path };
  if (pair.after === null) {
    if (pair.before === null) return;
    const others = (await around.known.paths(contract.path, "after")).paths;
    const left = await Promise.all(others.map((p) => around.known.at(p, "after", contract.format)));
    if (left.some((l) => l.state !== null || l.doubt !== null)) return;
    add(report, contract, [breachDelta(at, GONE, pair.before.path)]);
    return;
  }
  const before =
    pair.before === null || isNew ? null : evaluate(contract, pair.before, elsewhere.before);
  const after = evaluate(contract, pair.after, elsewhere.after);
  if (!pair.unread) report.gaps.push(...after.doubts.map((d) => doubtGap(contract, pair.path, d)));
  const steps =
    before === null || pair.before === null
      ? []
      : compareStates(
          contract,
          { state: pair.before, evaluation: before },
          { state: pair.after, evaluation: after },
        );
  const found = [...introduced(before?.breaches ?? [], after.breaches), ...steps];
  add(
    report,
    contract,
    found.map((b) => breachDelta(at, b, textAt(pair.before, before, b))),
  );
  if (!isUsed(contract, before) && isUsed(contract, after))
    report.deltas.push(...needsVersionDeltas(at, after.selected[0] ?? { name: "", line: 1 }));
}

function add(report: Work["report"], contract: Contract, deltas: readonly Delta[]): void {
  report.deltas.push(...deltas);
  if (deltas[0] !== undefined) report.effects.push(...readersEffect(contract, deltas[0]));
}

const GONE: Breach = {
  kind: "removed",
  name: "",
  lasting: "",
  line: 1,
  shown: "the file is gone",
  takes: "it to be there",
  excess: null,
};

const isUsed = (contract: Contract, evaluation: Evaluation | null): boolean =>
  evaluation !== null &&
  (asksForTree(contract) ? evaluation.selected.length > 0 : evaluation.binds);

/** What stood at the same place, or how it broke the contract before. */
function textAt(state: State | null, before: Evaluation | null, found: Breach): string {
  const same = before?.breaches.find((b) => b.kind === found.kind && b.name === found.name);
  if (same !== undefined) return same.shown;
  if (state === null || "code" in state.documents || found.name === "") return "";
  const chosen = before?.selected.find((s) => s.name === found.name);
  const node =
    chosen?.node ?? state.documents.map((d) => exact(d, found.name)).find((n) => n !== null);
  if (node === undefined || node === null) return "";
  return node.kind === "scalar" ? node.text : entries(sizeOf(node));
}

const exact = (document: Node, name: string): Node | null =>
  select(document, name).found[0]?.node ?? null;

async function pairsOf(
  { contract, isNew }: Judged,
  { files, touched, known }: Surroundings,
): Promise<{ readonly pairs: readonly Pair[]; readonly doubts: readonly Doubt[] }> {
  const byPath = new Map(files.map((f) => [f.path, f]));
  const own = touched.flatMap((t): readonly Touched[] =>
    [t.path, t.oldPath].some((p) => p !== null && globMatches(contract.path, p)) ? [t] : [],
  );
  const pairs = await Promise.all(
    own.map(async (t): Promise<Pair> => {
      const file = byPath.get(t.path);
      const matchesNow = globMatches(contract.path, t.path);
      const matchedThen = globMatches(contract.path, t.oldPath ?? t.path);
      if (file === undefined) return unreadPair(t, isNew, known, contract);
      return {
        path: t.path,
        before: matchedThen ? known.sideOf(file, "before", contract.format) : null,
        after: matchesNow ? known.sideOf(file, "after", contract.format) : null,
        unread: false,
      };
    }),
  );
  const referring = await referringPairs(contract, { files, touched, known });
  return { pairs: [...pairs, ...referring.pairs], doubts: referring.doubts };
}

/** A file whose text nobody read: its size is known all the same, and the text of a proposed contract's file. */
async function unreadPair(
  t: Touched,
  isNew: boolean,
  known: Files,
  contract: Contract,
): Promise<Pair> {
  const side = (bytes: number): State => ({ path: t.path, bytes, text: null, documents: UNREAD });
  const read =
    isNew && t.status !== "deleted" ? await known.at(t.path, "after", contract.format) : null;
  return {
    path: t.path,
    before: t.status === "added" || isNew ? null : side(t.bytesBefore),
    after: t.status === "deleted" ? null : (read?.state ?? side(t.bytesAfter)),
    unread: !isNew,
  };
}

const UNREAD: Doubt = {
  code: "unreadable",
  detail: "it was not read",
  help: "have its readers look at it",
};

/** Files that the change leaves alone and that refer to one which it touches. */
async function referringPairs(
  contract: Contract,
  { touched, known }: Surroundings,
): Promise<{ readonly pairs: readonly Pair[]; readonly doubts: readonly Doubt[] }> {
  const globs = placesOf(contract).flatMap((p) => (p.path === null ? [] : [p.path]));
  const isTouched = (glob: string) =>
    touched.some((t) => [t.path, t.oldPath].some((p) => p !== null && globMatches(glob, p)));
  if (!globs.some(isTouched)) return { pairs: [], doubts: [] };
  const { paths, doubts } = await known.paths(contract.path, "after");
  const changed = new Set(touched.map((t) => t.path));
  const read = await Promise.all(
    paths.filter((p) => !changed.has(p)).map((p) => known.at(p, "after", contract.format)),
  );
  return {
    pairs: read.flatMap(({ state }) =>
      state === null ? [] : [{ path: state.path, before: state, after: state, unread: false }],
    ),
    doubts: [...doubts, ...read.flatMap((r) => (r.doubt === null ? [] : [r.doubt]))],
  };
}
