// SPDX-License-Identifier: Apache-2.0
/** Settings of an admission webhook: a JSON file. */
import { dirname, resolve } from "node:path";
import { type Infer, int, list, NEVER_WITHOUT, object, optional, text } from "@interlock/core";
import { addressProblem, nameProblem, type SettingsKind, settingsFrom } from "../settings/file.ts";
import { serverProblem } from "../settings/server.ts";
import { readPath } from "./match/pointer.ts";
import { OPERATIONS } from "./review.ts";

const FILE = text({ max: 4_000 });
const NAME = text({ max: 300 });
const REASON = text({ max: 500 });

const EXEMPTION = object({
  user: optional(NAME),
  group: optional(NAME),
  operations: list(text({ values: [...OPERATIONS] }), OPERATIONS.length),
  resources: list(NAME, 100),
  namespaces: optional(list(NAME, 100)),
  because: REASON,
});
export type Exemption = Infer<typeof EXEMPTION>;

const MUTATION = object({
  resources: list(NAME, 100),
  path: text({ max: 1_000 }),
  users: optional(list(NAME, 100)),
  because: REASON,
});
export type Mutation = Infer<typeof MUTATION>;

const SETTINGS = object({
  version: int(1, 1),
  name: text({ max: 100 }),
  mode: text({ values: ["observe", "enforce"] }),
  listen: object({
    address: text({ max: 300 }),
    cert: FILE,
    key: FILE,
    clientCa: optional(FILE),
  }),
  server: text({ max: 2_000 }),
  tokenFile: FILE,
  state: FILE,
  ref: text({ max: 1_000 }),
  manifests: list(object({ prefix: NAME, namespace: optional(NAME) }), 50),
  tiers: optional(list(object({ namespace: NAME, tier: int(1, 4) }), 10_000)),
  allowIfDown: optional(list(int(1, 4), 4)),
  exemptions: optional(list(EXEMPTION, 200)),
  mutations: optional(list(MUTATION, 200)),
  pollSeconds: optional(int(1, 600)),
  trustedSeconds: optional(int(10, 31_536_000)),
  timeoutMs: optional(int(100, 25_000)),
  bodyMax: optional(int(1_000, 67_108_864)),
});
export type Settings = Infer<typeof SETTINGS>;

/**
 * `timeoutMs`: of one question to the server, well below the API server's 10 s. `bodyMax`: the API server
 * takes 3 MiB, and sends an object twice in an update.
 */
export const DEFAULTS = {
  pollSeconds: 5,
  trustedSeconds: 86_400,
  timeoutMs: 3_000,
  bodyMax: 8 * 1024 * 1024,
} as const;

/** Reads and checks the settings; names of files count from their folder. Throws `GateError`. */
export function readSettings(path: string): Settings {
  const settings = settingsFrom(path, KIND);
  const of = (name: string): string => resolve(dirname(path), name);
  const { listen, tokenFile, state } = settings;
  const { cert, key, clientCa } = listen;
  const ca = clientCa === undefined ? {} : { clientCa: of(clientCa) };
  return {
    ...settings,
    ...{ tokenFile: of(tokenFile), state: of(state) },
    listen: { ...listen, cert: of(cert), key: of(key), ...ca },
  };
}

/** A plural with its group and perhaps a subresource, as `kubectl` writes them: `deployments.apps/scale`. */
const RESOURCE = /^[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9.-]*)?(?:\/[a-z]+)?$/;

/** What no schema says; `null`: nothing is wrong. */
export function settingsProblem(settings: Settings): string | null {
  const { name, listen, ref, manifests, allowIfDown = [], server } = settings;
  if (!ref.startsWith("refs/")) return "`ref` is no full name, such as `refs/heads/main`";
  if (manifests.length === 0) return "`manifests` names no paths";
  if (allowIfDown.includes(NEVER_WITHOUT))
    return "what is of Tier 1 never goes on without the server";
  return (
    nameProblem(name) ??
    addressProblem(listen.address) ??
    serverProblem(server) ??
    firstOf((settings.exemptions ?? []).map(exemptionProblem)) ??
    firstOf((settings.mutations ?? []).map(mutationProblem))
  );
}

const firstOf = (problems: readonly (string | null)[]): string | null =>
  problems.find((one) => one !== null) ?? null;

function exemptionProblem({ user, group, operations, resources }: Exemption): string | null {
  if ((user === undefined) === (group === undefined))
    return "an exemption is of either a `user` or a `group`";
  const who = user ?? group ?? "";
  if (who === "" || who.includes("*")) return `\`${who}\` is nobody: an exemption has no wildcard`;
  if (EVERYBODY.has(who)) return `\`${who}\` is everybody`;
  if (operations.length === 0) return `the exemption of \`${who}\` names no operations`;
  return resourcesProblem(resources);
}

const EVERYBODY: ReadonlySet<string> = new Set([
  ...["system:authenticated", "system:unauthenticated", "system:anonymous"],
  "system:serviceaccounts",
]);

function mutationProblem({ resources, path, users }: Mutation): string | null {
  if (readPath(path) === null) return `\`${path}\` is no path, such as \`/spec/replicas\``;
  if (users?.length === 0) return `the mutation of \`${path}\` is nobody's: leave \`users\` out`;
  return resourcesProblem(resources);
}

function resourcesProblem(resources: readonly string[]): string | null {
  if (resources.length === 0) return "an exemption or mutation names no `resources`";
  const odd = resources.find((one) => !RESOURCE.test(one));
  return odd === undefined
    ? null
    : `\`${odd}\` is no resource as \`kubectl\` writes it, such as \`deployments.apps/scale\``;
}

const KIND: SettingsKind<typeof SETTINGS> = {
  ...{ schema: SETTINGS, problemOf: settingsProblem },
  remedy: "mend them as docs/operate/admission.md describes",
};
