// SPDX-License-Identifier: Apache-2.0
/** Counters and histograms in OpenMetrics text, https://prometheus.io/docs/specs/om/open_metrics_spec/. */
import { POINTS_MAX, type Point, type PointsRead, unreadable } from "./points.ts";

const LINE_MAX = 8_192;
const LABELS_MAX = 64;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly at: number | null;
};

/** Reads the counters (`_total`) and the histograms (`_bucket`); other samples are left out. */
export function readOpenMetrics(text: string): PointsRead {
  const samples: Sample[] = [];
  const lines = text.split("\n");
  const end = lines.findIndex((line) => line.trimEnd() === "# EOF");
  // Without it nobody knows whether the rest was lost.
  if (end < 0) return unreadable("the exposition does not end with `# EOF`");
  if (lines.slice(end + 1).some((line) => line.trim() !== ""))
    return unreadable("something stands behind `# EOF`");
  for (const [i, line] of lines.slice(0, end).entries()) {
    if (line.startsWith("#") || line.trim() === "") continue;
    if (samples.length >= POINTS_MAX) return unreadable(`more than ${POINTS_MAX} samples`);
    const sample = line.length > LINE_MAX ? null : sampleIn(line.trimEnd());
    if (sample === null) return unreadable(`line ${i + 1} is no sample of OpenMetrics`);
    samples.push(sample);
  }
  return { ok: true, points: pointsOf(samples) };
}

function sampleIn(line: string): Sample | null {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  let rest = line.slice(name.length);
  let labels: Readonly<Record<string, string>> = {};
  if (rest.startsWith("{")) {
    const read = labelsIn(rest);
    if (read === null) return null;
    [labels, rest] = [read.labels, read.rest];
  }
  // An exemplar says nothing about counts.
  const exemplar = rest.indexOf(" # ");
  const parts = (exemplar < 0 ? rest : rest.slice(0, exemplar)).trim().split(/ +/);
  const [value = "", time] = parts;
  if (parts.length > 2 || !rest.startsWith(" ") || !NUMBER.test(value)) return null;
  if (time !== undefined && !NUMBER.test(time)) return null;
  const at = time === undefined ? null : Math.round(Number(time) * 1_000);
  return { name, labels, value: Number(value), at };
}

function labelsIn(
  text: string,
): { readonly labels: Readonly<Record<string, string>>; readonly rest: string } | null {
  const labels: Record<string, string> = {};
  let at = 1;
  for (let n = 0; n <= LABELS_MAX; n += 1) {
    if (text[at] === "}") return { labels, rest: text.slice(at + 1) };
    if (n > 0) {
      if (text[at] !== ",") return null;
      at += 1;
    }
    const label = LABEL.exec(text.slice(at, at + 200))?.[0];
    if (label === undefined || Object.hasOwn(labels, label)) return null;
    at += label.length;
    if (text[at] !== "=" || text[at + 1] !== '"') return null;
    const read = quotedAt(text, at + 2);
    if (read === null) return null;
    Object.defineProperty(labels, label, { value: read.value, enumerable: true });
    at = read.next;
  }
  return null;
}

function quotedAt(
  text: string,
  from: number,
): { readonly value: string; readonly next: number } | null {
  let value = "";
  for (let i = from; i < text.length; i += 1) {
    const c = text[i] ?? "";
    if (c === '"') return { value, next: i + 1 };
    if (c !== "\\") value += c;
    else {
      i += 1;
      const escaped = text[i] ?? "";
      if (escaped === "n") value += "\n";
      else if (escaped === "\\" || escaped === '"') value += escaped;
      else return null;
    }
  }
  return null;
}

function pointsOf(samples: readonly Sample[]): readonly Point[] {
  const created = new Map<string, number>();
  for (const { name, labels, value } of samples)
    if (name.endsWith("_created"))
      created.set(keyOf(name.slice(0, -"_created".length), labels), Math.round(value * 1_000));
  const points: Point[] = [];
  const histograms = new Map<string, { readonly base: Sample; upTo: [number, number][] }>();
  for (const sample of samples) {
    const { name, labels, value, at } = sample;
    if (name.endsWith("_total") && value >= 0) {
      const metric = name.slice(0, -"_total".length);
      points.push({
        ...{ metric, labels, kind: "total", at },
        values: [{ upTo: Number.POSITIVE_INFINITY, count: value }],
        startedAt: created.get(keyOf(metric, labels)) ?? null,
      });
    }
    const { le, ...others } = labels;
    if (name.endsWith("_bucket") && le !== undefined && value >= 0) {
      const metric = name.slice(0, -"_bucket".length);
      const key = keyOf(metric, others);
      const known = histograms.get(key) ?? {
        base: { name: metric, labels: others, value, at },
        upTo: [],
      };
      known.upTo.push([le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), value]);
      histograms.set(key, known);
    }
  }
  for (const [key, { base, upTo }] of histograms)
    points.push({
      ...{ metric: base.name, labels: base.labels, kind: "total", at: base.at },
      values: alone(upTo),
      startedAt: created.get(key) ?? null,
    });
  return points;
}

/** Buckets are cumulative. */
function alone(upTo: readonly (readonly [number, number])[]): Point["values"] {
  const sorted = upTo.filter(([edge]) => !Number.isNaN(edge)).sort(([a], [b]) => a - b);
  return sorted.map(([edge, count], i) => ({
    upTo: edge,
    count: Math.max(0, count - (sorted[i - 1]?.[1] ?? 0)),
  }));
}

const keyOf = (name: string, labels: Readonly<Record<string, string>>): string =>
  JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
