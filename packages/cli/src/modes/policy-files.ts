// SPDX-License-Identifier: Apache-2.0
/** The files of a working tree that make up its policy, and changes of modes in them. */
import { existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { GateError, type Mode, type Override, type Policy, type Rule } from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";
import { gatherIncludes, loadPolicy, problemText } from "@interlock/policy";
import { fromFolder, loadPolicyFile } from "../judge/policy-source.ts";
import { POLICY_PATH, readText } from "../judge/workspace.ts";
import { observing } from "./observe-edit.ts";
import { hasOverride, overrideText, type Wanted, withOverride } from "./override-edit.ts";

export type PolicyFiles = {
  readonly policy: Policy;
  /** Path of the policy itself, as it is read. */
  readonly path: string;
  /** Texts by path, the policy itself first. */
  readonly texts: ReadonlyMap<string, string>;
};

/** Reads the policy of a working tree. Throws `GateError` where there is none, or none that loads. */
export async function policyFiles(repo: string): Promise<PolicyFiles> {
  const path = join(topOf(repo), POLICY_PATH);
  const loaded = loadPolicyFile(path);
  if (!loaded.ok)
    throw new GateError(
      "POLICY_INVALID",
      `the policy has ${loaded.problems.length} problem(s)\n${loaded.problems.map(problemText).join("\n")}`,
      "mend them first; `interlock policy lint` shows them again",
    );
  const file = path.split(sep).join("/");
  const text = readText(path);
  const included = await gatherIncludes(file, text, async (one) => fromFolder(dirname(path), one));
  const texts = [...included].flatMap(([at, one]) =>
    one.kind === "text" ? [[at, one.text] as const] : [],
  );
  return { policy: loaded.policy, path: file, texts: new Map([[file, text], ...texts]) };
}

/** The work tree that a folder is in; the folder itself where that is none. */
export function topOf(folder: string): string {
  const start = resolve(folder);
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return start;
  }
}

/** What a policy says, whatever the order of its overrides. */
const said = ({ overrides, ...rest }: Policy): string =>
  canonicalJson([
    rest as unknown as Json, // plain data by construction
    overrides.map((one) => canonicalJson(one as Json)).sort(),
  ]);

/**
 * The files with the overrides in the place of those of the same rule and system. What is written must
 * read as exactly the policy that is wanted: an edit that would change anything else is not made.
 */
export function overriding(files: PolicyFiles, wanted: readonly Wanted[]): PolicyFiles {
  const texts = new Map(files.texts);
  for (const one of wanted) {
    const at = [...texts].find(([, text]) => hasOverride(text, one))?.[0] ?? files.path;
    const text = withOverride(texts.get(at) ?? "", one);
    if (text === null) throw byHand(files, wanted);
    texts.set(at, text);
  }
  const kept = files.policy.overrides.filter((o) => !wanted.some((w) => samePlace(o, w)));
  const added = wanted.map(({ reason: _, ...one }): Override => one);
  const policy = { ...files.policy, overrides: [...kept, ...added] };
  return checked({ ...files, texts, policy }, () => byHand(files, wanted));
}

const samePlace = (a: Override, b: Override): boolean => a.rule === b.rule && a.system === b.system;

/** The files with every mode at `observe`. */
export function observed(files: PolicyFiles): PolicyFiles {
  const texts = new Map([...files.texts].map(([path, text]) => [path, observing(text)]));
  const { rules, overrides } = files.policy;
  const mode: Mode = "observe";
  const policy: Policy = {
    ...files.policy,
    mode,
    rules: rules.map((rule): Rule => (rule.mode === undefined ? rule : { ...rule, mode })),
    overrides: overrides.map((override) => ({ ...override, mode })),
  };
  return checked({ ...files, texts, policy }, () =>
    notWritten("its modes stand where no edit finds them", "set every `mode` in it to `observe`"),
  );
}

function checked(files: PolicyFiles, refusal: () => GateError): PolicyFiles {
  const loaded = loadPolicy(files.path, files.texts.get(files.path) ?? "", {
    read: (path) => {
      const text = files.texts.get(path);
      return text === undefined ? { kind: "missing" } : { kind: "text", text };
    },
  });
  if (!loaded.ok || said(loaded.policy) !== said(files.policy)) throw refusal();
  return files;
}

const byHand = ({ path }: PolicyFiles, wanted: readonly Wanted[]): GateError =>
  notWritten(
    `\`overrides\` in \`${path}\` is written in a way that no edit can keep`,
    `write under \`overrides:\` by hand: ${wanted.map((one) => `- ${overrideText(one)}`).join(" ")}`,
  );

const notWritten = (why: string, help: string): GateError =>
  new GateError("OUTPUT_UNWRITABLE", `the policy was left as it is: ${why}`, help);

/** Writes what differs; each file is the old one or the new one whenever the power goes. */
export function writePolicy(before: PolicyFiles, after: PolicyFiles): readonly string[] {
  const changed = changedIn(before, after);
  for (const path of changed) {
    const draft = `${path}.new`;
    try {
      const { mode } = statSync(path);
      writeFileSync(draft, after.texts.get(path) ?? "", { flush: true, mode });
      renameSync(draft, path);
    } catch (error) {
      throw new GateError(
        "OUTPUT_UNWRITABLE",
        `\`${path}\` cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        "make it writable and run the command again; it goes on where it ended",
      );
    }
  }
  return changed;
}

export const changedIn = (before: PolicyFiles, after: PolicyFiles): readonly string[] =>
  [...after.texts].flatMap(([path, text]) => (before.texts.get(path) === text ? [] : [path]));
