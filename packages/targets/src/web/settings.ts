// SPDX-License-Identifier: Apache-2.0
import type { SettingsReader } from "../settings.ts";
import type { ClientOptions } from "./client.ts";

const TIMEOUT_MS = 10_000;
const TIMEOUT_MS_MAX = 120_000;
/** Where nobody listens in: a secret may go there without TLS. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** What every driver over HTTP takes beside its own settings: `tls` and `timeoutMs`. */
export function readWeb(read: SettingsReader): Omit<ClientOptions, "origin"> {
  const timeoutMs = read.whole("timeoutMs", {
    from: 100,
    to: TIMEOUT_MS_MAX,
    otherwise: TIMEOUT_MS,
  });
  const part = read.part("tls");
  if (part === undefined) return { tls: {}, timeoutMs };
  const ca = part.optionalPem("ca");
  const cert = part.optionalPem("cert");
  const key = part.optionalPem("key");
  if (key !== undefined && !part.isNamed("key"))
    part.fault("key", "is a secret: name it as `env:NAME` or `file:PATH`");
  if ((cert === undefined) !== (key === undefined))
    part.refuse(cert === undefined ? "cert" : "key", "is missing: `cert` and `key` go together");
  part.end(null);
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    timeoutMs,
  };
}

/** An origin, `http:` or `https:`; one that is given a secret has to be `https:` or this machine. */
export function readOrigin(
  read: SettingsReader,
  { name, text, hasSecret }: { readonly name: string; readonly text: string; hasSecret: boolean },
): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    read.fault(name, "is no address that begins with http:// or https://");
    return new URL("http://localhost");
  }
  if (`${url.username}${url.password}` !== "")
    read.fault(name, "holds a user or a password, which have settings of their own");
  else if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    read.fault(name, "has more than scheme, host and port");
  if (hasSecret && url.protocol === "http:" && !LOOPBACK.has(url.hostname))
    read.fault(name, `would send a secret to \`${url.host}\` without TLS`);
  return new URL(url.origin);
}
