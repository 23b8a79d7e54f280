// SPDX-License-Identifier: Apache-2.0
import { waited } from "../polling.ts";
import type { Answered, Seen } from "../target.ts";
import type { Repository } from "./repository.ts";

/** The tree without entries, which git knows without having it. */
const EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const PLACE_MAX = 100_000;

type Tips = ReadonlyMap<string, string | null>;

/** Looks at the branches again and again; what lies between two commits is asked of git. */
export async function* watchGit(
  ready: () => Answered<Repository>,
  since: string | null,
  signal: AbortSignal,
): AsyncGenerator<Seen> {
  let tips = since === null ? null : tipsOf(since);
  while (!signal.aborted) {
    const repository = ready();
    const now = repository.ok ? await tipsNow(repository.value) : null;
    if (repository.ok && now !== null && placeOf(now) !== (tips === null ? "" : placeOf(tips))) {
      const changes = tips === null ? null : await changesOf(repository.value, tips, now);
      const before = tips === null ? "" : placeOf(tips);
      if (changes === null) yield { kind: "gap", at: placeOf(now) };
      else
        for (const [nth, change] of changes.entries())
          yield {
            kind: "changed",
            ...change,
            at: nth === changes.length - 1 ? placeOf(now) : before,
          };
      tips = now;
    }
    if (repository.ok) await waited(repository.value.settings.pollMs, signal);
    else await waited(1_000, signal);
  }
}

async function tipsNow(repository: Repository): Promise<Tips | null> {
  const tips = new Map<string, string | null>();
  for (const { branch } of repository.settings.cells.values()) {
    if (tips.has(branch)) continue;
    const tip = await repository.tip(branch);
    if (!tip.ok) return null;
    tips.set(branch, tip.value);
  }
  return tips;
}

/** `null`: git does not know the commits between which the changes lie. */
async function changesOf(
  repository: Repository,
  before: Tips,
  after: Tips,
): Promise<readonly { readonly cell: string; readonly key: string }[] | null> {
  const changes: { readonly cell: string; readonly key: string }[] = [];
  for (const [branch, tip] of after) {
    const old = before.get(branch);
    if (old === undefined) return null;
    if (old === tip) continue;
    const args = [
      "diff-tree",
      "-r",
      "-z",
      "--no-renames",
      "--name-only",
      old ?? EMPTY,
      tip ?? EMPTY,
    ];
    const end = await repository.run(args);
    if (end.code !== 0) return null;
    for (const path of end.out.toString("utf8").split("\0"))
      for (const [cell, place] of repository.settings.cells) {
        const key = path.slice(place.folder.length + 1);
        const isOurs = place.branch === branch && path.startsWith(`${place.folder}/`);
        if (isOurs && !key.startsWith(".interlock/")) changes.push({ cell, key });
      }
  }
  return changes;
}

const placeOf = (tips: Tips): string =>
  JSON.stringify([...tips].sort(([a], [b]) => (a < b ? -1 : 1)));

function tipsOf(place: string): Tips | null {
  if (place.length > PLACE_MAX) return null;
  try {
    const value: unknown = JSON.parse(place);
    if (!Array.isArray(value)) return null;
    const tips = new Map<string, string | null>();
    for (const pair of value) {
      const [branch, tip] = Array.isArray(pair) ? pair : [];
      if (typeof branch !== "string") return null;
      if (tip !== null && !(typeof tip === "string" && /^[0-9a-f]{40}$/.test(tip))) return null;
      tips.set(branch, tip);
    }
    return tips;
  } catch {
    // Not a place that we gave: there is a gap.
    return null;
  }
}
