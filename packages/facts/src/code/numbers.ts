// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Pair } from "./novelty.ts";
import { lineAt } from "./sighting.ts";
import { withoutComments } from "./words.ts";

/** A number with a name, as programs write limits: `maxRequests: 100`, `SetMaxOpenConns(50)`. */
type Named = {
  readonly name: string;
  readonly aspect: string;
  readonly micro: number;
  readonly text: string;
  readonly line: number;
};

const LIMITER =
  /rate_?limit|throttl|quota|max_?requests?|requests?_?per|per_?(second|sec|minute|min|hour)$|^(qps|rps|burst)$|_?(qps|rps)$|burst|NewLimiter|RateLimiter\.create|limiter\.limit/i;
const WINDOW = /window|interval|refill_?period|duration/i;
const POOL =
  /pool_?size|max_?pool|min_?pool|max_?(open_?|idle_?)?conn(ection)?s?$|max_?(total_?)?threads|max_?workers|num_?workers|worker_?count|thread_?count|concurrency|max_?concurren\w*|(new)?FixedThreadPool|max_?overflow|set_?max_?(open|idle)_?conns/i;
/** Without such a word between the differences no limit can have changed. */
const MENTIONS =
  /limit|throttl|quota|request|per_?|qps|rps|burst|window|interval|pool|conn|thread|worker|concurren|overflow|max|points|tokens|capacity/i;
/** Names that end like a limit on something else. */
const OTHER = /timeout|size_?limit|length|retry|retries|ttl|age|delay/i;

const UNITS: Readonly<Record<string, number>> = {
  "time.Nanosecond": 1e-9,
  "time.Microsecond": 1e-6,
  "time.Millisecond": 1e-3,
  "time.Second": 1,
  "time.Minute": 60,
  "time.Hour": 3600,
};

const NUMBER = String.raw`(?:\d[\d_]{0,20}(?:\.\d{1,20})?|time\.[A-Z]\w{1,20})`;
const NAMED = new RegExp(
  String.raw`(?<![\w.])([A-Za-z_][\w.]{0,100})["']?\s{0,20}(?::=|=(?!=)|:(?!:)|\()\s{0,20}(?:(?:rate\.)?(?:Limit|Every)\()?["']?(${NUMBER}(?:\s?\*\s?${NUMBER}){0,6})(?:["']|\s?/\s?(?:second|minute|hour|day)|[LlFfDd]\b)?\s{0,20}(?=[,;)\]}\n"']|$)`,
  "g",
);
/** `rateLimit({ max: 100 })`: the generic keys of a limiter's own options. */
const LIMITER_CALL =
  /(?<!\w)(\w{0,40}[rR]ate_?[lL]imit\w{0,40}|\w{0,40}[tT]hrottle\w{0,40}|Bottleneck)\s?\(\s{0,40}\{([^{}]{0,600})\}/g;
const GENERIC = /^(max|limit|points|tokens|capacity|reservoir|maxConcurrent)$/;

/** Value of a product of literals in millionths; `null` when it does not fit. */
function microOf(expression: string): number | null {
  let value = 1;
  for (const factor of expression.split("*")) {
    const text = factor.trim();
    value *= UNITS[text] ?? Number(text.replace(/_/g, ""));
  }
  const micro = Math.round(value * 1_000_000);
  return Number.isSafeInteger(micro) ? micro : null;
}

function aspectOf(name: string): string | null {
  if (OTHER.test(name)) return null;
  if (POOL.test(name)) return "pool";
  if (!LIMITER.test(name)) return null;
  return WINDOW.test(name) ? "limiter-window" : "limiter";
}

/** Only between the differences: what stands outside is equal on both sides. */
function namedNumbers(path: string, region: string, firstLine: number): readonly Named[] {
  const text = withoutComments(region, path);
  const found: Named[] = [];
  const keep = (name: string, aspect: string | null, value: string, at: number): void => {
    const micro = microOf(value);
    if (aspect !== null && micro !== null)
      found.push({ name, aspect, micro, text: value, line: firstLine + lineAt(text, at) - 1 });
  };
  for (const m of text.matchAll(NAMED)) keep(m[1] ?? "", aspectOf(m[1] ?? ""), m[2] ?? "", m.index);
  for (const m of text.matchAll(LIMITER_CALL)) {
    const start = m.index + m[0].length - (m[2]?.length ?? 0) - 1;
    for (const inner of (m[2] ?? "").matchAll(NAMED)) {
      const key = inner[1] ?? "";
      const aspect = GENERIC.test(key) ? "limiter" : WINDOW.test(key) ? "limiter-window" : null;
      keep(`${m[1]}.${key}`, aspect, inner[2] ?? "", start + inner.index);
    }
  }
  return found.slice(0, 2_000);
}

/** R08 and R09 in code: named limits and pool sizes whose number changes between two sides. */
export function numberDeltas({ before, after, regions }: Pair): readonly Delta[] {
  if (before === null || after === null || !MENTIONS.test(regions.after)) return [];
  const old = group(namedNumbers(before.path, regions.before, regions.line));
  const deltas: Delta[] = [];
  for (const [name, now] of group(namedNumbers(after.path, regions.after, regions.line))) {
    const was = old.get(name);
    // With another number of occurrences nobody can say which became which.
    if (was === undefined || was.length !== now.length) continue;
    now.forEach((one, i) => {
      const other = was[i];
      if (other === undefined || other.micro === one.micro) return;
      deltas.push(
        delta({
          path: after.path,
          line: one.line,
          subject: one.name,
          aspect: one.aspect,
          op: "changed",
          key: one.name,
          before: other.text,
          after: one.text,
          beforeKind: "int",
          afterKind: "int",
          numeric: true,
          beforeMicro: other.micro,
          afterMicro: one.micro,
          ratioPpm:
            other.micro === 0
              ? 0
              : Math.min(
                  Number.MAX_SAFE_INTEGER,
                  Math.round((one.micro / other.micro) * 1_000_000),
                ),
        }),
      );
    });
  }
  return deltas;
}

function group(found: readonly Named[]): ReadonlyMap<string, readonly Named[]> {
  const groups = new Map<string, Named[]>();
  for (const one of found) {
    const list = groups.get(one.name) ?? [];
    list.push(one);
    groups.set(one.name, list);
  }
  return groups;
}
