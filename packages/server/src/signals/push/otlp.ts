// SPDX-License-Identifier: Apache-2.0
/** Sums and histograms in the JSON of OTLP/HTTP, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. */
import { z } from "zod";
import { POINTS_MAX, type Point, type PointsRead, unreadable } from "./points.ts";

const LIST_MAX = 10_000;

/** 64-bit integers are texts in the JSON of Protocol Buffers, and numbers are taken as well. */
const INTEGER = z.union([z.number(), z.string().regex(/^-?\d{1,20}$/)]);
const DOUBLE = z.union([z.number(), z.string().max(40)]);

const VALUE = z.object({
  stringValue: z.string().max(1_000).optional(),
  intValue: INTEGER.optional(),
  boolValue: z.boolean().optional(),
  doubleValue: DOUBLE.optional(),
});
const ATTRIBUTES = z
  .array(z.object({ key: z.string().max(200), value: VALUE }))
  .max(128)
  .default([]);

const TIMES = { startTimeUnixNano: INTEGER.optional(), timeUnixNano: INTEGER.optional() };

const SUM = z.object({
  aggregationTemporality: z.union([z.literal(1), z.literal(2)]),
  isMonotonic: z.literal(true),
  dataPoints: z
    .array(
      z.object({
        attributes: ATTRIBUTES,
        ...TIMES,
        asInt: INTEGER.optional(),
        asDouble: DOUBLE.optional(),
      }),
    )
    .max(LIST_MAX)
    .default([]),
});

const HISTOGRAM = z.object({
  aggregationTemporality: z.union([z.literal(1), z.literal(2)]),
  dataPoints: z
    .array(
      z.object({
        attributes: ATTRIBUTES,
        ...TIMES,
        bucketCounts: z.array(INTEGER).max(1_000),
        explicitBounds: z.array(DOUBLE).max(1_000).default([]),
      }),
    )
    .max(LIST_MAX)
    .default([]),
});

const METRICS = z.object({
  resourceMetrics: z
    .array(
      z.object({
        resource: z.object({ attributes: ATTRIBUTES }).optional(),
        scopeMetrics: z
          .array(
            z.object({
              metrics: z
                .array(
                  z.object({
                    name: z.string().max(300),
                    sum: z.unknown().optional(),
                    histogram: z.unknown().optional(),
                  }),
                )
                .max(LIST_MAX)
                .default([]),
            }),
          )
          .max(LIST_MAX)
          .default([]),
      }),
    )
    .max(LIST_MAX)
    .default([]),
});

type Attributes = z.output<typeof ATTRIBUTES>;

/** Reads monotonic sums and histograms; other metrics are left out. Attributes of the resource are labels too. */
export function readOtlp(body: unknown): PointsRead {
  const read = METRICS.safeParse(body);
  if (!read.success) return unreadable(`no \`ExportMetricsServiceRequest\`: ${first(read.error)}`);
  const points: Point[] = [];
  for (const { resource, scopeMetrics } of read.data.resourceMetrics) {
    const shared = resource?.attributes ?? [];
    for (const { name, sum, histogram } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
      const more =
        sum !== undefined
          ? fromSum(name, shared, sum)
          : histogram !== undefined
            ? fromHistogram(name, shared, histogram)
            : [];
      points.push(...more);
      if (points.length > POINTS_MAX) return unreadable(`more than ${POINTS_MAX} points`);
    }
  }
  return { ok: true, points };
}

const first = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return `\`${issue?.path.map(String).join(".") ?? ""}\`: ${issue?.message ?? ""}`;
};

// Gauges in disguise, and what is no sum at all, count nothing.
function fromSum(metric: string, shared: Attributes, given: unknown): readonly Point[] {
  const sum = SUM.safeParse(given);
  if (!sum.success) return [];
  return sum.data.dataPoints.flatMap((point) => {
    const count = Number(point.asInt ?? point.asDouble ?? Number.NaN);
    if (!(count >= 0)) return [];
    return [
      {
        ...{ metric, labels: labelsOf(shared, point.attributes), ...timesOf(point) },
        kind: kindOf(sum.data.aggregationTemporality),
        values: [{ upTo: Number.POSITIVE_INFINITY, count }],
      },
    ];
  });
}

function fromHistogram(metric: string, shared: Attributes, given: unknown): readonly Point[] {
  const histogram = HISTOGRAM.safeParse(given);
  if (!histogram.success) return [];
  return histogram.data.dataPoints.flatMap((point) => {
    const counts = point.bucketCounts.map(Number);
    const bounds = [...point.explicitBounds.map(Number), Number.POSITIVE_INFINITY];
    if (counts.length !== bounds.length || counts.some((n) => !(n >= 0))) return [];
    return [
      {
        ...{ metric, labels: labelsOf(shared, point.attributes), ...timesOf(point) },
        kind: kindOf(histogram.data.aggregationTemporality),
        values: bounds.map((upTo, i) => ({ upTo, count: counts[i] ?? 0 })),
      },
    ];
  });
}

const kindOf = (temporality: 1 | 2): Point["kind"] => (temporality === 1 ? "delta" : "total");

function timesOf(point: {
  readonly startTimeUnixNano?: string | number | undefined;
  readonly timeUnixNano?: string | number | undefined;
}): Pick<Point, "startedAt" | "at"> {
  const ms = (nano: string | number | undefined): number | null => {
    const n = Number(nano ?? 0);
    return Number.isFinite(n) && n > 0 ? Math.floor(n / 1_000_000) : null;
  };
  return { startedAt: ms(point.startTimeUnixNano), at: ms(point.timeUnixNano) };
}

function labelsOf(shared: Attributes, own: Attributes): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  for (const { key, value } of [...shared, ...own]) {
    const text = value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue;
    if (text !== undefined) labels.set(key, String(text));
  }
  return Object.fromEntries(labels);
}
