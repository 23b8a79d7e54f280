// SPDX-License-Identifier: Apache-2.0
import {
  DELTA_GROUPS,
  DELTAS_MAX,
  type Delta,
  type DeltaGroup,
  type Effect,
  FACTS_VERSION,
  type Facts,
  type FileFact,
  type Gap,
  isUnknown,
  type SystemFact,
  unknown,
} from "@interlock/core";
import { type Catalog, systemsOf } from "../catalog/catalog.ts";
import { contractsSource } from "../contracts/source.ts";
import { environmentOf } from "../files/environment.ts";
import { gatePartsOf, kindOf, languageOf } from "../files/kind.ts";
import type { ChangedFile, Source, SourceResult } from "../source.ts";
import { attachedFile } from "./attached.ts";
import { changedFile } from "./changed-file.ts";
import type { GatherInput, RawFile } from "./input.ts";
import { blastOf } from "./reach.ts";
import { withoutEscapes } from "./renames.ts";

const FILES_MAX = 20_000;
const EFFECTS_MAX = 1_000;
const GAPS_MAX = 1_000;

/**
 * Gathers the facts of one change. Never throws for what the change contains: a source that fails is
 * a gap in its group, and the rules that read it hold. by (fail-closed)
 */
export async function gatherFacts(input: GatherInput, sources: readonly Source[]): Promise<Facts> {
  const raw = isUnknown(input.files) ? [] : withoutEscapes(input.files, { ...input, sources });
  const files = [...raw, ...(input.attached ?? []).map(attachedFile)].map(changedFile);
  const gaps: Gap[] = [...input.gaps];
  const deltas = new Map<DeltaGroup, Delta[]>(DELTA_GROUPS.map((g) => [g, []]));
  const effects: Effect[] = [];
  for (const source of [...sources, contractsSource(input.catalog, raw)]) {
    const result = await readSource(source, files, { raw, world: input.world });
    deltas.get(source.group)?.push(...result.deltas);
    effects.push(...result.effects);
    gaps.push(...result.gaps);
  }
  const facts = raw.map((f) => fileFact(f, input));
  const systems = touchedSystems(input.catalog, facts);
  const groups = Object.fromEntries(
    DELTA_GROUPS.map((g) => [g, bounded(deltas.get(g) ?? [], g, gaps)]),
  );
  return {
    version: FACTS_VERSION,
    now: input.now,
    change: {
      ...input.change,
      environment: input.change.environment ?? environmentOfAll(facts),
      files: isUnknown(input.files)
        ? input.files
        : facts.length > FILES_MAX
          ? tooMany(facts.length)
          : facts,
      totals: totalsOf(facts),
      systems: isUnknown(input.files) ? input.files : systems,
      gate: [...new Set(facts.flatMap((f) => gatePartsOf(f.path)))].sort(),
    },
    blast: blastOf(
      input.catalog,
      systems.map((s) => s.id),
    ),
    // Every delta group is set by the loop above.
    ...(groups as Record<DeltaGroup, readonly Delta[]>),
    effects: [...effects].sort(largestFirst).slice(0, EFFECTS_MAX),
    context: input.context,
    gaps: boundedGaps(gaps),
    people: input.people,
    calendars: {},
    evidence: input.evidence,
    ...(input.history === undefined ? {} : { history: input.history }),
  };
}

async function readSource(
  source: Source,
  files: readonly ChangedFile[],
  { raw, world }: { readonly raw: readonly RawFile[] } & Pick<GatherInput, "world">,
): Promise<SourceResult> {
  const unread = new Map(raw.flatMap((f) => (f.unread === null ? [] : [[f.path, f.unread]])));
  const all = files.filter((f) => source.wants(f));
  const wanted = all.filter((f) => !unread.has(f.path));
  const gaps: Gap[] = all.flatMap((f) => {
    const why = unread.get(f.path);
    return why === undefined ? [] : [{ group: source.group, path: f.path, ...why }];
  });
  if (wanted.length === 0) return { deltas: [], effects: [], gaps };
  try {
    const result = await source.read(wanted, world);
    return { ...result, gaps: [...gaps, ...result.gaps] };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const gap: Gap = {
      group: source.group,
      path: wanted.length === 1 ? (wanted[0]?.path ?? "") : "",
      code: "source-failed",
      detail: detail.slice(0, 500),
      help: "report this: a reader must not fail on any input",
    };
    return { deltas: [], effects: [], gaps: [...gaps, gap] };
  }
}

function fileFact(raw: RawFile, input: GatherInput): FileFact {
  return {
    path: raw.path,
    ...(raw.oldPath === null ? {} : { oldPath: raw.oldPath }),
    status: raw.status,
    kind: kindOf(raw.path),
    language: languageOf(raw.path),
    environment: environmentOf(raw.path),
    mode: raw.mode,
    oldMode: raw.oldMode,
    added: raw.added,
    deleted: raw.deleted,
    binary: raw.binary,
    bytesBefore: raw.bytesBefore,
    bytesAfter: raw.bytesAfter,
    owners: input.ownersOf(raw.path),
    systems: systemsOf(input.catalog, raw.path),
  };
}

function touchedSystems(catalog: Catalog, files: readonly FileFact[]): readonly SystemFact[] {
  const touched = new Set(files.flatMap((f) => f.systems));
  return catalog.systems
    .filter((s) => touched.has(s.id))
    .map((s) => ({
      id: s.id,
      tier: s.tier,
      owner:
        s.owner ??
        unknown(
          `\`${s.id}\` has no owner in the catalog`,
          "add `owner` to it in `interlock/catalog.yaml`",
        ),
      org: s.org,
      cells: s.cells,
      orderSharePpm: s.orderSharePpm,
      incidents: s.incidents,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function totalsOf(files: readonly FileFact[]): Facts["change"]["totals"] {
  const folder = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
  return {
    files: files.length,
    added: files.reduce((n, f) => n + f.added, 0),
    deleted: files.reduce((n, f) => n + f.deleted, 0),
    binary: files.filter((f) => f.binary).length,
    directories: new Set(files.map((f) => folder(f.path))).size,
  };
}

/** A change is of production as soon as one of its files is. */
function environmentOfAll(files: readonly FileFact[]): Facts["change"]["environment"] {
  const named = new Set(files.map((f) => f.environment));
  if (named.has("production")) return "production";
  return named.size === 1 && named.has("non-production") ? "non-production" : "unknown";
}

const tooMany = (n: number) =>
  unknown(
    `the change touches ${n} files, more than ${FILES_MAX}`,
    "split the change, or judge it as a migration with a document of its own",
  );

function bounded(deltas: readonly Delta[], group: DeltaGroup, gaps: Gap[]): readonly Delta[] {
  const sorted = [...deltas].sort(byPlace);
  if (sorted.length <= DELTAS_MAX) return sorted;
  gaps.push({
    group,
    path: "",
    code: "truncated",
    detail: `${sorted.length} deltas, more than ${DELTAS_MAX}`,
    help: "split the change",
  });
  return sorted.slice(0, DELTAS_MAX);
}

function boundedGaps(gaps: readonly Gap[]): readonly Gap[] {
  const distinct = [...new Map(gaps.map((g) => [`${g.group}\n${g.path}\n${g.code}`, g])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, g]) => g);
  // Whatever is cut off still holds: one gap a group stands for the rest of it.
  if (distinct.length <= GAPS_MAX) return distinct;
  const rest = [...new Set(distinct.slice(GAPS_MAX - 20).map((g) => g.group))];
  return [
    ...distinct.slice(0, GAPS_MAX - 20),
    ...rest.map((group) => ({
      group,
      path: "",
      code: "truncated",
      detail: "more gaps than are listed",
      help: "split the change",
    })),
  ];
}

function byPlace(a: Delta, b: Delta): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  const x = `${a.aspect}\n${a.subject}\n${a.op}`;
  const y = `${b.aspect}\n${b.subject}\n${b.op}`;
  return x < y ? -1 : x > y ? 1 : 0;
}

function largestFirst(a: Effect, b: Effect): number {
  return (
    b.sharePpm - a.sharePpm ||
    b.count - a.count ||
    (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0) ||
    (a.path < b.path ? -1 : 1)
  );
}
