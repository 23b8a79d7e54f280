// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Node, Parsed } from "../config/types.ts";
import { child, lineOf, textOf } from "../kubernetes/node.ts";
import type { ChangedFile } from "../source.ts";

/** An alert or an objective, in the fields that make it stricter or looser. */
type Alert = {
  readonly name: string;
  readonly line: number;
  readonly node: Node;
  readonly expression: string;
  readonly forMs: number;
  readonly severity: string;
  /** An objective in millionths of one; -1 when it is none. */
  readonly objective: number;
};

const DEPTH_MAX = 30;
/** Longer queries are compared as a whole, not by their last number. */
const EXPRESSION_MAX = 4_000;
const OBJECTIVES = ["objective", "target", "goal", "slo"];
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** From most to least disturbing. */
const SEVERITIES = [
  "page",
  "critical",
  "p1",
  "sev1",
  "emergency",
  "high",
  "error",
  "p2",
  "ticket",
  "warning",
  "warn",
  "p3",
  "low",
  "info",
  "none",
];

function milliseconds(text: string): number {
  if (text.length > 40) return 0;
  return [...text.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, n, unit = ""]) => sum + Number(n) * (UNIT_MS[unit] ?? 0),
    0,
  );
}

function collect(node: Node, found: Map<string, Alert>, depth: number): void {
  if (depth > DEPTH_MAX || found.size > 5_000) return;
  if (node.kind === "list") for (const item of node.items) collect(item, found, depth + 1);
  if (node.kind !== "map") return;
  const alert = alertOf(node);
  if (alert !== null) found.set(alert.name, alert);
  else for (const { value } of node.entries) collect(value, found, depth + 1);
}

/** Prometheus, Grafana and Datadog alerts, and objectives of OpenSLO, Sloth and Pyrra. */
function alertOf(node: Node): Alert | null {
  const name =
    textOf(child(node, "alert")) || textOf(child(node, "title")) || textOf(child(node, "name"));
  const expression =
    textOf(child(node, "expr")) || textOf(child(node, "query")) || textOf(child(node, "condition"));
  const target = objectiveOf(node);
  if (
    name === "" ||
    (target < 0 &&
      (expression === "" || (child(node, "alert") === undefined && !/[<>]/.test(expression))))
  )
    return null;
  return {
    name,
    line: node.line,
    node,
    expression,
    forMs: milliseconds(textOf(child(node, "for"))),
    severity: textOf(child(child(node, "labels"), "severity")).toLowerCase(),
    objective: target,
  };
}

function objectiveOf(node: Node): number {
  const text = OBJECTIVES.map((key) => textOf(child(node, key)).replace(/%$/, "")).find((one) =>
    /^\d+(\.\d+)?$/.test(one),
  );
  if (text === undefined) return -1;
  const value = Number(text);
  const share = value > 1 ? value / 100 : value;
  return share >= 0.5 && share <= 1 ? Math.round(share * 1e6) : -1;
}

function alertsIn(parsed: Parsed | null): ReadonlyMap<string, Alert> {
  const found = new Map<string, Alert>();
  if (parsed?.ok === true) for (const root of parsed.documents) collect(root, found, 0);
  return found;
}

/** The last comparison with a number in an expression. */
function thresholdOf(
  expression: string,
): { readonly sign: string; readonly value: number; readonly rest: string } | null {
  if (expression.length > EXPRESSION_MAX) return null;
  const m = [
    ...expression.matchAll(/([<>])=?\s{0,8}(?:bool\s{1,8})?(-?\d+(?:\.\d+)?(?:e-?\d+)?)/gi),
  ].at(-1);
  if (m === undefined) return null;
  return {
    sign: m[1] ?? "",
    value: Number(m[2]),
    rest: expression.replace(m[0], "").replace(/\s+/g, ""),
  };
}

const MATCHER = /(\w{1,100})\s*(=~|=)\s*"((?:[^"\\\n]|\\.){1,200})"/g;
/** What only a pattern holds: no label of an ordinary kind has it. */
const PATTERN = /\.\*|\.\+|\||\.\.|\[[^\]]{1,40}\]|\\d|^\^|\$$/;

/** Matchers that compare with a pattern as if it were a word: no series has such a label. */
function wordsForPatterns({ expression }: Alert): readonly string[] {
  if (expression.length > EXPRESSION_MAX) return [];
  return [...expression.matchAll(MATCHER)].flatMap(([text, , sign = "", value = ""]) =>
    sign === "=" && PATTERN.test(value) && !value.includes("{{") && !value.includes("$")
      ? [text]
      : [],
  );
}

/** Alerts that newly compare so, over all changed files: they never fire. */
function blindDeltas(
  file: ChangedFile,
  old: ReadonlyMap<string, Alert>,
  now: ReadonlyMap<string, Alert>,
): readonly Delta[] {
  const known = new Set([...old.values()].flatMap(wordsForPatterns));
  return [...now.values()].flatMap((alert) => {
    const fresh = wordsForPatterns(alert).filter((text) => !known.has(text));
    if (fresh.length === 0) return [];
    return [
      delta({
        path: file.path,
        line: lineOf(alert.node, "expr") || lineOf(alert.node, "query") || alert.line,
        subject: alert.name,
        aspect: "alert-blind",
        op: old.has(alert.name) ? "changed" : "added",
        before: old.get(alert.name)?.expression ?? "",
        after: fresh.join(", "),
        beforeKind: old.has(alert.name) ? "string" : "absent",
        afterKind: "string",
        environment: file.environment,
      }),
    ];
  });
}

type Looser = { readonly why: string; readonly line: number };

function loosened(before: Alert, after: Alert): readonly Looser[] {
  const why: Looser[] = [];
  const say = (text: string, ...keys: readonly string[]): void => {
    const key = keys.find((one) => child(after.node, one) !== undefined);
    why.push({ why: text, line: key === undefined ? after.line : lineOf(after.node, key) });
  };
  const [a, b] = [thresholdOf(before.expression), thresholdOf(after.expression)];
  if (
    a !== null &&
    b !== null &&
    a.rest === b.rest &&
    a.sign === b.sign &&
    (a.sign === ">" ? b.value > a.value : b.value < a.value)
  )
    say(
      `threshold ${a.sign} ${a.value} becomes ${b.sign} ${b.value}`,
      "expr",
      "query",
      "condition",
    );
  if (after.forMs > before.forMs)
    say(`waits ${after.forMs / 1_000} s instead of ${before.forMs / 1_000} s`, "for");
  if (before.objective >= 0 && after.objective >= 0 && after.objective < before.objective)
    say(
      `objective falls from ${before.objective / 1e4} % to ${after.objective / 1e4} %`,
      ...OBJECTIVES,
    );
  const [was, now] = [SEVERITIES.indexOf(before.severity), SEVERITIES.indexOf(after.severity)];
  if (was >= 0 && now > was) say(`severity ${before.severity} becomes ${after.severity}`, "labels");
  return why;
}

const MAY_ALERT =
  /^[ \t]*(?:-[ \t]*)?["']?(alert|expr|query|condition|objective|target|slo)["']?[ \t]*:/m;

const mayAlert = (path: string, text: string | null): boolean =>
  text !== null && /\.(ya?ml|json)$/i.test(path) && MAY_ALERT.test(text);

/** R63: alerts and objectives that are removed or made looser, over all changed files. */
export function alertDeltas(files: readonly ChangedFile[]): readonly Delta[] {
  const blind = files
    .filter((file) => mayAlert(file.path, file.after) && /=\\?"/.test(file.after ?? ""))
    .flatMap((file) =>
      blindDeltas(file, alertsIn(file.trees().before), alertsIn(file.trees().after)),
    );
  return [...blind, ...comparedDeltas(files)];
}

function comparedDeltas(files: readonly ChangedFile[]): readonly Delta[] {
  const old = files.filter((file) => mayAlert(file.oldPath ?? file.path, file.before));
  if (old.length === 0) return [];
  const now = new Map(
    files
      .filter((file) => mayAlert(file.path, file.after))
      .flatMap((file) => [...alertsIn(file.trees().after)]),
  );
  return old.flatMap((file) => {
    const { before, after } = file.trees();
    // What cannot be read any more is no removal; the source of configuration reports it.
    const isReadable = file.after === null || after?.ok === true;
    return [...alertsIn(before).values()].flatMap((was) => {
      const same = now.get(was.name);
      if (same !== undefined) return loosenedDelta(file, was, same);
      // Under a new name it keeps its expression.
      const renamed = [...now.values()].some(
        ({ expression }) => expression !== "" && expression === was.expression,
      );
      return isReadable && !renamed ? [removedDelta(file, was)] : [];
    });
  });
}

function removedDelta(file: ChangedFile, was: Alert): Delta {
  return delta({
    path: file.path,
    line: was.line,
    subject: was.name,
    aspect: "alert-removed",
    op: "removed",
    before: was.expression,
    beforeKind: "string",
    environment: file.environment,
  });
}

function loosenedDelta(file: ChangedFile, was: Alert, now: Alert): readonly Delta[] {
  const why = loosened(was, now);
  const [first] = why;
  if (first === undefined) return [];
  return [
    delta({
      path: file.path,
      line: first.line,
      subject: was.name,
      aspect: "alert-loosened",
      op: "changed",
      before: was.expression,
      after: why.map((one) => one.why).join("; "),
      beforeKind: "string",
      afterKind: "string",
      environment: file.environment,
    }),
  ];
}
