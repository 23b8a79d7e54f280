// SPDX-License-Identifier: Apache-2.0
/** What stands under `settings` of a signal, by its kind. */
import type { SettingsProblem, SignalDescription } from "@interlock/controlplane";
import { didYouMean } from "@interlock/policy";
import { z } from "zod";

/** A secret is named, never written: `env:NAME` or `file:PATH`, looked up when it is needed. */
export const SECRET = z
  .string()
  .max(1_000)
  .regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, "neither `env:NAME` nor `file:PATH`");

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Credentials and figures go there: TLS, or this machine, or said to be a trusted network. */
const ADDRESS = z
  .string()
  .max(2_000)
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, username, password, hash } = new URL(text);
    return (
      username === "" &&
      password === "" &&
      hash === "" &&
      (protocol === "https:" || protocol === "http:")
    );
  }, "not `https://…` or `http://…` without a name or a password");

const headers = z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), SECRET).default({});

/** What settings of every kind have. */
const SLOTS = {
  slotMs: z.int().min(1_000).max(3_600_000).default(60_000),
  /** How long after its end a slot is read: what comes later than that is not counted. */
  settleMs: z.int().min(0).max(600_000).default(2_000),
  /** For latencies: upper edges of the buckets, rising. */
  edges: z
    .array(z.number().positive())
    .min(1)
    .max(200)
    .refine((all) => all.every((edge, i) => i === 0 || edge > (all[i - 1] ?? 0)), "not rising")
    .optional(),
  /** A relative move that is no harm. */
  toleratedPpm: z.int().min(0).max(500_000).default(20_000),
  /** For errors: the share of requests that may fail whatever it was before. */
  errorsPpm: z.int().min(1).max(999_999).default(1_000),
  /** For latencies: which quantile must not move by more than a bucket. */
  quantilePpm: z.int().min(1).max(999_999).default(990_000),
  /** How much of the past a comparison learns from. */
  /** Whose clocks the traffic follows; with it, a change of clocks raises no alarm. */
  timeZone: z
    .string()
    .max(100)
    .refine(
      (zone) => zone === "UTC" || Intl.supportedValuesOf("timeZone").includes(zone),
      "no time zone",
    )
    .default("UTC"),
  learnMs: z
    .int()
    .min(600_000)
    .max(14 * 86_400_000)
    .default(86_400_000),
  keepDays: z.int().min(1).max(90).default(36),
} as const;

const PROMETHEUS = z.strictObject({
  ...SLOTS,
  url: ADDRESS,
  /** A selector of counters, with `{cell}` in it, or with the label `cellLabel` in what it selects. */
  counter: z.string().min(1).max(4_000),
  /** For errors: a selector of the requests that could have failed. */
  of: z.string().min(1).max(4_000).optional(),
  cellLabel: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,100}$/)
    .default("cell"),
  headers,
});

const SQL = z.strictObject({
  ...SLOTS,
  /** Connection string of a role that may only read. */
  connection: SECRET,
  /** `$1`: ids of cells (text[]), `$2` and `$3`: begin and end (timestamptz); gives `cell`, `count` and, for errors, `of`, for latencies `edge`. */
  query: z.string().min(1).max(20_000),
  /** Gives one timestamptz until which the tables are whole; for replicas. */
  wholeUntil: z.string().min(1).max(4_000).optional(),
  timeoutMs: z.int().min(100).max(60_000).default(5_000),
});

const POINTER = z
  .string()
  .max(500)
  .regex(/^(?:\/(?:[^~/]|~0|~1)*)*$/, "no JSON pointer (RFC 6901)");

const HTTP = z.strictObject({
  ...SLOTS,
  /** With `{from}` and `{to}` (milliseconds) or `{fromIso}` and `{toIso}`, and `{cell}` for a request a cell. */
  url: ADDRESS,
  /** Where the answer has a cell's count: JSON pointers, which may have `{cell}` in them. */
  count: POINTER,
  of: POINTER.optional(),
  /** For latencies: a list of the counts of the buckets, one more than there are edges. */
  buckets: POINTER.optional(),
  /** Until when the answer is whole, in milliseconds or as RFC 3339. */
  wholeUntil: POINTER.optional(),
  headers,
});

const PUSH = z.strictObject({
  ...SLOTS,
  /** Name of the metric whose points count. */
  metric: z.string().min(1).max(300),
  of: z.string().min(1).max(300).optional(),
  cellLabel: z.string().min(1).max(100).default("cell"),
});

const KINDS = { prometheus: PROMETHEUS, sql: SQL, http: HTTP, push: PUSH } as const;

export type SettingsOf = { readonly [K in keyof typeof KINDS]: z.output<(typeof KINDS)[K]> };

type Plain = Omit<SignalDescription, "kind" | "settings">;

/** A signal whose settings were read. */
export type Signal = {
  readonly [K in keyof SettingsOf]: Plain & { readonly kind: K; readonly settings: SettingsOf[K] };
}[keyof SettingsOf];

export type SignalOf<K extends Signal["kind"]> = Extract<Signal, { readonly kind: K }>;

export type SignalsRead =
  | { readonly ok: true; readonly signals: readonly Signal[] }
  | { readonly ok: false; readonly says: string };

/** Reads the settings of all signals; one that is wrong is named, and none is used. */
export function readSignals(descriptions: readonly SignalDescription[]): SignalsRead {
  const signals: Signal[] = [];
  for (const description of descriptions) {
    const read = readSignal(description);
    if (!read.ok) {
      const [first] = read.problems;
      const path = ["settings", ...(first?.path ?? [])].map(String).join(".");
      const why = first?.message ?? "not as described";
      return { ok: false, says: `signal \`${description.name}\`: \`${path}\`: ${why}` };
    }
    signals.push(read.signal);
  }
  return { ok: true, signals };
}

type SignalRead =
  | { readonly ok: true; readonly signal: Signal }
  | { readonly ok: false; readonly problems: readonly SettingsProblem[] };

/** Reads the settings of a signal; every problem of them. */
export function readSignal(description: SignalDescription): SignalRead {
  const schema = KINDS[description.kind];
  const read = schema.safeParse(description.settings);
  if (!read.success) {
    const known = Object.keys(schema.shape);
    const problems = read.error.issues.flatMap((issue) => problemsOf(issue, known));
    return { ok: false, problems };
  }
  // The schema was chosen by the kind, which the compiler does not follow.
  const signal = { ...description, settings: read.data } as Signal;
  const wrong = misfitOf(signal);
  return wrong === null ? { ok: true, signal } : { ok: false, problems: [wrong] };
}

const SEE = "see docs/reference/signals.md";

function problemsOf(issue: z.core.$ZodIssue, known: readonly string[]): readonly SettingsProblem[] {
  const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
  const name = String(path.at(-1) ?? "settings");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      code: "FIELD_UNKNOWN",
      path: [...path, key],
      message: `no field \`${key}\` is known here`,
      help: path.length === 0 ? didYouMean(key, known) : SEE,
    }));
  // What a schema found is not part of an issue but in this case, where nothing was there.
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined"))
    return [
      {
        ...{ code: "FIELD_MISSING", path: path.slice(0, -1), message: `\`${name}\` is missing` },
        help: `add \`${name}:\`; ${SEE}`,
      },
    ];
  return [{ code: "FIELD_INVALID", path, message: `\`${name}\`: ${sentence(issue)}`, help: SEE }];
}

const sentence = ({ message }: z.core.$ZodIssue): string =>
  `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`;

function misfitOf({ measures, kind, settings }: Signal): SettingsProblem | null {
  const missing = (name: string, message: string): SettingsProblem => ({
    ...{ code: "FIELD_MISSING", path: [], message, help: `add \`${name}:\`; ${SEE}` },
  });
  if (measures === "latency" && settings.edges === undefined)
    return missing("edges", "a latency needs `settings.edges`");
  if (measures === "errors" && kind !== "sql" && settings.of === undefined)
    return missing("of", "errors are judged against requests: name them in `settings.of`");
  if (kind === "http" && measures === "latency" && settings.buckets === undefined)
    return missing("buckets", "a latency needs `settings.buckets`");
  if ("url" in settings && Object.keys(settings.headers).length > 0 && !isSafe(settings.url))
    return {
      ...{ code: "FIELD_INVALID", path: ["url"] },
      ...{ message: "credentials go through TLS only", help: "use `https://`" },
    };
  return null;
}

const isSafe = (url: string): boolean =>
  new URL(url).protocol === "https:" || LOOPBACK.has(new URL(url).hostname);

/** How many counts a cell of the signal has in a slot. */
export function widthOf({ measures, settings }: Pick<Signal, "measures" | "settings">): number {
  if (measures === "latency") return (settings.edges?.length ?? 0) + 1;
  return measures === "errors" ? 2 : 1;
}
