// SPDX-License-Identifier: Apache-2.0
import type { Delta, Gap } from "@interlock/core";
import { DELTAS_MAX, delta } from "@interlock/core";
import type { ChangedFile, Source, SourceResult, World } from "../source.ts";
import { alertDeltas } from "./alerts.ts";
import { BATCH_DETECTORS } from "./batch.ts";
import { coupledDeltas, unflaggedBehaviour } from "./behaviour.ts";
import { DEADLINE_DETECTORS, deadlineDeltas } from "./deadlines.ts";
import { deleteDeltas } from "./deletes.ts";
import { bracketDepth, CODE_DEPTH_MAX, CODE_TEXT_MAX, loadEngine, type Parse } from "./engine.ts";
import { flagDeltas } from "./flags.ts";
import { dialectOf, isBrowserPath, isCode, isTestPath } from "./language.ts";
import { letGo } from "./let-go.ts";
import { type NewSighting, newSightings, type Pair } from "./novelty.ts";
import { numberDeltas } from "./numbers.ts";
import { detectorOf } from "./pattern.ts";
import { ERROR_PATTERNS } from "./patterns/errors.ts";
import { NULLABLE_PATTERNS } from "./patterns/nullable.ts";
import { QUEUE_PATTERNS } from "./patterns/queues.ts";
import { RETRY_PATTERNS } from "./patterns/retries.ts";
import { TIME_PATTERNS } from "./patterns/time.ts";
import { TIMEOUT_PATTERNS } from "./patterns/timeouts.ts";
import { REGEX_DETECTORS } from "./regex/find.ts";
import { changedRegions } from "./region.ts";
import { droppedAlternatives, removalDeltas } from "./removals.ts";
import { lostPauses, RETRY_DETECTORS } from "./retries.ts";
import { secretDeltas } from "./secrets.ts";
import type { Detector, Side } from "./sighting.ts";
import { STARTUP_DETECTORS } from "./startup.ts";
import { lostTests, TEST_DETECTORS } from "./tests.ts";
import { repeatedJumps, turnedDeltas } from "./turned.ts";
import { WORD_DETECTORS } from "./words.ts";

/** All patterns as data, for tests and for the documents that list them. */
export const PATTERNS = [
  ...TIMEOUT_PATTERNS,
  ...RETRY_PATTERNS,
  ...QUEUE_PATTERNS,
  ...ERROR_PATTERNS,
  ...NULLABLE_PATTERNS,
  ...TIME_PATTERNS,
];

const PROGRAM_DETECTORS: readonly Detector[] = [
  ...PATTERNS.map(detectorOf),
  ...RETRY_DETECTORS,
  ...STARTUP_DETECTORS,
  ...BATCH_DETECTORS,
  ...DEADLINE_DETECTORS,
  ...WORD_DETECTORS,
  ...REGEX_DETECTORS,
];

/** Tests are searched by words only, which is cheap; some are very long. */
const TEST_TEXT_MAX = 10_000_000;
const CONFIG_KINDS = new Set(["config", "infrastructure", "manifest", "workflow", "other"]);
const QUIET_KINDS = new Set(["vendored", "generated", "lock"]);

/** R01 to R15, R19, R42, R63: what a change brings into program text, and secrets anywhere. */
export const CODE_SOURCE: Source = {
  group: "code",
  wants: (file) => !QUIET_KINDS.has(file.kind),
  read: readCode,
};

async function readCode(files: readonly ChangedFile[], world: World): Promise<SourceResult> {
  const gaps: Gap[] = [];
  const readable = files.filter((file) => !QUIET_KINDS.has(file.kind));
  const sized = readable.filter((file) => withinLimit(file, gaps));
  const code = sized.filter(
    (file) => !isMinified(file) && (isCode(file.path) || CONFIG_KINDS.has(file.kind)),
  );
  const parse = await engineFor(code, gaps);
  const pairs = new Map(code.map((file) => [file, pairOf(file, parse, gaps)]));
  const product = code.filter((file) => !isTest(file));
  const sightings = sightingDeltas(PROGRAM_DETECTORS, product, pairs);
  const unbounded = new Set(
    sightings.flatMap(({ aspect, path }) => (aspect === "no-timeout" ? [path] : [])),
  );
  const deltas = [
    ...sightings,
    ...sightingDeltas(TEST_DETECTORS, code.filter(isTest), pairs),
    // A library's call without a limit says more than the limit that is gone from it.
    ...comparisons(product, pairs)
      .filter(({ aspect, path }) => aspect !== "timeout-removed" || !unbounded.has(path))
      // A test that changes along says what the condition is now meant to be.
      .filter(({ aspect }) => aspect !== "condition-shortened" || !sized.some(isTest)),
    ...additions(product, sized, pairs),
    ...turned(product, pairs, sized.some(isTest)),
    ...sized.filter(isMinified).map(unread),
    ...lostTests(sized),
    ...alertDeltas(sized),
    ...deadlineDeltas(sized.filter((file) => !isTest(file))),
    ...secretDeltas(sized),
    ...(await flagDeltas(sized, world, gaps)),
  ];
  if (deltas.length > DELTAS_MAX)
    gaps.push(gap("", "truncated", `${deltas.length} findings in code, ${DELTAS_MAX} kept`));
  return { deltas: deltas.slice(0, DELTAS_MAX), effects: [], gaps };
}

/** Nobody writes or reads such a line: what has one was generated, and is only reported. */
const WRITTEN_LINE_MAX = 5_000;

/** The first line that is too long to have been written, 0 when there is none. */
function unwrittenLine(text: string | null): number {
  if (text === null) return 0;
  let line = 1;
  for (let start = 0; start + WRITTEN_LINE_MAX < text.length; line += 1) {
    const end = text.indexOf("\n", start);
    if (end === -1 || end - start > WRITTEN_LINE_MAX) return line;
    start = end + 1;
  }
  return 0;
}

const isMinified = (file: ChangedFile): boolean =>
  isCode(file.path) && !isTest(file) && unwrittenLine(file.after) > 0;

function unread(file: ChangedFile): Delta {
  return delta({
    path: file.path,
    line: unwrittenLine(file.after),
    subject: file.path,
    aspect: "unread-code",
    op: file.before === null ? "added" : "changed",
    environment: file.environment,
    tags: [
      ...(isBrowserPath(file.path) ? ["browser"] : []),
      ...(unwrittenLine(file.before) > 0 ? ["was-unread"] : []),
    ],
  });
}

const isTest = (file: ChangedFile): boolean => file.kind === "test" || isTestPath(file.path);

function gap(path: string, code: string, detail: string): Gap {
  return {
    group: "code",
    path,
    code,
    detail,
    help: "look at this file by hand, or split the change so that it can be read",
  };
}

function withinLimit(file: ChangedFile, gaps: Gap[]): boolean {
  const size = Math.max(file.before?.length ?? 0, file.after?.length ?? 0);
  const limit = isTest(file) ? TEST_TEXT_MAX : CODE_TEXT_MAX;
  if (size <= limit) return true;
  // A file that goes takes its guards with it, so that nothing is looked for in it.
  if (isCode(file.path) && file.after !== null)
    gaps.push(gap(file.path, "too-large", `${size} characters, at most ${limit} are read`));
  return false;
}

async function engineFor(files: readonly ChangedFile[], gaps: Gap[]): Promise<Parse | null> {
  if (!files.some((file) => dialectOf(file.path) !== null)) return null;
  try {
    return await loadEngine();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    gaps.push(gap("", "no-parser", `the code parser could not be loaded: ${detail.slice(0, 300)}`));
    return null;
  }
}

function pairOf(file: ChangedFile, parse: Parse | null, gaps: Gap[]): Pair {
  let added: ReadonlySet<number> | null = null;
  const side = (path: string, text: string | null): Side | null =>
    text === null ? null : sideOf(path, text, parse, gaps);
  return {
    before: side(file.oldPath ?? file.path, file.before),
    after: side(file.path, file.after),
    regions: changedRegions(file.before, file.after),
    addedLines: () => {
      added ??= new Set(file.addedLines().map(({ line }) => line));
      return added;
    },
  };
}

function sideOf(path: string, text: string, parse: Parse | null, gaps: Gap[]): Side {
  const dialect = dialectOf(path);
  let root: ReturnType<Side["root"]> | undefined;
  return {
    path,
    text,
    language: dialect?.[0] ?? null,
    root: () => {
      if (root !== undefined) return root;
      root = null;
      if (dialect === null || parse === null) return root;
      if (bracketDepth(text) > CODE_DEPTH_MAX) {
        gaps.push(gap(path, "too-deep", `brackets are nested deeper than ${CODE_DEPTH_MAX}`));
        return root;
      }
      root = parse(dialect[1], text);
      return root;
    },
  };
}

function sightingDeltas(
  detectors: readonly Detector[],
  files: readonly ChangedFile[],
  pairs: ReadonlyMap<ChangedFile, Pair>,
): readonly Delta[] {
  const chosen = files.flatMap((file) => {
    const pair = pairs.get(file);
    return pair === undefined ? [] : [pair];
  });
  const environments = new Map(files.map((file) => [file.path, file.environment]));
  return detectors.flatMap((detector) =>
    newSightings(detector, chosen).map((found) =>
      toDelta(found, environments.get(found.path) ?? "unknown"),
    ),
  );
}

function toDelta(found: NewSighting, environment: Delta["environment"]): Delta {
  return delta({
    path: found.path,
    line: found.line,
    subject: found.subject,
    aspect: found.detector.aspect,
    op: "added",
    key: found.detector.id,
    after: found.text,
    afterKind: "string",
    format: dialectOf(found.path)?.[0] ?? "",
    environment,
    tags: [...found.tags, ...(isBrowserPath(found.path) ? ["browser"] : [])],
  });
}

/** What the change brings as a whole, over all of its product code. */
function additions(
  product: readonly ChangedFile[],
  all: readonly ChangedFile[],
  pairs: ReadonlyMap<ChangedFile, Pair>,
): readonly Delta[] {
  const own = product.flatMap((file) => {
    const pair = pairs.get(file);
    return pair === undefined || file.kind !== "source" || !isCode(file.path) ? [] : [pair];
  });
  return [...unflaggedBehaviour(own), ...coupledDeltas(all, own)];
}

/** A test that changes along says what the turned condition is now meant to be. */
function turned(
  product: readonly ChangedFile[],
  pairs: ReadonlyMap<ChangedFile, Pair>,
  hasTest: boolean,
): readonly Delta[] {
  return product.flatMap((file) => {
    const pair = pairs.get(file);
    if (pair === undefined || !isCode(file.path)) return [];
    const tags = [
      ...(hasTest ? ["with-test"] : []),
      ...(isBrowserPath(file.path) ? ["browser"] : []),
    ];
    return turnedDeltas(pair).map((one) => ({ ...one, tags }));
  });
}

const tagged = (one: Delta): Delta =>
  isBrowserPath(one.path) ? { ...one, tags: [...one.tags, "browser"] } : one;

function comparisons(
  files: readonly ChangedFile[],
  pairs: ReadonlyMap<ChangedFile, Pair>,
): readonly Delta[] {
  const chosen = files.flatMap((file) => {
    const pair = pairs.get(file);
    return pair === undefined || !isCode(file.path) ? [] : [pair];
  });
  return [
    ...chosen.flatMap(numberDeltas),
    ...chosen.flatMap(droppedAlternatives),
    ...removalDeltas(chosen),
    ...chosen.flatMap(letGo).map(tagged),
    ...chosen.flatMap(lostPauses),
    ...deleteDeltas(chosen),
    ...chosen.flatMap(repeatedJumps),
  ];
}
