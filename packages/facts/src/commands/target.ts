// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Invocation } from "./shell/unwrap.ts";

type Environment = Delta["environment"];

const PRODUCTION = new Set(["prod", "production", "prd", "live", "prods"]);
const NON_PRODUCTION = new Set([
  "dev",
  "devel",
  "development",
  "test",
  "tests",
  "testing",
  "stage",
  "staging",
  "stg",
  "qa",
  "uat",
  "sandbox",
  "nonprod",
  "preprod",
  "local",
  "localhost",
  "demo",
  "preview",
  "ephemeral",
  "minikube",
  "kind",
  "ci",
  "e2e",
  "integration",
  "scratch",
  "127",
  "canary",
]);

/** The environment that a text speaks of, word by word; production wins, since it is the one to lose. */
export function environmentIn(text: string): Environment {
  const normal = text.toLowerCase().replace(/(pre|non)[-_. ]?(prod(uction)?)/g, "$1prod");
  let found: Environment = "unknown";
  for (const word of normal.split(/[^a-z0-9]+/)) {
    const plain = word.replace(/\d+$/, "");
    if (PRODUCTION.has(plain)) return "production";
    if (NON_PRODUCTION.has(plain) || NON_PRODUCTION.has(word)) found = "non-production";
  }
  return found;
}

/** Flags that say where a command works. */
const TARGET_FLAG =
  /^--?(?:e|env|environment|stage|context|kube-context|kubeconfig|cluster|host|hostname|server|h|region|zone|account|profile|project|p|subscription|namespace|n|database|db|d|url|uri|endpoint|target|app|a|site|workspace|stack|instance|vault|tenant|remote|connection|chdir|var-file)$/i;

export type Flag = { readonly name: string; readonly value: string | null };

/** Flags with their values: `--x=y`, `--x y`, `-x y`; a flag without one has `null`. */
export function flagsOf(invocation: Invocation): readonly Flag[] {
  const flags: Flag[] = [];
  for (const [at, word] of invocation.args.entries()) {
    if (!word.text.startsWith("-") || word.text === "-" || word.text === "--") continue;
    const equals = word.text.indexOf("=");
    if (equals !== -1) {
      flags.push({ name: word.text.slice(0, equals), value: word.text.slice(equals + 1) });
      continue;
    }
    const next = invocation.args[at + 1];
    const value =
      next !== undefined && (!next.text.startsWith("-") || next.quoted) ? next.text : null;
    flags.push({ name: word.text, value });
  }
  return flags;
}

export type Target = { readonly name: string; readonly value: string };

/** Everything in a command that says where it works: flags, variables in front, hosts, addresses. */
export function targetsOf(invocation: Invocation): readonly Target[] {
  const targets: Target[] = [];
  if (invocation.host !== "") targets.push({ name: "host", value: invocation.host });
  for (const { name, value } of invocation.env)
    if (
      value !== "" &&
      /(?:env|stage|url|uri|host|db|database|cluster|context|profile|project|region|account|config|workspace|target|namespace)/i.test(
        name,
      )
    )
      targets.push({ name, value });
  for (const { name, value } of flagsOf(invocation))
    if (value !== null && value !== "" && TARGET_FLAG.test(name)) targets.push({ name, value });
  for (const word of invocation.args) {
    const address = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@\s]*@)?[^\s]+/i.exec(word.text);
    if (address !== null) targets.push({ name: "address", value: word.text });
  }
  return targets;
}

/** The environment that a command works on, by its targets first and by all its words then. */
export function commandEnvironment(invocation: Invocation): Environment {
  const targets = targetsOf(invocation).map((target) => environmentIn(target.value));
  if (targets.includes("production")) return "production";
  if (targets.includes("non-production")) return "non-production";
  return environmentIn(`${invocation.tool} ${invocation.args.map((word) => word.text).join(" ")}`);
}
