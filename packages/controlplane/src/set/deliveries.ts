// SPDX-License-Identifier: Apache-2.0
import type { ChangeEntry } from "@interlock/digest";
import { didYouMean } from "@interlock/policy";
import type { CellDescription, ConfigSet, Description } from "../description.ts";
import { wholeOf } from "../parts.ts";
import { filled, type Match, matchPath, NAMED, refusedPath, templateOf } from "./template.ts";

/** What one key of one cell is to hold. */
export type Delivery = {
  readonly set: string;
  readonly cell: string;
  readonly key: string;
  /** SHA-256 of the content; `null`: nothing, the file was removed. */
  readonly content: string | null;
  readonly path: string;
};

export type DeliveryProblem = {
  readonly code: "PATH_REFUSED" | "CELL_UNKNOWN" | "KEY_TWICE" | "NO_FILE";
  readonly path: string;
  readonly message: string;
  /** One sentence: what to do. */
  readonly help: string;
};

export type Deliveries = {
  /** By set, cell and key. With a problem they are not to be delivered. by (fail-closed) */
  readonly deliveries: readonly Delivery[];
  /** Paths that belong to no set. */
  readonly unmatched: readonly string[];
  readonly problems: readonly DeliveryProblem[];
};

/** A change of one branch. */
export type BranchChange = {
  readonly repository: string;
  /** Whole, such as `refs/heads/main`. */
  readonly ref: string;
  readonly entries: readonly ChangeEntry[];
  /** Paths of its result that it does not change: without them, a key they give too is not seen. */
  readonly unchanged?: readonly string[];
};

type Found = { readonly deliveries: Delivery[]; readonly problems: DeliveryProblem[] };

/** Which keys of which cells a change is to write. */
export function deliveriesOf(description: Description, change: BranchChange): Deliveries {
  const sets = description.configSets.filter(
    (set) => set.repository === change.repository && set.ref === change.ref,
  );
  const found: Found = { deliveries: [], problems: [] };
  const unmatched: string[] = [];
  for (const entry of [...change.entries].sort((a, b) => compare(a.path, b.path))) {
    const refused = refusedPath(entry.path);
    if (refused !== null) found.problems.push(refusal(entry.path, refused));
    else if (!sets.map((set) => take(set, description, entry, found)).some((taken) => taken))
      unmatched.push(entry.path);
  }
  const standing = found.deliveries.filter((one) => one.content !== null);
  found.problems.push(...keysTwice([...standingBefore(sets, description, change), ...standing]));
  // A key whose file moved is written, not removed.
  const written = new Set(standing.map(idOf));
  const deliveries = found.deliveries
    .filter((one) => one.content !== null || !written.has(idOf(one)))
    .sort((a, b) => compare(a.set, b.set) || compare(a.cell, b.cell) || compare(a.key, b.key));
  return { deliveries, unmatched, problems: found.problems };
}

/** Stands for a content that nobody has to look at. */
const UNCHANGED = "unchanged";

function standingBefore(
  sets: readonly ConfigSet[],
  description: Description,
  { entries, unchanged = [] }: BranchChange,
): readonly Delivery[] {
  const changed = new Set(entries.map((entry) => entry.path));
  const found: Found = { deliveries: [], problems: [] };
  const side = {
    oldMode: "100644",
    newMode: "100644",
    oldContent: UNCHANGED,
    newContent: UNCHANGED,
  };
  for (const path of unchanged.filter((one) => !changed.has(one) && refusedPath(one) === null))
    for (const set of sets) take(set, description, { path, ...side }, found);
  return found.deliveries;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const refusal = (path: string, because: string): DeliveryProblem => ({
  code: "PATH_REFUSED",
  path,
  message: `\`${path.slice(0, 200)}\` is refused: ${because}`,
  help: "rename the file; keys are letters, digits, `.`, `_` and `-`",
});

/** Whether a file belongs to a set, or looks as if it did; what comes of it goes to `found`. */
function take(set: ConfigSet, { systems }: Description, entry: ChangeEntry, found: Found): boolean {
  const { path } = entry;
  const matched = set.files.flatMap((file) => {
    const template = templateOf(file.path);
    const match = template === null ? null : matchPath(template, path);
    return match === null ? [] : [{ file, match }];
  });
  if (matched.length === 0) return looksLike(set, path, found);
  const odd = matched
    .flatMap(({ match }) => [match.key, match.cell])
    .find((name) => name !== null && !NAMED.test(name));
  if (odd !== undefined && odd !== null)
    found.problems.push(refusal(path, `\`${odd.slice(0, 100)}\` is no name`));
  else if (!isFile(entry)) found.problems.push(noFile(path));
  else {
    const cells = systems.find((one) => one.name === set.system)?.cells ?? [];
    for (const { file, match } of matched)
      deliver({ set, cells, key: file.key }, match, entry, found);
  }
  return true;
}

function looksLike({ files }: ConfigSet, path: string, { problems }: Found): boolean {
  const near = files.find((file) => {
    const template = templateOf(file.path);
    return template !== null && matchPath(template, path, true) !== null;
  });
  if (near === undefined) return false;
  problems.push(refusal(path, `it looks like \`${near.path}\` and is not`));
  return true;
}

const isFile = ({ newMode, oldMode }: ChangeEntry): boolean =>
  [newMode, oldMode].every((mode) => mode === null || mode.startsWith("100"));

const noFile = (path: string): DeliveryProblem => ({
  code: "NO_FILE",
  path,
  message: `\`${path}\` is a link or a submodule`,
  help: "put the content itself there, so that people see what they approve",
});

type Into = {
  readonly set: ConfigSet;
  readonly cells: readonly CellDescription[];
  readonly key: string;
};

function deliver({ set, cells, key }: Into, match: Match, entry: ChangeEntry, found: Found): void {
  const { path, newContent } = entry;
  const names = [...new Set(cells.map(wholeOf))];
  if (match.cell !== null && !names.includes(match.cell)) {
    const whole = cells.find(({ id }) => id === match.cell)?.part?.of;
    found.problems.push({
      code: "CELL_UNKNOWN",
      path,
      message: `\`${set.system}\` has no cell \`${match.cell}\``,
      help:
        whole === undefined
          ? didYouMean(match.cell, names)
          : `name \`${whole}\`: a file goes to all parts of a cell`,
    });
    return;
  }
  // INVARIANT (parts-alike): a file goes to every part of a cell or to none; one that named a single
  // part would take them apart for good.
  for (const cell of cells.filter((one) => match.cell === null || wholeOf(one) === match.cell))
    found.deliveries.push({
      ...{ set: set.name, cell: cell.id, key: filled(key, match), path },
      content: newContent,
    });
}

const idOf = ({ set, cell, key }: Delivery): string => [set, cell, key].join("\n");

/**
 * Two files for one key of one cell, of which only one could count. Names that differ in nothing but
 * case are one key to some targets, and one name to whoever reads them aloud.
 */
function keysTwice(standing: readonly Delivery[]): readonly DeliveryProblem[] {
  const first = new Map<string, Delivery>();
  const problems = new Map<string, DeliveryProblem>();
  for (const delivery of standing) {
    const id = idOf(delivery).toLowerCase();
    const other = first.get(id);
    if (other === undefined) first.set(id, delivery);
    else if (other.path !== delivery.path)
      problems.set(delivery.path, {
        code: "KEY_TWICE",
        path: delivery.path,
        message: `\`${delivery.path}\` and \`${other.path}\` give one key \`${delivery.key}\` of \`${delivery.cell}\``,
        help: "keep one of the two files",
      });
  }
  return [...problems.values()];
}
