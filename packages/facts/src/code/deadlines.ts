// SPDX-License-Identifier: Apache-2.0
import type { SgNode } from "@ast-grep/napi";
import { type Delta, delta } from "@interlock/core";
import type { Node, Parsed } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { type Detector, functionAround, type Side, type Sighting, sightingOf } from "./sighting.ts";

type Duration = {
  readonly key: string;
  readonly text: string;
  readonly micro: number;
  readonly unit: string;
  readonly line: number;
};

/** The whole time that somebody waits. */
const OUTER =
  /^(deadline|(total|overall|global|request|gateway|max|end_?to_?end)_?(timeout|deadline|duration)|timeout)(_?(ms|millis|milliseconds|s|sec|secs|seconds))?$/i;
const WHOLE = /deadline|total|overall|global|request|gateway|max|end_?to_?end/i;
/** The time of one step inside it. */
const STEP =
  /(per_?-?try|per_?-?attempt|attempt|try|upstream|backend|downstream|dependency|query|statement|call|client|socket|read)_?-?(timeout|deadline)|^timeout_?per/i;
const PLAIN = /^(timeout|deadline)(_?(ms|millis|milliseconds|s|sec|secs|seconds))?$/i;
const INTERVAL = /^(interval|period|every|frequency)(_?(ms|millis|s|sec|secs|seconds))?$/i;
const PROBE = /health|probe|liveness|readiness|check|monitor/i;

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  sec: 1,
  m: 60,
  min: 60,
  h: 3600,
  "": 1,
};
const DEPTH_MAX = 30;

/** A duration in millionths of its unit; a bare number keeps the unit that its key names. */
function durationOf(key: string, node: Node, line: number): Duration | null {
  if (node.kind !== "scalar") return null;
  const text = node.text.trim();
  if (text.length > 40) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|sec|s|min|m|h)/g)];
  if (parts.length > 0 && parts.map((part) => part[0]).join("") === text) {
    const seconds = parts.reduce(
      (sum, [, number, unit = ""]) => sum + Number(number) * (SECONDS[unit] ?? 1),
      0,
    );
    return { key, text, micro: Math.round(seconds * 1e6), unit: "time", line };
  }
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  if (/(_ms|Ms|[mM]illis(econds)?)$/.test(key))
    return { key, text, micro: Math.round(Number(text) * 1e3), unit: "time", line };
  if (/(_s|_secs?|Secs?|[sS]econds)$/.test(key))
    return { key, text, micro: Math.round(Number(text) * 1e6), unit: "time", line };
  return { key, text, micro: Math.round(Number(text) * 1e6), unit: "bare", line };
}

type Clash = { readonly pointer: string; readonly inner: Duration; readonly outer: Duration };

const longer = (inner: Duration, outer: Duration): boolean =>
  inner.unit === outer.unit && outer.micro > 0 && inner.micro > outer.micro;

/** Steps of a tree that may take longer than the whole that they are part of. */
function clashes(
  node: Node,
  keys: readonly string[],
  outers: readonly Duration[],
): readonly Clash[] {
  if (keys.length > DEPTH_MAX) return [];
  if (node.kind === "list")
    return node.items.flatMap((item, i) =>
      clashes(item, [...keys, nameOf(item) ?? String(i)], outers),
    );
  if (node.kind !== "map") return [];
  const own = node.entries.flatMap(
    ({ key, keyLine, value }) => durationOf(key, value, keyLine) ?? [],
  );
  const outer = own.filter(({ key }) => OUTER.test(key) && !STEP.test(key));
  const found: Clash[] = [];
  const report = (inner: Duration, limit: Duration): void => {
    if (inner !== limit && longer(inner, limit))
      found.push({ pointer: [...keys, inner.key].join("/"), inner, outer: limit });
  };
  for (const inner of own) {
    if (STEP.test(inner.key)) for (const limit of [...outers, ...outer]) report(inner, limit);
    else if (PLAIN.test(inner.key))
      for (const limit of outers.filter(({ key }) => WHOLE.test(key))) report(inner, limit);
    if (PLAIN.test(inner.key) && PROBE.test(keys.join("/")))
      for (const limit of own.filter(({ key }) => INTERVAL.test(key))) report(inner, limit);
  }
  const below = [...outers, ...outer];
  return [
    ...found,
    ...node.entries.flatMap(({ key, value }) => clashes(value, [...keys, key], below)),
  ];
}

function nameOf(node: Node): string | null {
  if (node.kind !== "map") return null;
  const entry = node.entries.find(
    ({ key, value }) => /^(name|id|key)$/.test(key) && value.kind === "scalar",
  );
  return entry?.value.kind === "scalar" ? entry.value.text : null;
}

const inTree = (parsed: Parsed | null): readonly Clash[] =>
  parsed === null || !parsed.ok ? [] : parsed.documents.flatMap((root) => clashes(root, [], []));

const CONFIG = /\.(ya?ml|json|jsonc|json5|toml)$/i;
const MENTIONS = /timeout|deadline/i;

/** R07 in configuration: a step that may take longer than the whole, newly so. */
export function deadlineDeltas(files: readonly ChangedFile[]): readonly Delta[] {
  return files.flatMap((file) => {
    if (
      file.after === null ||
      !CONFIG.test(file.path) ||
      !MENTIONS.test(file.after) ||
      file.kind === "lock"
    )
      return [];
    if (
      !file.addedLines().some(({ text }) => /timeout|deadline|interval|period|duration/i.test(text))
    )
      return [];
    const { before, after } = file.trees();
    const old = new Set(inTree(before).map(({ pointer }) => pointer));
    return inTree(after)
      .filter(({ pointer }) => !old.has(pointer))
      .slice(0, 200)
      .map(({ pointer, inner, outer }) =>
        delta({
          path: file.path,
          line: inner.line,
          subject: pointer,
          aspect: "timeout-over-deadline",
          op: "added",
          key: inner.key,
          before: `${outer.key} ${outer.text}`,
          after: `${inner.key} ${inner.text}`,
          beforeKind: "string",
          afterKind: "string",
          numeric: true,
          beforeMicro: outer.micro,
          afterMicro: inner.micro,
          ratioPpm: Math.round((inner.micro / outer.micro) * 1_000_000),
          environment: file.environment,
          tags: ["config"],
        }),
      );
  });
}

const GO_UNITS: Readonly<Record<string, number>> = {
  Millisecond: 1e-3,
  Second: 1,
  Minute: 60,
  Hour: 3600,
};

function goSeconds(text: string): number | null {
  const m = /^(?:(\d+)\s*\*\s*)?time\.(Millisecond|Second|Minute|Hour)(?:\s*\*\s*(\d+))?$/.exec(
    text.trim(),
  );
  return m === null ? null : Number(m[1] ?? m[3] ?? 1) * (GO_UNITS[m[2] ?? ""] ?? 0);
}

function clash(node: SgNode, inner: number, outer: number): Sighting {
  const name = node.field("name")?.text() ?? functionAround(node);
  const text = `waits ${inner} s inside ${outer} s`;
  return { ...sightingOf(node, name === null ? {} : { subject: name }), text };
}

function goClashes(side: Side): readonly Sighting[] {
  const root = side.root();
  if (root === null) return [];
  return root
    .findAll({ rule: { any: [{ kind: "function_declaration" }, { kind: "method_declaration" }] } })
    .flatMap((node) => {
      const text = node.text();
      const deadline = goSeconds(
        /context\.WithTimeout\(\s*[\w.()]+\s*,\s*([^)\n]+)\)/.exec(text)?.[1] ?? "",
      );
      const call = goSeconds(/\bTimeout:\s*([^,}\n]+)/.exec(text)?.[1] ?? "");
      if (deadline === null || call === null || call <= deadline) return [];
      return [clash(node, call, deadline)];
    });
}

function pythonClashes(side: Side): readonly Sighting[] {
  const root = side.root();
  if (root === null) return [];
  return root
    .findAll({ rule: { kind: "call", has: { field: "function", regex: "(^|\\.)wait_for$" } } })
    .flatMap((node) => {
      const numbers = [...node.text().matchAll(/timeout\s*=\s*(\d+(?:\.\d+)?)/g)].map((m) =>
        Number(m[1]),
      );
      // The outer timeout is written last, behind the call that it bounds.
      const outer = numbers.at(-1);
      const inner = numbers.slice(0, -1);
      const longest = Math.max(...inner, 0);
      return outer !== undefined && longest > outer ? [clash(node, longest, outer)] : [];
    });
}

/** R07 in code: both numbers stand in one function. */
export const DEADLINE_DETECTORS: readonly Detector[] = [
  {
    id: "go-timeout-over-deadline",
    aspect: "timeout-over-deadline",
    languages: ["go"],
    hint: /context\.WithTimeout\(/,
    find: goClashes,
  },
  {
    id: "python-timeout-over-deadline",
    aspect: "timeout-over-deadline",
    languages: ["python"],
    hint: /wait_for\(/,
    find: pythonClashes,
  },
];
