// SPDX-License-Identifier: Apache-2.0
/** The files that make up one policy: the file itself, and what it includes, and what that includes. */
import type { Problem } from "../problem.ts";
import { PART, POLICY } from "../schema/policy.ts";
import { allowFields, isRaw, type Raw, type Reader, reader, report } from "./reader.ts";
import { type Path, readSource } from "./source.ts";

export type Included =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly because: string };

/** Reads a file of the policy's folder; the path starts as the policy's own does. */
export type ReadInclude = (path: string) => Included;

/** One file of a policy. All parts report into the same list of problems. */
export type Part = { readonly r: Reader; readonly raw: Raw };

const FILES_MAX = 100;

type Walk = {
  readonly root: string;
  readonly read: ReadInclude;
  readonly problems: Problem[];
  readonly parts: Part[];
  readonly seen: Set<string>;
};

/** The parts of a policy, the file itself first; `null` when the file itself cannot be read. */
export function partsOf(
  file: string,
  text: string,
  read: ReadInclude,
  problems: Problem[],
): readonly Part[] | null {
  const r = reader(readSource(file, text), problems);
  const raw = r.source.value;
  if (r.source.problems.length > 0) return null;
  if (!isRaw(raw)) {
    report(
      r,
      "POLICY_EMPTY",
      [],
      raw === null ? "the policy is empty" : "the policy is no mapping",
      "start with `policy: NAME` or run `interlock init`",
    );
    return null;
  }
  allowFields(r, raw, [], Object.keys(POLICY));
  const root = file.slice(0, file.lastIndexOf("/") + 1);
  const walk: Walk = { root, read, problems, parts: [{ r, raw }], seen: new Set([file]) };
  follow({ r, raw }, file, [file], walk);
  return walk.parts;
}

function follow(part: Part, file: string, above: readonly string[], walk: Walk): void {
  for (const { written, path } of includesOf(part)) {
    const target = insideOf(walk.root, file, written);
    const obstacle = obstacleTo(target, written, above, walk);
    if (target === null || obstacle !== null) {
      const { code, message, help } = obstacle ?? outside(written);
      report(part.r, code, path, message, help);
      continue;
    }
    walk.seen.add(target);
    const included = walk.read(target);
    if (included.kind === "text") addPart(target, included.text, above, walk);
    else
      report(
        part.r,
        "INCLUDE_UNKNOWN",
        path,
        included.kind === "missing"
          ? `\`${written}\` does not exist`
          : `\`${written}\` cannot be read: ${included.because}`,
        "check the path; it is relative to this file",
      );
  }
}

type Obstacle = Pick<Problem, "code" | "message" | "help">;

const outside = (written: string): Obstacle => ({
  code: "INCLUDE_UNKNOWN",
  message: `\`${written}\` is no file beside the policy`,
  help: "write a relative path to a `.yaml` file in the policy's folder or below it",
});

function obstacleTo(
  target: string | null,
  written: string,
  above: readonly string[],
  walk: Walk,
): Obstacle | null {
  if (target === null) return outside(written);
  if (above.includes(target))
    return {
      code: "INCLUDE_CYCLE",
      message: `\`${written}\` includes this file`,
      help: "take one of the two out",
    };
  if (walk.seen.has(target))
    return {
      code: "DUPLICATE",
      message: `\`${written}\` is included already`,
      help: "include it once",
    };
  if (walk.seen.size < FILES_MAX) return null;
  return {
    code: "TOO_MANY",
    message: `the policy has more than ${FILES_MAX} files`,
    help: "join some of them",
  };
}

/** An included file is a list of rules, or a mapping of what a policy consists of. */
function addPart(file: string, text: string, above: readonly string[], walk: Walk): void {
  const r = reader(readSource(file, text), walk.problems);
  if (r.source.problems.length > 0) return;
  const { value } = r.source;
  if (Array.isArray(value)) {
    walk.parts.push({ r: { ...r, source: rulesOnly(r) }, raw: { rules: value } });
    return;
  }
  if (!isRaw(value)) {
    report(
      r,
      "POLICY_EMPTY",
      [],
      "an included file holds nothing",
      "write `rules:`, or take it out",
    );
    return;
  }
  allowFields(r, value, [], Object.keys(PART));
  const part = { r, raw: value };
  walk.parts.push(part);
  follow(part, file, [...above, file], walk);
}

/** A bare list stands for `rules:`; places are looked up without that step. */
function rulesOnly(r: Reader): Reader["source"] {
  const { source } = r;
  const inner = (path: Path): Path => path.slice(1);
  return {
    ...source,
    problem: (code, path, ...said) => source.problem(code, inner(path), ...said),
    problemIn: (code, path, ...said) => source.problemIn(code, inner(path), ...said),
    problemAtKey: (code, path, ...said) => source.problemAtKey(code, inner(path), ...said),
  };
}

function includesOf({
  r,
  raw,
}: Part): readonly { readonly written: string; readonly path: Path }[] {
  const value = raw["include"];
  if (value === undefined || value === null) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((written, i) => {
    const path = Array.isArray(value) ? ["include", i] : ["include"];
    if (typeof written === "string") return [{ written, path }];
    report(r, "FIELD_INVALID", path, "`include` names files", "write `include: [rules/shop.yaml]`");
    return [];
  });
}

/** Every step of an included path is a plain name, so that nothing leads out of the folder. */
const STEP = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

function insideOf(root: string, file: string, written: string): string | null {
  const steps = file.slice(root.length).split("/").slice(0, -1);
  for (const step of written.replace(/^\.\//, "").split("/")) {
    if (step === "..") {
      if (steps.pop() === undefined) return null;
    } else if (STEP.test(step)) steps.push(step);
    else return null;
  }
  const path = steps.join("/");
  return /\.ya?ml$/.test(path) && path.length <= 400 ? `${root}${path}` : null;
}

/**
 * Gathers the included files where reading takes time: asks for each file that the policy wants
 * until it wants no more. What `fetch` says is what the loader is later told.
 */
export async function gatherIncludes(
  file: string,
  text: string,
  fetch: (path: string) => Promise<Included>,
): Promise<ReadonlyMap<string, Included>> {
  const known = new Map<string, Included>();
  for (let wanted = new Set<string>(); ; wanted = new Set()) {
    partsOf(file, text, readFrom(known, wanted), []);
    if (wanted.size === 0) return known;
    for (const path of wanted) known.set(path, await fetch(path));
  }
}

function readFrom(known: ReadonlyMap<string, Included>, wanted: Set<string>): ReadInclude {
  return (path) => {
    const found = known.get(path);
    if (found === undefined) wanted.add(path);
    return found ?? { kind: "missing" };
  };
}
