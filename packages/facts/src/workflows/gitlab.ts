// SPDX-License-Identifier: Apache-2.0
import type { Node } from "../config/types.ts";
import { child, isTrue, itemsOf, lineOf, textOf, textsOf } from "../kubernetes/node.ts";
import type { Finding, Job, Step } from "./finding.ts";

/** Keys at the top of a pipeline that are no jobs. */
const RESERVED = new Set(
  "default include stages variables workflow image services before_script after_script cache pages:deploy spec".split(
    " ",
  ),
);

export type GitlabPipeline = {
  readonly jobs: readonly Job[];
  readonly findings: readonly Finding[];
};

/** Reads a GitLab pipeline. Templates (`.name`) are read as jobs, as they hold the scripts. */
export function readGitlab(root: Node): GitlabPipeline {
  const entries = root.kind === "map" ? root.entries : [];
  const jobs = entries
    .filter(({ key, value }) => !RESERVED.has(key) && value.kind === "map")
    .map(({ key, value, keyLine }) => readJob(key, value, keyLine));
  return { jobs, findings: includes(child(root, "include")) };
}

function readJob(id: string, node: Node, line: number): Job {
  const environment = child(node, "environment");
  const rules = itemsOf(child(node, "rules"));
  return {
    id,
    line,
    steps: ["before_script", "script", "after_script"].flatMap((key) =>
      scripts(child(node, key), id),
    ),
    needs: [
      ...textsOf(child(node, "needs")),
      ...itemsOf(child(node, "needs")).map((one) => textOf(child(one, "job"))),
    ]
      .filter((one) => one !== "")
      .sort(),
    environment:
      environment?.kind === "map" ? textOf(child(environment, "name")) : textOf(environment),
    manual:
      textOf(child(node, "when")) === "manual" ||
      rules.some((rule) => textOf(child(rule, "when")) === "manual"),
    ignoresFailure: isTrue(child(node, "allow_failure")),
    condition: textOf(child(node, "when")) === "never" ? "never" : "",
    runsOn: textsOf(child(node, "tags")),
  };
}

function scripts(node: Node | undefined, id: string): readonly Step[] {
  const lines = node?.kind === "list" ? node.items : node === undefined ? [] : [node];
  return lines
    .flatMap((item) => (item.kind === "list" ? item.items : [item]))
    .map((item) => ({
      name: id,
      line: item.line,
      uses: "",
      usesLine: item.line,
      run: textOf(item),
      runLine: item.line,
      inputs: [],
      env: [],
      ignoresFailure: false,
      condition: "",
    }));
}

/** Pipelines taken from elsewhere without a fixed revision. */
function includes(node: Node | undefined): readonly Finding[] {
  const items = node?.kind === "list" ? node.items : node === undefined ? [] : [node];
  return items.flatMap((item): readonly Finding[] => {
    const remote =
      textOf(child(item, "remote")) || (/^https?:/.test(textOf(item)) ? textOf(item) : "");
    const project = textOf(child(item, "project"));
    const fixed = /^(v?\d|[0-9a-f]{7,40}$)/.test(textOf(child(item, "ref")));
    if (remote === "" && (project === "" || fixed)) return [];
    const text = remote || project;
    return [
      {
        aspect: "action-unpinned",
        subject: text.slice(0, 200),
        line: lineOf(item, remote === "" ? "project" : "remote"),
        text,
        tags: ["include", "branch"],
      },
    ];
  });
}
