// SPDX-License-Identifier: Apache-2.0
/** What a change is made of, for people to read: sent by enforcement points, believed by its hashes. */
import {
  type ChangeInput,
  canonicalJson,
  changeDigest,
  DigestError,
  isDigest,
  type Json,
  sha256Hex,
} from "@interlock/digest";
import { CONTENTS_LIMITS, type ContentsShown, type LeftOut } from "@interlock/protocol";
import {
  blobOf,
  blobsHeld,
  bytesHeld,
  changeById,
  contentsGone,
  contentsHeld,
  contentsOf,
  grouped,
  lockContents,
  missingOf,
  read,
  type Store,
  type StoredChange,
  saveBlobs,
  saveContents,
  setMissing,
  transaction,
} from "@interlock/store";
import { NO_CHANGE, recordOf } from "../approvals/ask.ts";
import type { Actor } from "../http/actor.ts";
import type { Answer, Refusal } from "../http/bind.ts";
import { type ContentsQuota, overQuota } from "./quota.ts";
import { shownBy } from "./submit.ts";

export type ContentsTerms = {
  readonly store: Store;
  readonly now: () => number;
  readonly contents: ContentsQuota;
};

type Sent = Omit<ChangeInput, "repository" | "target" | "plan" | "document"> & {
  readonly plan: string | null;
  readonly document: string | null;
  readonly leftOut: readonly LeftOut[];
};

/**
 * Keeps what a change is made of.
 *
 * INVARIANT (whole change): what is kept gives the change digest, made again here; so what is shown
 * under a digest is all that an approval of it binds.
 */
export async function keepContents(
  { store, now, contents }: ContentsTerms,
  actor: Actor,
  { id, ...sent }: Sent & { readonly id: string },
): Promise<Answer<{ readonly missing: string[] }>> {
  const change = await ownChange(store, actor, id);
  if (change === null) return refused(NO_CHANGE);
  const { digest, repository } = change;
  if (digest === null) return refused(UNREAD);
  const { leftOut, ...rest } = sent;
  const wrong = whyNot(change, rest) ?? whyNotLeftOut(rest, leftOut);
  if (wrong !== null) return refused(differ(wrong));
  const outcome = await transaction<string[], Refusal>(
    store,
    async (tx) => {
      await lockContents(tx, repository);
      const held = await blobsHeld(tx, repository, blobsIn(rest));
      // What is here once is shown, whatever is said about it later.
      const left = leftOut.filter(({ content }) => !held.has(content));
      const without = new Set(left.map(({ content }) => content));
      const missing = blobsIn(rest).filter((blob) => !held.has(blob) && !without.has(blob));
      const known = await contentsOf(tx, digest);
      const next = { input: canonicalJson(rest as unknown as Json), leftOut: JSON.stringify(left) }; // checked data
      await saveContents(tx, { ...next, digest, repository, missing, storedAt: now() });
      const bytes = bytesOfInput(next) - (known === null ? 0 : bytesOfInput(known));
      const over = await overQuota(tx, { quota: contents, actor, repository, bytes, now: now() });
      return over === null ? { ok: true, value: missing } : refused(over);
    },
    { isolation: "read committed" },
  );
  return outcome.kind === "committed"
    ? { ok: true, value: { missing: outcome.value } }
    : refused(outcome.failure);
}

const bytesOfInput = (one: { readonly input: string; readonly leftOut: string }): number =>
  Buffer.byteLength(one.input) + Buffer.byteLength(one.leftOut);

/** Why what was sent is not what the digest was made of, or `null`. */
function whyNot(
  { digest, repository, target }: StoredChange,
  { entries, attributes, plan, document }: Omit<Sent, "leftOut">,
): string | null {
  if ((plan !== null && !isDigest(plan)) || (document !== null && !isDigest(document)))
    return "the plan or the document is no digest";
  try {
    const made = changeDigest({ repository, target, entries, attributes, plan, document });
    return made === digest
      ? null
      : `they give the digest \`${made}\`, the change has \`${digest}\``;
  } catch (error) {
    if (error instanceof DigestError) return error.message;
    throw error;
  }
}

function whyNotLeftOut(input: Pick<Sent, "entries">, leftOut: readonly LeftOut[]): string | null {
  const own = new Set(blobsIn(input));
  const seen = new Set<string>();
  for (const { content, bytes, because } of leftOut) {
    if (!own.has(content)) return `\`${content}\` is left out and is not of this change`;
    if (seen.has(content)) return `\`${content}\` is left out twice`;
    if (because === "too-large" && bytes <= CONTENTS_LIMITS.blobBytes)
      return `\`${content}\` is not too large`;
    seen.add(content);
  }
  return null;
}

/** Contents with bytes of their own, sorted, each once; submodules have none here. */
function blobsIn({ entries }: Pick<Sent, "entries">): readonly string[] {
  const sides = entries.flatMap(({ oldContent, newContent }) => [oldContent, newContent]);
  return [...new Set(sides.filter((side) => side !== null && isDigest(side)))].sort();
}

/** Keeps bytes under the SHA-256 that they have; what the change did not name is refused. */
export async function keepBlobs(
  { store, now, contents }: ContentsTerms,
  actor: Actor,
  { id, blobs }: { readonly id: string; readonly blobs: readonly string[] },
): Promise<Answer<{ readonly missing: number }>> {
  const change = await ownChange(store, actor, id);
  if (change === null) return refused(NO_CHANGE);
  const { digest, repository } = change;
  if (digest === null) return refused(UNREAD);
  const given = new Map(
    blobs.map((text) => {
      const bytes = new Uint8Array(Buffer.from(text, "base64url"));
      return [sha256Hex(bytes), bytes];
    }),
  );
  const outcome = await transaction<number, Refusal>(
    store,
    async (tx) => {
      await lockContents(tx, repository);
      const missing = await missingOf(tx, digest);
      if (missing === null) return refused(NOT_BEGUN);
      const wanted = new Set(missing);
      const held = await blobsHeld(tx, repository, [...given.keys()]);
      const foreign = [...given.keys()].find((sha256) => !wanted.has(sha256) && !held.has(sha256));
      if (foreign !== undefined)
        return refused(differ(`a content has the SHA-256 \`${foreign}\`, which is not wanted`));
      const fresh = [...given].filter(([sha256]) => wanted.has(sha256) && !held.has(sha256));
      const size = fresh.reduce((sum, [, bytes]) => sum + bytes.length, 0);
      if (size + (await bytesHeld(tx, digest)) > CONTENTS_LIMITS.changeBytes)
        return refused(TOO_MUCH);
      await saveBlobs(
        tx,
        repository,
        fresh.map(([sha256, bytes]) => ({ sha256, bytes })),
      );
      const left = missing.filter((sha256) => !given.has(sha256));
      await setMissing(tx, digest, { missing: left, more: size });
      const sent = { quota: contents, actor, repository, bytes: size, now: now() };
      const over = await overQuota(tx, sent);
      return over === null ? { ok: true, value: left.length } : refused(over);
    },
    { isolation: "read committed" },
  );
  return outcome.kind === "committed"
    ? { ok: true, value: { missing: outcome.value } }
    : refused(outcome.failure);
}

/**
 * A token speaks for one repository; of others it learns nothing (TK1). A person speaks for what they
 * have shown themselves, until an enforcement point judges it.
 */
async function ownChange(store: Store, actor: Actor, id: string): Promise<StoredChange | null> {
  const change = await changeById(store.db, id);
  if (change === null) return null;
  if (actor.kind === "token") return actor.repository === change.repository ? change : null;
  if (actor.kind !== "person" && actor.kind !== "terminal") return null;
  const record = await recordOf(store, change);
  return record !== null && shownBy(record) === actor.person ? change : null;
}

/** Whether people can read a change here; `null` where nobody can say, and it was judged all the same. */
export function contentsStanding({
  db,
}: Store): (digest: unknown) => Promise<"wanted" | "held" | null> {
  const heldOf = grouped((digests: readonly string[]) => contentsHeld(db, digests));
  return async (digest) => {
    if (!isDigest(digest)) return null;
    const held = await read({ db }, () => heldOf(digest));
    if (!held.ok) return null;
    return held.value === true ? "held" : "wanted";
  };
}

export async function shownContents(store: Store, id: string): Promise<Answer<ContentsShown>> {
  const change = await changeById(store.db, id);
  if (change === null) return refused(NO_CHANGE);
  const { digest, repository, target } = change;
  const contents = digest === null ? null : await contentsOf(store.db, digest);
  if (digest === null || contents === null) return refused(await notHere(store, change));
  const input = JSON.parse(contents.input) as Omit<Sent, "leftOut">; // written above, once checked
  const leftOut = JSON.parse(contents.leftOut) as LeftOut[]; // likewise
  const { entries, attributes, plan, document } = input;
  return {
    ok: true,
    value: {
      ...{ repository, target, plan, document, leftOut, missing: [...contents.missing] },
      entries: [...entries],
      attributes: attributes.map(({ path, attributes: own }) => ({ path, attributes: { ...own } })),
    },
  };
}

/** Never sent, or no longer kept: then Git has it. */
async function notHere({ db }: Store, { digest, base, head }: StoredChange): Promise<Refusal> {
  const at = digest === null ? null : await contentsGone(db, digest);
  if (at === null) return NOT_SENT;
  const from = /^0+$/.test(base) ? "4b825dc642cb6eb9a060e54bf8d69288fbee4904" : base;
  return {
    code: "NOT_FOUND",
    message: `the contents of this change are no longer kept since ${new Date(at).toISOString()}`,
    help: `read it from Git: \`git diff ${from} ${head}\`; pushing it again sends it again`,
  };
}

export async function shownBlob(
  store: Store,
  { id, content }: { readonly id: string; readonly content: string },
): Promise<Answer<{ readonly content: string; readonly bytes: string }>> {
  const change = await changeById(store.db, id);
  const bytes = change === null ? null : await blobOf(store.db, change.repository, content);
  if (bytes === null) return refused({ ...NOT_SENT, message: "this content is not kept here" });
  return { ok: true, value: { content, bytes: Buffer.from(bytes).toString("base64url") } };
}

const UNREAD: Refusal = {
  code: "OUT_OF_ORDER",
  message: "the change has no digest: nobody could read the whole of it",
  help: "mend what the decision names as unknown, and push again",
};
const NOT_BEGUN: Refusal = {
  code: "OUT_OF_ORDER",
  message: "nobody has said yet what the change is made of",
  help: "send its entries first",
};
const NOT_SENT: Refusal = {
  code: "NOT_FOUND",
  message: "the contents of this change were not sent here",
  help: "push or submit it again: they are sent then",
};
const TOO_MUCH: Refusal = {
  code: "TOO_LARGE",
  message: `the contents of the change are larger than ${CONTENTS_LIMITS.changeBytes} bytes`,
  help: "name the rest as left out",
};

const differ = (because: string): Refusal => ({
  code: "CONTENTS_DIFFER",
  message: `these are not the contents of the change: ${because}`,
  help: "send what the change digest was made of",
});

const refused = (failure: Refusal) => ({ ok: false as const, failure });
