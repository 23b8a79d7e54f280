// SPDX-License-Identifier: Apache-2.0
/** What a guard stands in front of, and whom it asks: one JSON file. */
import { dirname, resolve } from "node:path";
import {
  bool,
  type Infer,
  int,
  list,
  NEVER_WITHOUT,
  object,
  optional,
  text,
} from "@interlock/core";
import { addressProblem, nameProblem, type SettingsKind, settingsFrom } from "../settings/file.ts";
import { serverProblem } from "../settings/server.ts";
import { HTTP_RULE, rulesProblem } from "./http/rules.ts";

const FILE = text({ max: 4_000 });

const SETTINGS = object({
  version: int(1, 1),
  name: text({ max: 100 }),
  kind: text({ values: ["etcd", "http"] }),
  listen: object({
    address: text({ max: 300 }),
    cert: optional(FILE),
    key: optional(FILE),
    clientCa: optional(FILE),
  }),
  upstream: object({
    url: text({ max: 2_000 }),
    authorizationFile: optional(FILE),
    ca: optional(FILE),
    cert: optional(FILE),
    key: optional(FILE),
  }),
  server: text({ max: 2_000 }),
  tokenFile: FILE,
  state: FILE,
  policy: object({
    folder: optional(FILE),
    repository: optional(FILE),
    ref: optional(text({ max: 1_000 })),
  }),
  caller: object({
    from: text({ values: ["nothing", "basic", "certificate", "header"] }),
    file: optional(FILE),
    header: optional(text({ max: 100 })),
    peers: optional(list(text({ max: 100 }), 100)),
  }),
  tier: optional(int(1, 4)),
  allowIfDown: optional(list(int(1, 4), 4)),
  timeoutMs: optional(int(1, 600_000)),
  waitMaxSeconds: optional(int(0, 600)),
  bodyMax: optional(int(1, 33_554_432)),
  keysMax: optional(int(1, 10_000)),
  leases: optional(bool()),
  formats: optional(list(object({ prefix: text({ max: 1_000 }), as: text({ max: 10 }) }), 1_000)),
  rules: optional(list(HTTP_RULE, 1_000)),
});
export type Settings = Infer<typeof SETTINGS>;

/** `timeoutMs`: of one question to the server or the engine. Etcd takes 1.5 MiB and 128 operations. */
export const DEFAULTS = {
  timeoutMs: 30_000,
  waitMaxSeconds: 60,
  bodyMax: 2 * 1024 * 1024,
  keysMax: 100,
} as const;

/** Reads and checks the settings; names of files count from their folder. Throws `GateError`. */
export const readSettings = (path: string): Settings =>
  withFiles(settingsFrom(path, KIND), (name) => resolve(dirname(path), name));

/** What no schema says; `null`: nothing is wrong. */
export function settingsProblem(settings: Settings): string | null {
  const { name, kind, listen, policy, rules, allowIfDown, formats = [] } = settings;
  if (
    (policy.folder === undefined) !==
    (policy.repository !== undefined && policy.ref !== undefined)
  )
    return "`policy` names either a `folder`, or a `repository` and its `ref`";
  if ((kind === "http") !== (rules !== undefined)) return "`rules` belong to the kind `http`";
  if (allowIfDown?.includes(NEVER_WITHOUT) === true)
    return "a change of Tier 1 never goes on without the server";
  const odd = formats.find(({ as }) => !/^[a-z0-9]{1,8}$/.test(as));
  if (odd !== undefined) return `\`${odd.as}\` is no format, such as \`json\``;
  return (
    nameProblem(name) ??
    addressProblem(listen.address) ??
    listenProblem(settings) ??
    callerProblem(settings) ??
    upstreamProblem(settings) ??
    serverProblem(settings.server) ??
    rulesProblem(rules ?? [])
  );
}

function listenProblem({ listen: { cert, key, clientCa } }: Settings): string | null {
  if ((cert === undefined) !== (key === undefined)) return "`listen` has half a certificate";
  return clientCa !== undefined && cert === undefined
    ? "`listen.clientCa` needs `cert` and `key`"
    : null;
}

function callerProblem({ caller, listen, upstream }: Settings): string | null {
  const { from, file, header, peers = [] } = caller;
  if (from === "basic" && file === undefined) return "`caller.file` names who may ask";
  if (from === "basic" && upstream.authorizationFile === undefined)
    return "callers of the guard's own need `upstream.authorizationFile`: theirs is not passed on";
  if (from === "certificate" && listen.clientCa === undefined)
    return "certificates of callers need `listen.clientCa`";
  if (from === "header" && (header === undefined || peers.length === 0))
    return "`caller.header` counts only from `caller.peers`";
  return header !== undefined && !/^[a-z][a-z0-9-]*$/.test(header)
    ? "`caller.header` is not a header's name in lower case"
    : null;
}

function upstreamProblem({ upstream }: Settings): string | null {
  if (!URL.canParse(upstream.url)) return "`upstream.url` is no URL";
  const { protocol, username, password, pathname, search, hash } = new URL(upstream.url);
  if (protocol !== "http:" && protocol !== "https:")
    return "`upstream.url` is neither `http:` nor `https:`";
  // by (GT15): an address with a password would be repeated in messages.
  if (username !== "" || password !== "")
    return "`upstream.url` holds a name or a password; it belongs in `authorizationFile`";
  return pathname !== "/" || search !== "" || hash !== ""
    ? "`upstream.url` has a path; the guard passes paths on as they are"
    : null;
}

function withFiles(settings: Settings, of: (name: string) => string): Settings {
  const files = <T extends object>(group: T, names: readonly (keyof T)[]): T => {
    const named = names.flatMap((name) => {
      const value = group[name];
      return typeof value === "string" ? [[name, of(value)] as const] : [];
    });
    return { ...group, ...Object.fromEntries(named) };
  };
  const { listen, upstream, policy, caller } = settings;
  return {
    ...files(settings, ["tokenFile", "state"]),
    listen: files(listen, ["cert", "key", "clientCa"]),
    upstream: files(upstream, ["authorizationFile", "ca", "cert", "key"]),
    policy: files(policy, ["folder", "repository"]),
    caller: files(caller, ["file"]),
  };
}

const KIND: SettingsKind<typeof SETTINGS> = {
  ...{ schema: SETTINGS, problemOf: settingsProblem },
  remedy: "mend them as docs/operate/guard.md describes",
};
