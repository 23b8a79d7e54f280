// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Effect, type Gap } from "@interlock/core";
import { formatOf } from "../config/parse.ts";
import type { ConfigDelta, ConfigDiff, Place, Problem } from "../config/types.ts";
import { movedAway } from "../lines/moved.ts";
import type { ChangedFile, Source, World } from "../source.ts";
import { cleanupDeltas } from "./cleanup.ts";
import { allCopiesMustHaveIt } from "./copies.ts";
import { crontabDeltas, isCrontab, scheduleChange } from "./crontab.ts";
import { asSetting, onlyNumber } from "./inside.ts";
import { meaningOf } from "./meaning.ts";
import { quantityOf, ratioPpm } from "./quantity.ts";
import { recordTags } from "./records.ts";
import { goneNumbers, isOtherUnit } from "./renamed-unit.ts";
import { isItem, replacedIn, shapeTags } from "./shape.ts";
import { siblingTags } from "./siblings.ts";
import { traitsOf, valueEnvironment } from "./traits.ts";
import { goneFrom, isWidened, losesPlaceholder, movedUnderPattern } from "./widened.ts";

const NOT_CONFIGURATION = new Set(["lock", "vendored", "test", "docs", "workflow", "source"]);

/** Configuration and data files: every key and value that changes, with what its key means. */
export const SETTINGS_SOURCE: Source = {
  group: "config",
  wants: ({ path, kind }) =>
    (formatOf(path) !== null || isCrontab(path)) &&
    (!NOT_CONFIGURATION.has(kind) || (kind === "source" && /\.(?:php|py|rb)$/.test(path))),
  read: async (files, world) => {
    const moved = files.length > 1 ? movedAway(files) : new Set<ChangedFile>();
    const ended = await endedFolders(files, world);
    const tagsOf = (f: ChangedFile) => [
      ...(moved.has(f) ? ["moved"] : []),
      ...(f.after === null && ended.has(folderOf(f.path)) ? ["gone-together"] : []),
    ];
    const read = files.map((f) => (isCrontab(f.path) ? readCrontab(f) : readFile(f, tagsOf(f))));
    return {
      deltas: read.flatMap((r) => r.deltas),
      effects: read.flatMap((r) => r.effects),
      gaps: read.flatMap((r) => r.gaps),
    };
  },
};

/** So many files of settings that go at once, and nothing beside them stays: the end of what they set. */
const TOGETHER_MIN = 3;

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Folders that held several files of settings before the change and hold nothing after it. */
async function endedFolders(
  files: readonly ChangedFile[],
  world: World,
): Promise<ReadonlySet<string>> {
  const gone = new Map<string, number>();
  for (const { path, after } of files)
    if (after === null) gone.set(folderOf(path), (gone.get(folderOf(path)) ?? 0) + 1);
  const many = [...gone].flatMap(([folder, n]) =>
    n >= TOGETHER_MIN && folder !== "" ? [folder] : [],
  );
  const left = await Promise.all(many.map((folder) => world.listAfter(folder)));
  return new Set(many.filter((_, i) => left[i]?.length === 0));
}

type Read = {
  readonly deltas: readonly Delta[];
  readonly effects: readonly Effect[];
  readonly gaps: readonly Gap[];
};

const readCrontab = (file: ChangedFile): Read => ({
  deltas: crontabDeltas(file),
  effects: [],
  gaps: [],
});

/** `more` are tags that hold of everything in the file. */
function readFile(file: ChangedFile, more: readonly string[]): Read {
  const broken = file.trees().after;
  if (broken !== null && !broken.ok) return unreadable(file, broken.problem);
  const diff = file.diff();
  const around = {
    format: formatOf(file.path) ?? "",
    diff,
    whole: wholeParts(diff),
    replaced: replacedIn(diff),
    gone: goneFrom(diff),
    numbers: goneNumbers(diff),
    loosened: movedUnderPattern(diff),
    tags: [...more, ...(file.before === null ? ["new-file"] : [])],
  };
  const deltas = [
    ...fileDeltas(file, diff, more),
    ...cleanupDeltas(file),
    ...diff.deltas.map((d) => toDelta(file, asSetting(d), around)),
  ];
  const gaps: Gap[] = diff.truncated
    ? [
        {
          group: "config",
          path: file.path,
          code: "truncated",
          detail: "more differences than are listed",
          help: "split the change",
        },
      ]
    : [];
  return { deltas, effects: effectsOf(file, diff), gaps };
}

/**
 * A file that became unreadable is a finding and a gap. One that was before stays out of the rules,
 * but not out of the facts: what changed in it is for people to read.
 */
function unreadable(file: ChangedFile, problem: Problem): Read {
  const was = file.trees().before;
  const stays = was !== null && !was.ok;
  const found = delta({
    path: file.path,
    line: problem.line,
    aspect: stays ? "still-unreadable" : "unreadable",
    op: "changed",
    subject: file.path,
    after: problem.message,
    afterKind: "string",
    environment: file.environment,
    format: formatOf(file.path) ?? "",
  });
  const gap: Gap = {
    group: "config",
    path: file.path,
    code: "unparsable",
    detail: `line ${problem.line}: ${problem.message}`.slice(0, 500),
    help: "mend the syntax",
  };
  return { deltas: [found], effects: [], gaps: stays ? [] : [gap] };
}

type Around = {
  readonly format: string;
  readonly diff: ConfigDiff;
  readonly whole: WholeParts;
  readonly replaced: ReadonlySet<Place>;
  readonly gone: ReadonlyMap<Place, readonly string[]>;
  readonly numbers: ReturnType<typeof goneNumbers>;
  readonly loosened: ReadonlySet<Place>;
  readonly tags: readonly string[];
};

/** Places of the containers that come or go as a whole, and which of both they do. */
type WholeParts = ReadonlyMap<Place, ConfigDelta["op"]>;

const wholeParts = (diff: ConfigDiff): WholeParts =>
  new Map(
    diff.deltas.flatMap((d) =>
      (d.op === "removed" && isContainerSide(d.before.kind)) ||
      (d.op === "added" && isContainerSide(d.after.kind))
        ? [[d.place, d.op] as const]
        : [],
    ),
  );

const isContainerSide = (kind: string): boolean => kind === "list" || kind === "map";

/** It comes or goes only because what it stands in does. */
const isWithParent = (d: ConfigDelta, whole: WholeParts): boolean =>
  d.place.above !== null && d.place.above.above !== null && whole.get(d.place.above) === d.op;

/** Keys of texts that people read: a number in them steers nothing. */
const PROSE =
  /(?:desc(?:ription)?|title|text|message|comment|summary|help|notes?|label|doc|name|subject)$/i;

function toDelta(file: ChangedFile, d: ConfigDelta, around: Around): Delta {
  const { format, diff, whole } = around;
  const isContainer = isContainerSide(d.before.kind) || isContainerSide(d.after.kind);
  const inside =
    d.op === "changed" && !isContainer && !PROSE.test(d.key)
      ? onlyNumber(d.before.text, d.after.text)
      : null;
  const before = inside?.before ?? quantityOf(d.before.text);
  const after = inside?.after ?? quantityOf(d.after.text);
  const numeric = !isContainer && before !== null && after !== null && before.unit === after.unit;
  const { role, words, isSchedule, isNamed } = meaningOf(d.place, isContainer ? "" : d.key);
  const schedule = isContainer || !isSchedule ? null : scheduleChange(d.before.text, d.after.text);
  return delta({
    path: file.path,
    line: d.line,
    subject: d.pointer === "" ? file.path : d.pointer,
    aspect:
      schedule !== null
        ? "schedule"
        : isContainer && d.op !== "added" && d.op !== "removed"
          ? `${role}-members`
          : role,
    op: d.op,
    key: d.key,
    words,
    format,
    beforeKind: d.before.kind,
    afterKind: d.after.kind,
    before: d.before.text,
    after: d.after.text,
    numeric,
    beforeMicro: isContainer ? 0 : (before?.micro ?? 0),
    afterMicro: isContainer ? 0 : (after?.micro ?? 0),
    ratioPpm: numeric ? ratioPpm(before.micro, after.micro) : 0,
    unit: (after ?? before)?.unit ?? "",
    beforeCount: isContainer ? d.before.size : (schedule?.beforeCount ?? 0),
    afterCount: isContainer ? d.after.size : (schedule?.afterCount ?? 0),
    addedCount: d.addedCount,
    removedCount: d.removedCount,
    environment: file.environment,
    tags: [
      ...traitsOf(d),
      ...(schedule?.tags ?? []),
      ...(isAddress(d.after.text) ? ["addresses"] : []),
      ...siblingTags(file, d),
      ...shapeTags(file, d),
      ...(isNamed ? ["named"] : []),
      ...(isReplaced(d, around) ? ["replaced"] : []),
      ...(isWidened(d, around.gone) ? ["widened"] : []),
      ...(losesPlaceholder(d) ? ["placeholder-lost"] : []),
      ...(around.loosened.has(d.place) ? ["pattern-loosened"] : []),
      ...(isOtherUnit(d, around.numbers) ? ["unit-changed"] : []),
      ...(allCopiesMustHaveIt(file, d) ? ["all-copies"] : []),
      ...environmentTags(file, d),
      ...recordTags(file, d),
      ...(after !== null || before !== null ? ["number"] : []),
      ...(diff.approximate ? ["approximate"] : []),
      ...(isContainer ? ["container"] : []),
      ...(isWithParent(d, whole) ? ["with-parent"] : []),
      ...(file.kind === "generated" ? ["generated"] : []),
      ...around.tags,
    ],
  });
}

/** An item that goes while another one comes into the same list. */
const isReplaced = (d: ConfigDelta, { replaced }: Around): boolean =>
  d.op === "removed" && d.place.above !== null && isItem(d.place) && replaced.has(d.place.above);

/** A host, a URL, an account or a bucket: what a value must not share with another environment. */
const isAddress = (text: string): boolean =>
  /^[a-z][a-z0-9+.-]{1,20}:\/\/\S+$|^[\w-]+(\.[\w-]+)+(:\d{1,5})?(\/\S*)?$|^arn:\S+$|^\S+@\S+\.\S+$/i.test(
    text.slice(0, 1_000),
  );

function environmentTags(file: ChangedFile, d: ConfigDelta): readonly string[] {
  const value = valueEnvironment(d.after.text);
  const was = valueEnvironment(d.before.text);
  if (d.op === "changed" && was === "non-production" && value === "none" && d.after.size > 0)
    return d.after.kind === "string" ? ["environment-left"] : [];
  if (d.op === "removed" || value === "none") return [];
  if (was === value || value === file.environment) return [];
  return [
    ...(file.environment !== "unknown" ? ["other-environment"] : []),
    ...(was !== "none" ? ["environment-switched"] : []),
  ];
}

/** What holds of the file as a whole: its size, its entries, its duplicates. */
function fileDeltas(
  file: ChangedFile,
  diff: ConfigDiff,
  tags: readonly string[],
): readonly Delta[] {
  const { leavesBefore, leavesAfter, duplicatesBefore, duplicatesAfter } = diff.summary;
  if (file.before === null || file.after === null) {
    if (file.after !== null || leavesBefore === 0) return [];
    return [fileDelta(file, "file-removed", { before: leavesBefore, after: 0, op: "removed" })];
  }
  const deltas = [
    fileDelta(file, "file-size", { before: leavesBefore, after: leavesAfter, op: "changed", tags }),
  ];
  if (duplicatesAfter > duplicatesBefore)
    deltas.push(
      fileDelta(file, "duplicate-keys", {
        before: duplicatesBefore,
        after: duplicatesAfter,
        op: "duplicated",
      }),
    );
  return deltas;
}

function fileDelta(
  file: ChangedFile,
  aspect: string,
  n: {
    readonly before: number;
    readonly after: number;
    readonly op: Delta["op"];
    readonly tags?: readonly string[];
  },
): Delta {
  return delta({
    path: file.path,
    line: 1,
    subject: file.path,
    aspect,
    op: n.op,
    format: formatOf(file.path) ?? "",
    numeric: true,
    beforeMicro: n.before * 1_000_000,
    afterMicro: n.after * 1_000_000,
    ratioPpm: ratioPpm(n.before, n.after),
    beforeCount: n.before,
    afterCount: n.after,
    environment: file.environment,
    tags: [...(file.kind === "generated" ? ["generated"] : []), ...(n.tags ?? [])],
  });
}

/** Members that leave a list or map, with the share of what was there. */
function effectsOf(file: ChangedFile, diff: ConfigDiff): readonly Effect[] {
  return diff.deltas
    .filter(
      (d) =>
        d.removedCount > 0 &&
        (d.before.kind === "list" || d.before.kind === "map") &&
        (d.after.kind === "list" || d.after.kind === "map" || d.after.kind === "absent"),
    )
    .slice(0, 100)
    .map((d) => ({
      verb: "removes" as const,
      what: "items",
      count: d.removedCount,
      of: d.before.size,
      sharePpm: Math.min(
        1_000_000,
        Math.floor((d.removedCount * 1_000_000) / Math.max(1, d.before.size)),
      ),
      certainty: "certain" as const,
      subject: (d.pointer === "" ? file.path : d.pointer).slice(0, 2_000),
      path: file.path,
      line: d.line,
    }));
}
