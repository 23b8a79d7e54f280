// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** The built console, read once: what is not in it cannot be asked for by any path. */
export type ConsoleFiles = {
  /** By the path of the URL, such as `/assets/main-3f2a.js`. */
  readonly files: ReadonlyMap<string, ConsoleFile>;
  readonly index: Buffer;
};

type ConsoleFile = {
  readonly bytes: Buffer;
  /** Compressed when somebody asks for it first, since most starts serve no page. */
  readonly gzip: () => Buffer;
  readonly type: string;
};

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Reads a folder that Vite built; other kinds of files in it, such as source maps, are not served. */
export function readConsole(folder: string): ConsoleFiles {
  const files = new Map<string, ConsoleFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    const path = file.slice(folder.length).replaceAll("\\", "/").replace(/^\/*/, "/");
    files.set(path, { bytes, gzip: once(() => gzipSync(bytes)), type });
  }
  return { files, index: readFileSync(join(folder, "index.html")) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The names in front belong to the server: what it does not know there is no page. */
const OF_SERVER = new Set(["api", "assets", "healthz", "log", "metrics", "readyz"]);

/** Names of assets hold a digest of their bytes, so another content has another name. */
const FOREVER = "public, max-age=31536000, immutable";

/**
 * Serves the console: its files, and its one page for every path that a person can type, since the
 * page itself knows which of them exist.
 */
export function consoleRoutes(app: FastifyInstance, { files, index }: ConsoleFiles): void {
  app.get("/*", (request, reply) => {
    const [path = "/"] = request.url.split("?");
    const file = files.get(path);
    if (file !== undefined) return sendFile(request, reply, file);
    if (!isPage(request, path)) return reply.callNotFound();
    return reply.headers(PAGE).type("text/html; charset=utf-8").send(index);
  });
}

function sendFile(
  { url, headers }: FastifyRequest,
  reply: FastifyReply,
  { bytes, gzip, type }: ConsoleFile,
): FastifyReply {
  reply
    .header("cache-control", url.startsWith("/assets/") ? FOREVER : "no-cache")
    .header("vary", "accept-encoding")
    .type(type);
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(headers["accept-encoding"] ?? ""))
    return reply.send(bytes);
  return reply.header("content-encoding", "gzip").send(gzip());
}

/** A script that asks for something that is not there gets a problem, never a page that says 200. */
function isPage({ headers }: FastifyRequest, path: string): boolean {
  const [, first = ""] = path.split("/");
  return !OF_SERVER.has(first) && (headers.accept ?? "").includes("text/html");
}

/** Only our own scripts and styles, none of them inline, no frame, and no text that becomes code (UI4, UI5). */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const PAGE = {
  "content-security-policy": POLICY,
  "permissions-policy": [
    "publickey-credentials-create=(self)",
    "publickey-credentials-get=(self)",
    "clipboard-write=(self)",
    ...["camera", "display-capture", "geolocation", "microphone", "payment", "usb"].map(
      (feature) => `${feature}=()`,
    ),
  ].join(", "),
};
