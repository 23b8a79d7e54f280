// SPDX-License-Identifier: Apache-2.0
/** What the server allowed, kept here: a request is answered without asking anybody. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sha256Hex } from "@interlock/digest";
import { ADMISSION_LIMITS, admissionApi } from "@interlock/protocol";
import { jsonOf } from "../files/json.ts";
import { writeWhole } from "../files/write.ts";
import { type Called, call, type Remote } from "../remote/client.ts";
import { type Allowed, allowedFrom, type Content, type ToldChange } from "./allowed.ts";
import { FILE_MAX, type Manifest, readManifests } from "./manifests.ts";

export type Feed = {
  readonly allowed: () => Allowed;
  /** When the server answered last, in milliseconds since 1970; `null`: never. */
  readonly heardAt: () => number | null;
  /**
   * What the server says to a question that was put after this was called: what landed before is in it.
   * Those who call while one is under way share the next. `null`: it answered, else why not.
   */
  readonly refresh: () => Promise<string | null>;
};

export type FeedTerms = {
  readonly remote: Remote;
  readonly state: string;
  readonly ref: string;
  readonly manifests: readonly { readonly prefix: string; readonly namespace?: string }[];
  readonly now: () => number;
};

const FILE = "admission-feed.json";
const OWNER_ONLY = 0o600;
/** A change is decided before what it is made of is sent; after this long nobody sends it any more. */
const UNSENT_MS = 600_000;
/** Between two questions: requests that come this close together share one. */
const PAUSE_MS = 250;
/** How old `heardAt` may be that a restart begins with, where nothing else changed. */
const KEEP_MS = 60_000;

type Kept = {
  readonly changes: Map<string, ToldChange>;
  readonly contents: Map<string, readonly Manifest[] | string>;
  after: number;
  heardAt: number | null;
  /** When a change without contents was told of first. */
  readonly unsent: Map<string, number>;
};

/** Begins with what was kept before, so that a restart without the server forgets nothing. */
export function openFeed(terms: FeedTerms): Feed {
  mkdirSync(join(terms.state, "contents"), { recursive: true, mode: 0o700 });
  const kept = readKept(terms);
  let allowed = foldOf(kept, terms);
  let asking: Promise<string | null> | null = null;
  let next: Promise<string | null> | null = null;
  let writtenAt = 0;
  let endedAt = Number.NEGATIVE_INFINITY;
  const refresh = async (): Promise<string | null> => {
    const before = { after: kept.after, contents: kept.contents.size };
    const why = await poll(kept, terms);
    if (why === null) kept.heardAt = terms.now();
    const same = before.after === kept.after && before.contents === kept.contents.size;
    if (!same || kept.unsent.size > 0) allowed = foldOf(kept, terms);
    if (!same || Math.abs(terms.now() - writtenAt) > KEEP_MS) {
      keep(kept, terms);
      writtenAt = terms.now();
    }
    return why;
  };
  const inTurn = async (): Promise<string | null> => {
    // Whoever asked it is told of its failure.
    await asking?.catch(() => undefined);
    await pause(Math.max(0, endedAt + PAUSE_MS - performance.now()));
    next = null;
    asking = refresh();
    try {
      return await asking;
    } finally {
      asking = null;
      endedAt = performance.now();
    }
  };
  return {
    allowed: () => allowed,
    heardAt: () => kept.heardAt,
    refresh: () => {
      next ??= inTurn();
      return next;
    },
  };
}

function foldOf({ changes, contents }: Kept, { manifests }: FeedTerms): Allowed {
  return allowedFrom(changes.values(), {
    contentOf: (content): Content => contents.get(content) ?? "it is not kept on the server",
    namespaceOf: (path) =>
      // The longest beginning speaks.
      [...manifests]
        .sort((a, b) => b.prefix.length - a.prefix.length)
        .find(({ prefix }) => path.startsWith(prefix))?.namespace ?? null,
  });
}

const MANIFEST = /\.(?:ya?ml|json)$/i;

/** Why it broke off, or `null`. What came before counts: it is in the ledger's order. */
async function poll(kept: Kept, terms: FeedTerms): Promise<string | null> {
  const prefixes = terms.manifests.map(({ prefix }) => prefix);
  let after = kept.after;
  for (;;) {
    const body = { ref: terms.ref, prefixes, after };
    const told = await call(terms.remote, admissionApi.admissionChanges, { body });
    if (told.kind !== "answered") return whyNot(told);
    for (const { kept: isKept, ...change } of told.value.changes) {
      const own = change.entries.filter(({ path }) => MANIFEST.test(path));
      // The server forgets what changes are made of after a while; here it is kept.
      const entries = isKept ? own : (kept.changes.get(change.change)?.entries ?? []);
      kept.changes.set(change.change, { ...change, entries });
      if (isKept) kept.unsent.delete(change.change);
      else if (!kept.unsent.has(change.change)) kept.unsent.set(change.change, terms.now());
    }
    after = told.value.after;
    if (!told.value.more) break;
  }
  kept.after = after;
  // Those that are still to come are told again.
  for (const [change, since] of kept.unsent) {
    const index = kept.changes.get(change)?.index ?? kept.after + 1;
    if (terms.now() - since < UNSENT_MS) kept.after = Math.min(kept.after, index - 1);
  }
  return await fetchContents(kept, terms);
}

const whyNot = (told: Exclude<Called<unknown>, { readonly kind: "answered" }>): string =>
  told.kind === "away" ? told.says : `${told.problem.code}: ${told.problem.detail}`;

async function fetchContents(kept: Kept, { remote, state }: FeedTerms): Promise<string | null> {
  let wanted = wantedOf(kept);
  while (wanted.length > 0) {
    const contents = wanted.slice(0, ADMISSION_LIMITS.contents);
    const answered = await call(remote, admissionApi.admissionContents, { body: { contents } });
    if (answered.kind !== "answered") return whyNot(answered);
    const told = new Set(answered.value.contents.map(({ content }) => content));
    // by (fail-closed): a server that tells nothing must not be asked for ever.
    if (told.size === 0) return "the server told no contents";
    for (const { content, bytes } of answered.value.contents) {
      const text = bytes === null ? null : Buffer.from(bytes, "base64url");
      if (text === null || sha256Hex(new Uint8Array(text)) !== content) continue;
      // Not made durable: what a crash cuts off has another hash, and is fetched again.
      writeFileSync(join(state, "contents", content), text, { mode: OWNER_ONLY });
      kept.contents.set(content, manifestsIn(text.toString("utf8")));
    }
    wanted = wanted.filter((content) => !told.has(content));
  }
  return null;
}

function manifestsIn(text: string): readonly Manifest[] | string {
  const read = text.length > FILE_MAX ? null : readManifests(text);
  return read === null ? "it is too long" : read.ok ? read.manifests : read.says;
}

const wantedOf = ({ changes, contents }: Kept): readonly string[] => {
  const all = [...changes.values()].flatMap(({ allowed, entries }) =>
    allowed ? entries.flatMap(({ before, after }) => [before, after]) : [],
  );
  return [...new Set(all)].flatMap((one) => (one === null || contents.has(one) ? [] : [one]));
};

function keep({ changes, after, heardAt }: Kept, { state, ref, remote }: FeedTerms): void {
  const value = { version: 1, ref, server: remote.server, after, heardAt };
  const told = [...changes.values()];
  writeWhole(join(state, FILE), `${JSON.stringify({ ...value, changes: told })}\n`, OWNER_ONLY);
}

/** What was kept for another ref or server is of no use; what cannot be read is asked for anew. */
function readKept({ state, ref, remote }: FeedTerms): Kept {
  const fresh: Kept = {
    ...{ changes: new Map(), contents: new Map(), unsent: new Map() },
    ...{ after: -1, heardAt: null },
  };
  const text = fileText(join(state, FILE));
  const value = text === null ? undefined : jsonOf(text);
  const read = writtenIn(value);
  if (read === null || read.ref !== ref || read.server !== remote.server) {
    if (text !== null) rmSync(join(state, FILE));
    return fresh;
  }
  for (const change of read.changes) fresh.changes.set(change.change, change);
  for (const content of wantedOf(fresh)) {
    const held = fileText(join(state, "contents", content));
    if (held !== null && sha256Hex(new Uint8Array(Buffer.from(held))) === content)
      fresh.contents.set(content, manifestsIn(held));
  }
  return Object.assign(fresh, { after: read.after, heardAt: read.heardAt });
}

type Written = {
  readonly ref: string;
  readonly server: string;
  readonly after: number;
  readonly heardAt: number | null;
  readonly changes: readonly ToldChange[];
};

/** Our own file, as the shape of the server's answer says; `null`: somebody else's. */
function writtenIn(value: unknown): Written | null {
  if (typeof value !== "object" || value === null) return null;
  const written = value as Partial<Written>; // each field is looked at below
  const { ref, server, after, heardAt = null, changes } = written;
  const told = admissionApi.admissionChanges.answer.safeParse({
    ...{ after, more: false },
    changes: Array.isArray(changes) ? changes.map((one: object) => ({ ...one, kept: true })) : null,
  });
  if (!told.success || typeof ref !== "string" || typeof server !== "string") return null;
  if (heardAt !== null && typeof heardAt !== "number") return null;
  const { changes: all, after: index } = told.data;
  return {
    ...{ ref, server, after: index, heardAt },
    changes: all.map(({ kept: _, ...change }) => change),
  };
}

function fileText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
