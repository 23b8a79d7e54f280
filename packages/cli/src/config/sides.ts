// SPDX-License-Identifier: Apache-2.0
import {
  type CellContents,
  type ConfigSet,
  type DeliveryProblem,
  type Description,
  type KeyContent,
  readDescription,
  standingIn,
} from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { openRepository, type Repository } from "@interlock/facts";

const DESCRIPTION_BYTES = 1_000_000;
/** Beyond that a repository is listed in part, and a set that is read in part is refused. */
const FILES_MAX = 200_000;

/** What the sets of a description hold in one tree, by set and then by cell. */
export type Side = {
  readonly cells: ReadonlyMap<string, ReadonlyMap<string, CellContents>>;
  readonly problems: readonly DeliveryProblem[];
};

export type Sides = {
  readonly description: Description;
  readonly sets: readonly ConfigSet[];
  readonly before: Side;
  readonly after: Side;
};

export type SidesAsked = {
  readonly repo: string;
  readonly base: string;
  /** `null`: what is staged. */
  readonly head: string | null;
  /** Path of the description in the tree of the new side. */
  readonly file: string;
  /** One set alone. */
  readonly set?: string;
};

/** Reads the values of both sides by the description of the new one. Throws `GateError`. */
export async function readSides(asked: SidesAsked): Promise<Sides> {
  const repository = await openRepository(asked.repo);
  try {
    const base = await repository.resolve(asked.base);
    const head =
      asked.head === null ? await repository.stagedTree() : await repository.resolve(asked.head);
    if (head === null)
      throw new GateError("INPUT_INVALID", "the staging area is in conflict", "resolve it first");
    const description = await descriptionIn(repository, head, asked.file);
    const sets = wanted(description, asked.set);
    const before = await sideOf(repository, base, { description, sets });
    const after = await sideOf(repository, head, { description, sets });
    return { description, sets, before, after };
  } finally {
    repository.close();
  }
}

async function descriptionIn(
  repository: Repository,
  tree: string,
  file: string,
): Promise<Description> {
  const found = await repository.at(tree, file, DESCRIPTION_BYTES);
  if (found.kind !== "content")
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${file}\` is not there, or cannot be read`,
      "name the description with `--file`, and stage it",
    );
  const read = readDescription(file, found.bytes.toString("utf8"));
  if (read.ok) return read.description;
  throw new GateError(
    "INPUT_INVALID",
    `\`${file}\` has ${read.problems.length} problem(s)`,
    `mend what \`interlock control-plane check ${file}\` tells`,
  );
}

function wanted({ configSets }: Description, name: string | undefined): readonly ConfigSet[] {
  if (name === undefined) return configSets;
  const found = configSets.filter((set) => set.name === name);
  if (found.length > 0) return found;
  const known = configSets.map((set) => `\`${set.name}\``).join(", ");
  throw new GateError("USAGE", `no set is called \`${name}\``, `there are ${known}`);
}

type Of = Pick<Sides, "description" | "sets">;

/** Sets refer to each other, so the keys of all are read; the values of those that are asked for. */
async function sideOf(
  repository: Repository,
  tree: string,
  { description, sets }: Of,
): Promise<Side> {
  const { files, truncated } = await repository.listing(tree, "", FILES_MAX);
  if (truncated)
    throw new GateError(
      "INPUT_UNREADABLE",
      `the tree has more than ${FILES_MAX} files, or one that cannot be read`,
      "look at a repository that holds the configuration alone",
    );
  const standing = files.map(({ path, mode, oid }) => ({ path, mode, content: oid }));
  const cells = new Map<string, Map<string, Map<string, KeyContent>>>();
  const problems = new Map<string, DeliveryProblem>();
  for (const { repository: name, ref } of places(description)) {
    const found = standingIn(description, { repository: name, ref }, standing);
    for (const one of found.problems) problems.set(`${one.code} ${one.path}`, one);
    for (const { set, cell, key, path, content } of found.deliveries) {
      const about = sets.find((one) => one.name === set);
      const text = about === undefined ? "" : await textOf(repository, content, about);
      const inSet = cells.get(set) ?? new Map<string, Map<string, KeyContent>>();
      const inCell = inSet.get(cell) ?? new Map<string, KeyContent>();
      cells.set(set, inSet.set(cell, inCell.set(key, { path, text })));
    }
  }
  return { cells, problems: [...problems.values()] };
}

function places({ configSets }: Description) {
  const found = new Map(configSets.map((set) => [`${set.repository}\n${set.ref}`, set]));
  return [...found.values()];
}

/** A content that is too large is given so far that the check finds it too large. */
async function textOf(
  repository: Repository,
  oid: string | null,
  { limits, name }: ConfigSet,
): Promise<string> {
  const found = await repository.object(oid ?? "", limits.valueBytes + 1);
  if (found.kind === "content") {
    const text = found.bytes.toString("utf8");
    // What is not UTF-8 must not be read as something else.
    return Buffer.from(text, "utf8").equals(found.bytes) ? text : "\ud800";
  }
  if (found.kind === "too-large") return "x".repeat(limits.valueBytes + 1);
  throw new GateError(
    "INPUT_UNREADABLE",
    `a value of \`${name}\` is missing in this clone, or damaged`,
    "fetch the whole repository",
  );
}
