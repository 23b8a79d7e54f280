// SPDX-License-Identifier: Apache-2.0
/** Plans and rendered manifests that a pipeline made from the change, read from disk. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { GateError } from "@interlock/core";
import type { Attached } from "@interlock/facts";

export type AttachedOptions = {
  /** Files with the output of `terraform show -json PLAN`. */
  readonly plan?: readonly string[];
  /** Files or folders with the output of `helm template` or `kustomize build`. */
  readonly renderedBefore?: string;
  readonly renderedAfter?: string;
};

// A file above the first is not parsed by any source either; the others keep memory bounded.
const FILE_MAX_BYTES = 4_000_000;
const FILES_MAX = 5_000;
const DEPTH_MAX = 20;

/** Throws `GateError` INPUT_INVALID for what cannot be read: leaving it out would hide it. */
export function readAttached(options: AttachedOptions): readonly Attached[] {
  const plans = (options.plan ?? []).map((file) => ({
    path: `plan/${basename(file).replace(/(?:\.json)?$/, ".json")}`,
    before: null,
    after: textOf(file),
  }));
  const repeated = plans.find((p, i) => plans.findIndex((q) => q.path === p.path) !== i);
  if (repeated !== undefined)
    throw invalid(`two plans are called \`${basename(repeated.path)}\``, "give each its own name");
  return [...plans, ...rendered(options)];
}

function rendered({ renderedBefore, renderedAfter }: AttachedOptions): readonly Attached[] {
  if ((renderedBefore === undefined) !== (renderedAfter === undefined))
    throw invalid(
      "`--rendered-before` and `--rendered-after` belong together",
      "render the manifests of both sides; an empty folder stands for none",
    );
  if (renderedBefore === undefined || renderedAfter === undefined) return [];
  const before = textsBelow(renderedBefore);
  const after = textsBelow(renderedAfter);
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({
      path: `rendered/${path}`,
      before: before.get(path) ?? null,
      after: after.get(path) ?? null,
    }));
}

/** Texts of a file, or of all files below a folder, by their path inside it. */
function textsBelow(root: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const visit = (place: string, path: string, depth: number): void => {
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat === undefined) throw invalid(`there is no \`${place}\``, "check the path");
    if (!stat.isDirectory()) {
      texts.set(path === "" ? "manifests.yaml" : path, textOf(place));
      if (texts.size > FILES_MAX)
        throw invalid(
          `\`${root}\` holds more than ${FILES_MAX} files`,
          "render one chart at a time",
        );
      return;
    }
    if (depth > DEPTH_MAX)
      throw invalid(`\`${root}\` is nested too deep`, "check for a cycle of links");
    for (const name of readdirSync(place).sort())
      visit(join(place, name), path === "" ? name : `${path}/${name}`, depth + 1);
  };
  visit(root, "", 0);
  return texts;
}

function textOf(file: string): string {
  try {
    if (statSync(file).size > FILE_MAX_BYTES)
      throw invalid(`\`${file}\` is larger than ${FILE_MAX_BYTES} bytes`, "split it");
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof GateError) throw error;
    throw invalid(
      `\`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "give a text file in UTF-8",
    );
  }
}

const invalid = (message: string, help: string): GateError =>
  new GateError("INPUT_INVALID", message, help);
