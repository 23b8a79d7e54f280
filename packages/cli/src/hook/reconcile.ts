// SPDX-License-Identifier: Apache-2.0
/** Compares where protected refs stand with what the server allowed: what moved them past the gate (GT16). */
import { GateError, isUnknown } from "@interlock/core";
import { changeDigest } from "@interlock/digest";
import { openRepository, type Repository, readContents } from "@interlock/facts";
import { REFS_LIMITS, refsApi } from "@interlock/protocol";
import { asked, type Remote } from "../remote/client.ts";
import { importPending } from "./import.ts";
import { landingOf, type Standing, standingRefs } from "./landing.ts";
import { isNothing, type RefUpdate } from "./push.ts";
import { protectionOf, readSettings, type Settings } from "./settings.ts";

/** A movement since the last comparison; `unrecorded` says why nothing allowed it, or `null`. */
export type Moved = RefUpdate & {
  readonly unrecorded: (typeof refsApi.UNRECORDED)[number] | null;
  /** Of the entry that says so. */
  readonly index: number | null;
};

type Move = RefUpdate & { readonly digest: string | null };
type Here = {
  readonly repository: Repository;
  readonly identity: string;
  readonly settings: Settings;
  readonly remote: Remote;
  readonly standing: readonly Standing[];
};

/** Reports every movement of protected refs since the last time. Throws `GateError`. */
export async function reconcile(gitDir: string): Promise<readonly Moved[]> {
  const settings = readSettings(gitDir);
  const { token: secret, timeoutMs } = settings;
  const remote = { server: settings.server.replace(/\/+$/, ""), secret, timeoutMs };
  const repository = await openRepository(gitDir);
  try {
    // What landed while the server was away is told first: it would be taken for a way past the gate.
    await importPending(gitDir, settings, { records: Number.POSITIVE_INFINITY });
    const known = await asked(remote, refsApi.listRefs);
    const standing = await standingRefs(repository, (ref) => protectionOf(ref, settings) !== null);
    const identity = await identityOf(repository, known.repository);
    const here = { repository, identity, settings, remote, standing };
    const moves: Move[] = [];
    for (const update of updatesSince(known.refs, here))
      moves.push(
        ...(known.refs.length === 0 ? [{ ...update, digest: null }] : await movesOf(update, here)),
      );
    return await reported(remote, moves);
  } finally {
    repository.close();
  }
}

/** Whoever deletes the default branch must not thereby keep anybody from looking. */
async function identityOf(repository: Repository, known: string): Promise<string> {
  let own: string;
  try {
    own = await repository.identity();
  } catch (error) {
    if (error instanceof GateError) return known;
    throw error;
  }
  if (own === known) return own;
  throw new GateError(
    "INPUT_INVALID",
    `this is the repository \`${own}\`, and the token speaks for \`${known}\``,
    "install the hook with a token of this repository",
  );
}

/** A ref that is protected no more is compared no more: the gate judges no push to it either. */
function updatesSince(
  known: readonly { readonly ref: string; readonly tip: string }[],
  { standing, settings, repository }: Here,
): readonly RefUpdate[] {
  const before = new Map(known.map(({ ref, tip }) => [ref, tip]));
  const now = new Map(standing.map(({ ref, id }) => [ref, id]));
  const nothing = "0".repeat(repository.objectFormat === "sha1" ? 40 : 64);
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((ref) => protectionOf(ref, settings) !== null)
    .sort()
    .map((ref) => ({ ref, old: before.get(ref) ?? nothing, new: now.get(ref) ?? nothing }))
    .filter((update) => update.old !== update.new);
}

/**
 * The pushes that a movement is made of: one that was allowed as a whole, else as many as the ends
 * of allowed ones on its first parents say, and what is left between them. The server believes no hint: each
 * part has to be allowed by its content.
 */
async function movesOf(update: RefUpdate, here: Here): Promise<readonly Move[]> {
  const whole = { ...update, digest: await digestOf(update, here) };
  if (isNothing(update.old) || isNothing(update.new)) return [whole];
  const commits = await firstParents(update, here.repository);
  const { ref } = update;
  const body = { ref, commits: [...commits], digest: whole.digest };
  const { ends, allowed } = await asked(here.remote, refsApi.landedOn, { body });
  const stops = commits.filter((id) => id !== update.new && ends.includes(id)).reverse();
  if (allowed || stops.length === 0) return [whole];
  const moves: Move[] = [];
  for (const [i, next] of [...stops, update.new].entries()) {
    const part = { ref, old: i === 0 ? update.old : (stops[i - 1] ?? update.old), new: next };
    moves.push({ ...part, digest: await digestOf(part, here) });
  }
  return moves;
}

/** Newest first; none where the ref did not go forward along first parents. */
async function firstParents(
  { old, new: fresh }: RefUpdate,
  repository: Repository,
): Promise<readonly string[]> {
  try {
    const ids = await repository.history({ to: fresh, not: old, max: REFS_LIMITS.commits });
    const oldest = ids[ids.length - 1];
    const first = oldest === undefined ? null : await repository.commit(oldest);
    return first?.parents[0] === old ? ids : [];
  } catch (error) {
    if (error instanceof GateError) return [];
    throw error;
  }
}

/** `null` where the change cannot be read, as when its objects are gone. */
async function digestOf(update: RefUpdate, here: Here): Promise<string | null> {
  if (isNothing(update.new)) return null;
  const { repository, identity, standing } = here;
  const { ref: target } = update;
  try {
    const compared = standing.find(({ ref }) => ref !== target) ?? null;
    const { subject } = await landingOf(repository, update, compared);
    const { after, change, commits } = subject;
    const read = await readContents({ repository, after, change, commits, identity, target });
    if (isUnknown(read)) return null;
    return changeDigest({ ...read.input, repository: identity, target });
  } catch (error) {
    if (error instanceof GateError) return null;
    throw error;
  }
}

async function reported(remote: Remote, moves: readonly Move[]): Promise<readonly Moved[]> {
  const all: Moved[] = [];
  for (let at = 0; at < moves.length; at += REFS_LIMITS.moves) {
    const part = moves.slice(at, at + REFS_LIMITS.moves);
    const answer = await asked(remote, refsApi.reportRefs, { body: { moves: part } });
    for (const [i, { ref, old, new: fresh }] of part.entries()) {
      const said = answer.moves[i];
      if (said === undefined) continue;
      all.push({ ref, old, new: fresh, unrecorded: said.unrecorded, index: said.index });
    }
  }
  return all;
}

const SAYS = {
  "not-allowed": "nothing in the ledger allowed this content here",
  deleted: "it was deleted, which the gate never allows",
  unreadable: "what it changed cannot be read any more",
  "first-seen": "it is watched from here on",
} as const;

/** One line a movement. */
export function movedText({ ref, old, new: fresh, unrecorded, index }: Moved): string {
  const mark = unrecorded === null ? "✓" : unrecorded === "first-seen" ? "·" : "✗";
  const why = unrecorded === null ? "allowed" : `${SAYS[unrecorded]} (entry ${index ?? "none"})`;
  return `${mark} ${ref}  ${old.slice(0, 12)}..${fresh.slice(0, 12)}  ${why}`;
}

/** Whether somebody has to look. */
export const isAlarm = ({ unrecorded }: Moved): boolean =>
  unrecorded !== null && unrecorded !== "first-seen";
