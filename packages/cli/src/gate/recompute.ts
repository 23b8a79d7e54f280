// SPDX-License-Identifier: Apache-2.0
/** Reads a change of the server out of the local repository: the second display. */
import { type FileFact, GateError, isUnknown } from "@interlock/core";
import { type Digest, isDigest } from "@interlock/digest";
import type { Repository } from "@interlock/facts";
import type { Question } from "../hook/ask.ts";
import { landingOf, type Standing } from "../hook/landing.ts";
import { isNothing } from "../hook/push.ts";
import { type Arriving, arriving, questionAbout, refuseShallow } from "./question.ts";
import type { Shown } from "./shown.ts";

export type Recomputed =
  | {
      readonly kind: "same";
      readonly digest: Digest;
      readonly question: Question;
      readonly arrives: Arriving;
    }
  | { readonly kind: "differs"; readonly says: readonly string[] };

const FILES_NAMED = 10;

/**
 * Makes the digest of a change again, from the objects that are here. Throws `GateError` where the
 * repository is another one or the commits are not here.
 */
export async function recompute(
  repository: Repository,
  shown: Shown,
  pushedBy: readonly string[] | null,
): Promise<Recomputed> {
  refuseShallow(repository);
  const identity = await repository.identity();
  if (identity !== shown.change.repository)
    throw new GateError(
      "INPUT_INVALID",
      `the change is of the repository \`${shown.change.repository}\`, and this is \`${identity}\``,
      "name a clone of that repository with `--repo`",
    );
  let last: Question | null = null;
  for (const one of await candidates(repository, shown)) {
    const { question } = await questionAbout(repository, one, { pushedBy, firstCommit: null });
    const { digest } = question.facts.change;
    if (!isUnknown(digest) && isDigest(digest) && digest === shown.change.digest)
      return { kind: "same", digest, question, arrives: one };
    last = question;
  }
  return { kind: "differs", says: last === null ? [] : differences(shown, last) };
}

/** The readings of a change that an enforcement point may have made. */
async function candidates(repository: Repository, shown: Shown): Promise<readonly Arriving[]> {
  const { base, head, merge, target: ref } = shown.change;
  const tip = await commitHere(repository, head);
  if (isNothing(base)) return await asNewRef(repository, shown);
  await commitHere(repository, base);
  if (tip !== merge) return [await arriving(repository, { base, head, ref })];
  return [await landed(repository, { base, head, ref, standing: null })];
}

/** A new ref was compared with one that stood already, or with nothing. */
async function asNewRef(repository: Repository, shown: Shown): Promise<readonly Arriving[]> {
  const { base, head, target: ref } = shown.change;
  const { refs } = await repository.refs("refs/");
  const main = await repository.branch();
  const name = main.replace("refs/heads/", "");
  const standing = [`refs/remotes/origin/${name}`, "refs/remotes/origin/HEAD", main].flatMap(
    (wanted) => {
      const found = refs.find((one) => one.name === wanted);
      return found === undefined ? [] : [{ ref: found.name, id: found.target }];
    },
  );
  const readings: Arriving[] = [];
  for (const one of [...standing, null])
    readings.push(await landed(repository, { base, head, ref, standing: one }));
  return readings;
}

async function landed(
  repository: Repository,
  at: {
    readonly base: string;
    readonly head: string;
    readonly ref: string;
    readonly standing: Standing | null;
  },
): Promise<Arriving> {
  const update = { old: at.base, new: at.head, ref: at.ref };
  const { subject, base, head, tree } = await landingOf(repository, update, at.standing);
  return { subject, base, head, tree, ref: at.ref, isNew: isNothing(at.base) };
}

/** The tree of a commit. */
async function commitHere(repository: Repository, id: string): Promise<string> {
  const commit = await repository.commit(id);
  if (commit !== null) return commit.tree;
  throw new GateError(
    "NO_SUCH_REVISION",
    `the commit \`${id.slice(0, 12)}\` of this change is not here`,
    "fetch it: whoever made the change can push it to a branch that is not protected",
  );
}

/** What the server was told of each file against what is here; contents count by size and lines. */
function differences(shown: Shown, { facts }: Question): readonly string[] {
  const theirs = filesOf(shown.facts);
  const { files } = facts.change;
  if (isUnknown(files)) return [`here the change cannot be read: ${files.$unknown.because}`];
  const ours = new Map(files.map((file) => [file.path, file]));
  const names = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  const says = names.flatMap((path) => {
    const [here, there] = [ours.get(path), theirs.get(path)];
    if (here === undefined) return [`\`${path}\` is not changed here`];
    if (there === undefined) return [`\`${path}\` is changed here only`];
    return summary(here) === summary(there)
      ? []
      : [`\`${path}\` is ${summary(here)} here, and ${summary(there)} there`];
  });
  const more = says.length - FILES_NAMED;
  if (says.length === 0) return ["the same files, with other contents or attributes"];
  return [...says.slice(0, FILES_NAMED), ...(more > 0 ? [`and ${more} more`] : [])];
}

const summary = ({ status, mode, added, deleted, bytesAfter }: FileFact): string =>
  `${status} (mode ${mode}, +${added} −${deleted}, ${bytesAfter} bytes)`;

/** Of facts that came over the wire, only what can be compared. */
function filesOf(facts: Shown["facts"]): ReadonlyMap<string, FileFact> {
  const change = facts?.["change"];
  if (typeof change !== "object" || change === null || !("files" in change)) return new Map();
  if (!Array.isArray(change.files)) return new Map();
  const files: readonly FileFact[] = change.files; // shown as text only, whatever it holds
  return new Map(files.map((file) => [String(file.path), file]));
}
