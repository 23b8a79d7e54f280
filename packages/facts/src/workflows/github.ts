// SPDX-License-Identifier: Apache-2.0
import type { Node } from "../config/types.ts";
import { child, itemsOf, keysOf, lineOf, textOf, textsOf } from "../kubernetes/node.ts";
import type { Job, Step } from "./finding.ts";

export type GithubJob = Job & {
  /** `null`: none stated, so the workflow's or the repository's default counts. */
  readonly permissions: Permissions | null;
  readonly secrets: readonly string[];
  readonly inheritsSecrets: boolean;
  readonly uses: string;
};

/** Scope to level; `*` for `read-all` and `write-all`. */
export type Permissions = { readonly line: number; readonly levels: ReadonlyMap<string, string> };

export type GithubWorkflow = {
  readonly triggers: ReadonlySet<string>;
  readonly triggerLine: number;
  /** Branches and tags whose pushes start it; empty: all of them, `null`: no push does. */
  readonly pushed: readonly string[] | null;
  readonly crons: readonly { readonly text: string; readonly line: number }[];
  readonly permissions: Permissions | null;
  /** Groups of which one run goes on at a time, of the workflow and its jobs. */
  readonly groups: readonly string[];
  readonly jobs: readonly GithubJob[];
};

/** Reads a workflow or a composite action; what is not there is empty, what is odd is skipped. */
export function readGithub(root: Node): GithubWorkflow {
  const on = child(root, "on") ?? child(root, "true");
  const runs = child(root, "runs");
  const jobs = entriesOf(child(root, "jobs")).map(([id, node, line]) =>
    readJob(id, node, line, root),
  );
  return {
    triggers: new Set(on?.kind === "map" ? keysOf(on) : textsOf(on)),
    triggerLine: on?.line ?? 1,
    pushed: pushedOf(on),
    crons: itemsOf(child(on, "schedule")).map((item) => ({
      text: textOf(child(item, "cron")),
      line: lineOf(item, "cron"),
    })),
    permissions: readPermissions(root),
    groups: [root, ...entriesOf(child(root, "jobs")).map(([, node]) => node)].flatMap(groupOf),
    jobs: runs === undefined ? jobs : [...jobs, readJob("action", runs, runs.line, root)],
  };
}

function groupOf(node: Node): readonly string[] {
  const concurrency = child(node, "concurrency");
  const group = concurrency?.kind === "map" ? child(concurrency, "group") : concurrency;
  return group === undefined ? [] : [textOf(group)];
}

function pushedOf(on: Node | undefined): readonly string[] | null {
  if (on?.kind !== "map") return textsOf(on).includes("push") ? [] : null;
  if (!keysOf(on).includes("push")) return null;
  const push = child(on, "push");
  return ["branches", "branches-ignore", "tags", "tags-ignore", "paths"].flatMap((filter) =>
    textsOf(child(push, filter)).map((text) =>
      filter === "branches" ? text : `${filter} ${text}`,
    ),
  );
}

function entriesOf(node: Node | undefined): readonly (readonly [string, Node, number])[] {
  return node?.kind === "map"
    ? node.entries.map((entry) => [entry.key, entry.value, entry.keyLine] as const)
    : [];
}

function readPermissions(node: Node): Permissions | null {
  const value = child(node, "permissions");
  if (value === undefined) return null;
  const line = lineOf(node, "permissions");
  if (value.kind !== "map") {
    const all = /^(read|write)-all$/.exec(textOf(value))?.[1];
    return { line, levels: new Map(all === undefined ? [] : [["*", all]]) };
  }
  return { line, levels: new Map(value.entries.map((entry) => [entry.key, textOf(entry.value)])) };
}

function pairs(node: Node | undefined): readonly (readonly [string, string])[] {
  return entriesOf(node).map(([key, value]) => [key, textOf(value)] as const);
}

function readJob(id: string, node: Node, line: number, root: Node): GithubJob {
  const inherited = [...pairs(child(root, "env")), ...pairs(child(node, "env"))];
  const steps = itemsOf(child(node, "steps")).map((step) => readStep(step, inherited));
  const environment = child(node, "environment");
  const text = allText(node);
  return {
    id,
    line,
    steps,
    needs: textsOf(child(node, "needs")),
    environment:
      environment?.kind === "map" ? textOf(child(environment, "name")) : textOf(environment),
    manual: false,
    ignoresFailure: ignores(node),
    condition: textOf(child(node, "if")),
    runsOn: runners(child(node, "runs-on")),
    permissions: readPermissions(node),
    secrets: [
      ...new Set([...text.matchAll(/\bsecrets\.([A-Za-z_]\w*)/g)].map((m) => m[1] ?? "")),
    ].sort(),
    inheritsSecrets: textOf(child(node, "secrets")) === "inherit",
    uses: textOf(child(node, "uses")),
  };
}

function runners(node: Node | undefined): readonly string[] {
  if (node?.kind !== "map") return textsOf(node);
  return [
    ...textsOf(child(node, "labels")),
    ...(child(node, "group") === undefined ? [] : ["group"]),
  ];
}

/** Only the literal: an expression decides at run time, often for an experimental matrix entry. */
const ignores = (node: Node): boolean =>
  /^(true|yes|on)$/i.test(textOf(child(node, "continue-on-error")));

function readStep(node: Node, inherited: readonly (readonly [string, string])[]): Step {
  const uses = textOf(child(node, "uses"));
  const run = child(node, "run");
  return {
    name: textOf(child(node, "name")) || textOf(child(node, "id")) || uses || "run",
    line: node.line,
    uses,
    usesLine: lineOf(node, "uses"),
    run: textOf(run),
    // The text of a block scalar starts on the line after its key.
    runLine: textOf(run).includes("\n") ? lineOf(node, "run") + 1 : lineOf(node, "run"),
    inputs: pairs(child(node, "with")),
    env: [...inherited, ...pairs(child(node, "env"))],
    ignoresFailure: ignores(node),
    condition: textOf(child(node, "if")),
  };
}

function allText(node: Node, depth = 0): string {
  if (depth > 40) return "";
  if (node.kind === "scalar") return node.text;
  const inner = node.kind === "map" ? node.entries.map((entry) => entry.value) : node.items;
  return inner.map((one) => allText(one, depth + 1)).join("\n");
}
