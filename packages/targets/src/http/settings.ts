// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import type { Resolved } from "../secrets.ts";
import { type SettingsReader, settingsReader } from "../settings.ts";
import type { Answered } from "../target.ts";
import type { ClientOptions } from "../web/client.ts";
import { readOrigin, readWeb } from "../web/settings.ts";
import {
  bodyHas,
  type Hole,
  hasHole,
  isPathTrick,
  pointerOf,
  type Template,
  templateOf,
} from "./template.ts";

const CONFLICT = [409, 412];
const POLL_MS = 15_000;
const HOUR_MS = 3_600_000;
const TOKEN = /^[a-z0-9!#$%&'*+\-.^_`|~]{1,100}$/i;
/** What this driver or the protocol itself says. */
const OURS =
  /^(?:host|content-length|content-type|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer|if-.*|proxy-.*)$/i;
const SECRET = /auth|cookie|token|secret|password|key/i;

type Pointer = readonly string[];

export type HttpSettings = {
  readonly client: ClientOptions;
  /** Sent with everything. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cells: ReadonlyMap<string, string>;
  readonly read: Template;
  readonly list: {
    readonly path: Template;
    readonly items: Pointer;
    /** Inside an item. */
    readonly key: Pointer;
    readonly version: Pointer | null;
    /** Where an answer names the next page; `null`: there is one page. */
    readonly next: Pointer | null;
  };
  readonly write: Call;
  /** `null`: this API cannot delete over a version. */
  readonly remove: Call | null;
  /** `null`: by ETag, If-Match and If-None-Match. */
  readonly versionAt: Pointer | null;
  /** `null`: the body is the value. */
  readonly body: {
    readonly template: Json;
    readonly valueAt: Pointer;
    readonly as: "text" | "base64";
    /** What stands for the version of a key that is absent. */
    readonly absent: Json;
  } | null;
  readonly contentType: string;
  readonly idempotencyHeader: string | null;
  readonly conflict: ReadonlySet<number>;
  readonly health: Template | null;
  /** Headers of a value's answer in which the API says who wrote it, and when. */
  readonly writer: { readonly by: string | null; readonly at: string | null };
  readonly pollMs: number;
};

type Call = { readonly method: string; readonly path: Template };

export function readHttpSettings(resolved: Resolved): Answered<HttpSettings> {
  const read = settingsReader(resolved);
  const { headers, hasSecret } = readHeaders(read);
  const versionAt = readVersion(read);
  const body = readBody(read, versionAt);
  const idempotencyHeader = read.optionalText("idempotencyHeader") ?? null;
  if (idempotencyHeader !== null && !isHeader(idempotencyHeader))
    read.fault("idempotencyHeader", "is no name of a header, or one that is set here anyway");
  const origin = { name: "origin", text: read.text("origin"), hasSecret };
  const hasHealth = read.optionalText("health") !== undefined;
  const contentType = body === null ? "application/octet-stream" : "application/json";
  return read.end({
    client: { ...readWeb(read), origin: readOrigin(read, origin) },
    headers,
    cells: readCells(read),
    read: readPath(read, { name: "read", holes: ["cell", "key", "+key"], needsKey: true }),
    list: readList(read),
    write: readCall(read, "write") ?? { method: "PUT", path: [] },
    remove: readDelete(read, versionAt),
    versionAt,
    body,
    contentType: read.optionalText("contentType") ?? contentType,
    idempotencyHeader,
    conflict: readConflict(read),
    health: hasHealth ? readPath(read, { name: "health", holes: [], needsKey: false }) : null,
    writer: readWriter(read),
    pollMs: read.whole("pollMs", { from: 20, to: HOUR_MS, otherwise: POLL_MS }),
  });
}

const isHeader = (name: string): boolean => TOKEN.test(name) && !OURS.test(name);

function readHeaders(read: SettingsReader) {
  const headers: [string, string][] = [];
  const part = read.part("headers");
  let hasSecret = false;
  for (const name of part?.names() ?? []) {
    const value = part?.text(name) ?? "";
    const isNamed = part?.isNamed(name) === true;
    hasSecret ||= isNamed;
    if (!isHeader(name))
      part?.refuse(name, "is no name of a header, or one that is set here anyway");
    else if (!/^[\x20-\x7e]*$/.test(value)) part?.fault(name, "holds more than ASCII");
    else if (SECRET.test(name) && !isNamed)
      part?.fault(name, "looks like a secret: name it as `env:NAME` or `file:PATH`");
    headers.push([name.toLowerCase(), value]);
  }
  part?.end(null);
  return { headers: Object.fromEntries(headers), hasSecret };
}

function readWriter(read: SettingsReader): HttpSettings["writer"] {
  const part = read.part("writer");
  const header = (name: "by" | "at"): string | null => {
    const found = part?.optionalText(name) ?? null;
    if (found !== null && !TOKEN.test(found)) part?.fault(name, "is no name of a header");
    return found?.toLowerCase() ?? null;
  };
  const writer = { by: header("by"), at: header("at") };
  part?.end(null);
  return writer;
}

function readCells(read: SettingsReader): ReadonlyMap<string, string> {
  const cells = read.cells((place) => (typeof place === "string" ? place : ""));
  for (const [cell, place] of cells)
    if (isPathTrick(place) || !place.isWellFormed())
      read.fault(`cells.${cell}`, "is no text that can stand for the cell in a path");
  return cells;
}

type PathOf = {
  readonly name: string;
  readonly holes: readonly Hole[];
  readonly needsKey: boolean;
};

function readPath(read: SettingsReader, { name, holes, needsKey }: PathOf): Template {
  const template = templateOf(read.text(name), holes);
  if (typeof template === "string") {
    read.fault(name, template);
    return [];
  }
  if (needsKey && !hasHole(template, "key", "+key")) read.fault(name, "has no `{key}`");
  return template;
}

function readCall(read: SettingsReader, name: "write" | "delete"): Call | null {
  const part = read.part(name);
  if (part === undefined) {
    if (name === "write") read.fault("write", "is missing");
    return null;
  }
  const method = part.optionalText("method") ?? (name === "write" ? "PUT" : "DELETE");
  if (!["PUT", "POST", "PATCH", "DELETE"].includes(method))
    part.fault("method", "is none of PUT, POST, PATCH, DELETE");
  const holes: readonly Hole[] = ["cell", "key", "+key", "version"];
  const path = readPath(part, { name: "path", holes, needsKey: true });
  part.end(null);
  return { method, path };
}

function readDelete(read: SettingsReader, versionAt: Pointer | null): Call | null {
  const call = readCall(read, "delete");
  if (call === null || versionAt === null || hasHole(call.path, "version")) return call;
  // Without it a key would be deleted whatever it holds by then.
  read.fault("delete.path", "has no `{version}`, so that it would delete blindly");
  return call;
}

function readList(read: SettingsReader): HttpSettings["list"] {
  const part = read.part("list");
  if (part === undefined) {
    read.fault("list", "is missing");
    return { path: [], items: [], key: [], version: null, next: null };
  }
  const next = readPointer(part, "next");
  const path = readPath(part, { name: "path", holes: ["cell", "after"], needsKey: false });
  if ((next !== null) !== hasHole(path, "after"))
    part.fault("next", "goes together with `{after}` in the path");
  const list = {
    path,
    items: readPointer(part, "items") ?? [],
    key: readPointer(part, "key") ?? [],
    version: readPointer(part, "version"),
    next,
  };
  part.end(null);
  return list;
}

function readPointer(read: SettingsReader, name: string): Pointer | null {
  const text = read.optionalText(name);
  if (text === undefined) return null;
  const pointer = pointerOf(text);
  if (pointer === null) read.fault(name, "is no JSON pointer");
  return pointer;
}

/** Without a version nothing could be compared, so a target that has none is not opened. */
function readVersion(read: SettingsReader): Pointer | null {
  const version = read.text("version");
  if (version === "etag") return null;
  const pointer = pointerOf(version);
  if (pointer !== null && pointer.length > 0) return pointer;
  if (version !== "") read.fault("version", "is neither `etag` nor a JSON pointer into the answer");
  return [];
}

function readBody(read: SettingsReader, versionAt: Pointer | null): HttpSettings["body"] {
  const part = read.part("body");
  if (part === undefined) {
    if (versionAt !== null)
      read.fault("version", "is a field, so `body` has to say where it is sent");
    return null;
  }
  const template = part.take("send") ?? null;
  const absent = part.take("absent") ?? null;
  const as = part.optionalText("as") ?? "text";
  if (as !== "text" && as !== "base64") part.fault("as", "is neither `text` nor `base64`");
  const valueAt = readPointer(part, "value") ?? [];
  if (valueAt.length === 0) part.fault("value", "has to point at the value in an answer");
  if (!bodyHas(template, "value")) part.fault("send", "has no `{value}`");
  // A write without it would be blind.
  if (versionAt !== null && !bodyHas(template, "version")) part.fault("send", "has no `{version}`");
  part.end(null);
  return { template, valueAt, as: as === "base64" ? "base64" : "text", absent };
}

function readConflict(read: SettingsReader): ReadonlySet<number> {
  const found = read.take("conflict");
  if (found === undefined) return new Set(CONFLICT);
  const codes: readonly number[] = Array.isArray(found) ? found.map(Number) : [];
  const isStatus = (code: number): boolean => Number.isInteger(code) && code >= 400 && code < 500;
  if (codes.length === 0 || !codes.every(isStatus))
    read.fault("conflict", "is no list of statuses from 400 to 499");
  return new Set(codes);
}
