// SPDX-License-Identifier: Apache-2.0
/** What a witness has cosigned: a directory in which the head of a log only ever moves on. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GateError, int, object, problemsOf, text } from "@interlock/core";
import { sha256Hex, utf8 } from "@interlock/digest";
import { NOTHING_SEEN, type WitnessedHead } from "@interlock/tlog";

/** A head and where it stands in the sequence of its log; 0 before the first. */
export type Versioned = { readonly version: number; readonly head: WitnessedHead };

export type Heads = {
  /** Throws `GateError` where the directory is not what this wrote: a guess could roll back. */
  readonly read: (origin: string) => Versioned;
  /** Durable when it gives `true`; `false`: somebody else moved on from `before` first. */
  readonly advance: (origin: string, before: Versioned, head: WitnessedHead) => boolean;
  /** Keeps what may show that a log misbehaves, each thing once. */
  readonly keepEvidence: (stored: WitnessedHead, request: Uint8Array) => void;
};

const HEAD = object({ origin: text({ max: 65_536 }), size: int(0), root: text({ max: 64 }) });
const ROOT_LENGTH = 32;
const EVIDENCE = "evidence";
/** A log that misbehaves a thousand times has been shown to; more would only fill the disk. */
const EVIDENCE_MAX = 1_000;

/**
 * Opens the directory, and makes it where there is none.
 *
 * INVARIANT (heads only advance): version N+1 of a log is one file, which `link` makes only where there
 * is none, and whose content is fsynced before. A version is removed only when there is a later one,
 * and whoever linked a version looks for later ones before relying on it: of two processes on one
 * directory that both move on from N, one learns that it lost. If we die in between, the version
 * stands, nobody got a cosignature for it, and whoever asks again gets it.
 */
export function openHeads(folder: string): Heads {
  mkdirSync(join(folder, EVIDENCE), { recursive: true });
  syncFolder(dirname(resolve(folder)));
  return {
    read: (origin) => readHead(folder, origin),
    advance: (origin, before, head) => advance(folder, { origin, before, head }),
    keepEvidence: (stored, request) => keepEvidence(folder, stored, request),
  };
}

const keyOf = (origin: string): string => sha256Hex(utf8(origin));

/** The versions of a log that are there, the latest first. */
function versions(folder: string, origin: string): readonly number[] {
  const prefix = `${keyOf(origin)}.`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((version) => Number.isSafeInteger(version) && version > 0)
    .sort((a, b) => b - a);
}

const pathOf = (folder: string, origin: string, version: number): string =>
  join(folder, `${keyOf(origin)}.${version}`);

function readHead(folder: string, origin: string): Versioned {
  const [latest] = versions(folder, origin);
  if (latest === undefined) return { version: 0, head: NOTHING_SEEN };
  const path = pathOf(folder, origin, latest);
  const content = contentIf(path);
  // Another process moved on and removed it in the meantime, so there is a later one.
  if (content === null) return readHead(folder, origin);
  const head = headOf(origin, content);
  if (head !== null) return { version: latest, head };
  throw new GateError(
    "INPUT_INVALID",
    `\`${path}\` is not what a witness wrote`,
    "put the directory back from a backup that is no older; going back could sign two histories",
  );
}

function contentIf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function headOf(origin: string, content: string): WitnessedHead | null {
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (problemsOf(HEAD, raw, "no such field").length > 0) return null;
  const read = raw as { origin: string; size: number; root: string }; // checked by the line above
  const root = new Uint8Array(Buffer.from(read.root, "base64"));
  return read.origin === origin && root.length === ROOT_LENGTH ? { size: read.size, root } : null;
}

type Step = {
  readonly origin: string;
  readonly before: Versioned;
  readonly head: WitnessedHead;
};

function advance(folder: string, { origin, before, head }: Step): boolean {
  const version = before.version + 1;
  const root = Buffer.from(head.root).toString("base64");
  const draft = join(folder, `draft.${randomBytes(8).toString("hex")}`);
  writeDurably(draft, JSON.stringify({ origin, size: head.size, root }));
  const won = linkedNew(draft, pathOf(folder, origin, version));
  rmSync(draft);
  if (!won) return false;
  syncFolder(folder);
  const all = versions(folder, origin);
  if (all[0] !== version) return false;
  for (const old of all.slice(1)) rmSync(pathOf(folder, origin, old), { force: true });
  return true;
}

function linkedNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function writeDurably(path: string, content: string | Uint8Array): void {
  const file = openSync(path, "wx", 0o644);
  try {
    writeSync(file, typeof content === "string" ? utf8(content) : content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A name is durable only with the directory that it stands in. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function keepEvidence(folder: string, stored: WitnessedHead, request: Uint8Array): void {
  const place = join(folder, EVIDENCE);
  const kept = readdirSync(place);
  const name = sha256Hex(request);
  if (kept.includes(name) || kept.length >= EVIDENCE_MAX) return;
  const root = Buffer.from(stored.root).toString("base64");
  const lead = utf8(`witnessed ${stored.size} ${root}\n`);
  const draft = join(place, `draft.${randomBytes(8).toString("hex")}`);
  writeDurably(draft, Buffer.concat([lead, request]));
  renameSync(draft, join(place, name));
  syncFolder(place);
}
