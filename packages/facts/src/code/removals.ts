// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Pair } from "./novelty.ts";
import { lineAt, type Side } from "./sighting.ts";
import { withoutComments } from "./words.ts";

type Safeguard = { readonly aspect: string; readonly pattern: RegExp };

/** Things whose disappearance is the finding, by the words that every language uses for them. */
const SAFEGUARDS: readonly Safeguard[] = [
  {
    aspect: "limiter-removed",
    pattern:
      /\b(rate_?limit(er|ed|ing)?|RateLimit(er|ing)?|NewLimiter|slowDown|throttle[dr]?|Throttle[dr]?|limiter\.limit|Bottleneck|RateLimiter\.create|ratelimit)\s*\(|@(RateLimiter|RateLimited|Throttle|ratelimit|limiter\.limit|sleep_and_retry|limits)\b/g,
  },
  {
    aspect: "breaker-removed",
    pattern:
      /\b(new\s+)?(CircuitBreaker|circuit_?breaker|NewCircuitBreaker|circuitBreaker|opossum|hystrix\.(Do|Go)|HystrixCommand|Bulkhead)\s*\(|@(CircuitBreaker|HystrixCommand|Bulkhead|circuit|breaker)\b/g,
  },
  {
    aspect: "kill-switch-removed",
    pattern:
      /(?<!\w)\w{0,60}(kill_?-?switch|killswitch|emergency_?-?(stop|off|brake|disable|shutoff)|panic_?-?(button|switch))\w{0,60}/gi,
  },
  {
    aspect: "fallback-removed",
    pattern:
      /(\.\s*)?\b(with_?[fF]allback|on_?[eE]rror_?([rR]eturn|[rR]esume)\w*|fallback\w{0,60}|\w{1,60}_fallback|\w{1,60}Fallback|[uU]se_?[sS]tale\w*|[sS]tale_?([iI]f|[wW]hile)\w*|[lL]ast_?[kK]nown_?[gG]ood\w*)\s*[(=:]|@Fallback\b/g,
  },
];

type Place = { readonly line: number; readonly text: string; readonly next: string };

function places(side: Side | null, pattern: RegExp): readonly Place[] {
  if (side === null) return [];
  const text = withoutComments(side.text, side.path);
  const lines = text.split("\n");
  return [...text.matchAll(pattern)].slice(0, 200).map((m) => {
    const line = lineAt(text, m.index);
    const next = lines
      .slice(line, line + 8)
      .map((one) => one.trim())
      .find((one) => one.length > 3 && !one.startsWith("@"));
    return { line, text: m[0].trim(), next: next ?? "" };
  });
}

/**
 * Safeguards that the whole change has fewer of than before, where what they guarded is still
 * there. A file that goes away takes its guards with it and is no finding; a guard that moves to
 * another changed file is none either.
 */
export function removalDeltas(all: readonly Pair[]): readonly Delta[] {
  return SAFEGUARDS.flatMap(({ aspect, pattern }) => {
    const mention = new RegExp(pattern.source, pattern.flags.replace("g", ""));
    if (!all.some(({ regions }) => mention.test(regions.before))) return [];
    const pairs = all.filter(
      ({ regions }) => mention.test(regions.before) || mention.test(regions.after),
    );
    const sides = pairs.map((pair) => ({
      pair,
      before: places(pair.before, pattern),
      after: places(pair.after, pattern),
    }));
    const lost =
      sides.reduce((sum, one) => sum + one.before.length, 0) -
      sides.reduce((sum, one) => sum + one.after.length, 0);
    if (lost <= 0) return [];
    return sides
      .flatMap(({ pair, before, after }) => missing(pair, before, after))
      .slice(0, lost)
      .map(({ path, place }) =>
        delta({
          path,
          line: place.line,
          subject: place.text.replace(/[\s(=:]{1,20}$/, "").slice(0, 120),
          aspect,
          op: "removed",
          before: place.text,
          beforeKind: "string",
        }),
      );
  });
}

function missing(
  pair: Pair,
  before: readonly Place[],
  after: readonly Place[],
): readonly { readonly path: string; readonly place: Place }[] {
  if (pair.after === null || before.length <= after.length) return [];
  const kept = new Map<string, number>();
  for (const { text } of after) kept.set(text, (kept.get(text) ?? 0) + 1);
  const { path, text: now } = pair.after;
  return before
    .filter((place) => {
      const known = kept.get(place.text) ?? 0;
      if (known > 0) kept.set(place.text, known - 1);
      return known === 0;
    })
    .filter((place) => place.next === "" || now.includes(place.next))
    .map((place) => ({ path, place }));
}

/** `primary() ?? secondary()`: the second call is what is used when the first has nothing. */
const EITHER =
  /(?<![\w.$])((?:[\w$]{1,60}\.){0,6}([\w$]{1,60}))\s?\([^()\n]{0,200}\)\s{0,40}(\?\?|\|\||\bor\b)\s{0,40}(?:await\s)?((?:[\w$]{1,60}\.){0,6}([\w$]{1,60}))\s?\([^()\n]{0,200}\)/g;

/** A second source that is dropped while the first is still used. */
export function droppedAlternatives({ before, after, regions }: Pair): readonly Delta[] {
  if (before === null || after === null || !/\?\?|\|\||\bor\b/.test(regions.before)) return [];
  const old = withoutComments(regions.before, before.path);
  const now = withoutComments(after.text, after.path);
  return [...old.matchAll(EITHER)].slice(0, 200).flatMap((m) => {
    const [whole, , first = "", sign = "", , second = ""] = m;
    const start = old.lastIndexOf("\n", m.index) + 1;
    const code = old.slice(start, m.index + whole.length);
    const condition =
      sign !== "??" &&
      (/^\s*(if|elif|while|else if|assert|&&|\|\||and|or)\b/.test(code) ||
        /^(is|has|can|should|was|includes|startsWith|endsWith|test|some|every|any|all|isinstance)/.test(
          first,
        ));
    if (condition || now.includes(whole)) return [];
    const calls = (name: string) => new RegExp(`(?<![\\w$])${name.replace(/\$/g, "\\$")}\\s*\\(`);
    if (!calls(first).test(now) || calls(second).test(now)) return [];
    return [
      delta({
        path: after.path,
        line: Math.min(lineOf(now, calls(first)), after.text.split("\n").length),
        subject: second,
        aspect: "fallback-removed",
        op: "removed",
        before: whole,
        beforeKind: "string",
      }),
    ];
  });
}

function lineOf(text: string, pattern: RegExp): number {
  const at = text.search(pattern);
  return at < 0 ? 1 : lineAt(text, at);
}
