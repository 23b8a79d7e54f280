// SPDX-License-Identifier: Apache-2.0
/** Who asks: whoever does is a contributor of the change, and cannot approve it. by (two-people) */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { GateError } from "@interlock/core";
import { canonicalAccount } from "@interlock/facts";
import { readText } from "../files/read.ts";
import { refused, type Worked, worked } from "./refusal.ts";
import type { Settings } from "./settings.ts";

/** An account; `null`: nobody watched, so that it is not known who may approve. */
export type Observe = (request: IncomingMessage) => Worked<string | null>;

const NAME_MAX = 300;

/** Throws `GateError` for a file of callers that does not fit. */
export function observer({ caller }: Settings): Observe {
  const { from, file, header = "", peers = [] } = caller;
  switch (from) {
    case "nothing":
      return () => worked(null);
    case "basic": {
      const known = readCallers(file ?? "");
      return ({ headers }) => byPassword(headers.authorization, known);
    }
    case "certificate":
      return ({ socket }) => byCertificate(socket);
    case "header":
      return ({ headers, socket }) => {
        const value = headers[header];
        const trusted = peers.includes((socket.remoteAddress ?? "").replace(/^::ffff:/, ""));
        return named(trusted && typeof value === "string" ? value : "");
      };
  }
}

/** An empty name is nobody's. */
const named = (name: string): Worked<string | null> => {
  const known = name.trim();
  return known === "" || known.length > NAME_MAX || !known.isWellFormed()
    ? worked(null)
    : worked(canonicalAccount(known));
};

const LINE = /^([^\s:]{1,100}) ([0-9a-f]{64})$/;

/** A line a caller: the account, and the SHA-256 of its secret, which is random and not chosen. */
function readCallers(path: string): ReadonlyMap<string, Buffer> {
  const lines = readText(path)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line, i) => {
      const [, name, hash] = LINE.exec(line) ?? [];
      if (name === undefined || hash === undefined)
        throw new GateError(
          "INPUT_INVALID",
          `\`${path}\`: line ${i + 1} is no name with the SHA-256 of its secret`,
          "write `NAME HASH`, the hash of a random secret as `sha256sum` prints it",
        );
      return [name, Buffer.from(hash, "hex")] as const;
    }),
  );
}

function byPassword(
  authorization: string | undefined,
  known: ReadonlyMap<string, Buffer>,
): Worked<string | null> {
  const [, encoded = ""] = /^Basic ([A-Za-z0-9+/=]{1,4000})$/i.exec(authorization ?? "") ?? [];
  const given = Buffer.from(encoded, "base64").toString("utf8");
  const colon = given.indexOf(":");
  const hash = createHash("sha256")
    .update(given.slice(colon + 1))
    .digest();
  const own = colon > 0 ? known.get(given.slice(0, colon)) : undefined;
  if (timingSafeEqual(hash, own ?? Buffer.alloc(hash.length)) && own !== undefined)
    return named(given.slice(0, colon));
  const { refusal } = refused(
    "GUARD_CALLER",
    "no name and secret that the guard knows came along",
    "send them by basic authentication",
  );
  const headers = { "www-authenticate": 'Basic realm="interlock guard", charset="UTF-8"' };
  return { ok: false, refusal: { ...refusal, headers } };
}

/** The certificate was verified when the connection was made, else there is none. */
function byCertificate(socket: unknown): Worked<string | null> {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return worked(null);
  const name = socket.getPeerCertificate().subject?.CN;
  return named(typeof name === "string" ? name : "");
}
