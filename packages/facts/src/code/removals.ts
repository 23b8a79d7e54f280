// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Pair } from "./novelty.ts";
import { lineAt, type Side } from "./sighting.ts";
import { withoutComments } from "./words.ts";

type Safeguard = {
  readonly aspect: string;
  readonly pattern: RegExp;
  /** Files in which the words mean that; everywhere when it is left out. */
  readonly paths?: RegExp;
  /** What it guards may stand on its line: `get("/orders", requireAuth(), …)`. */
  readonly isInline?: true;
};

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
  {
    aspect: "check-removed",
    isInline: true,
    pattern:
      /(?<![.\w]on)\b(require_?(auth\w*|login|permissions?|roles?|admin|owner|mfa)|ensure_?(auth\w*|admin|logged_?in|permissions?|owner)|check_?(permissions?|access|auth\w*|ownership|csrf)|authori[sz]e\w{0,20}|authenticate\w{0,20}|verify_?(token|signature|jwt|csrf\w*|password|permissions?|ownership|webhook\w*|hmac)|has_?permissions?|protect_from_forgery)\s*[(!]|@(login_required|permission_required|requires_auth|PreAuthorize|Secured|RolesAllowed|UseGuards|csrf_protect|Authorize|Authenticated)\b|\bbefore_action\s+:(?:authenticate|authorize|require)\w*/gi,
  },
  {
    aspect: "backoff-removed",
    pattern:
      /\.?\b(with_?)?(exponential_?)?(backoff|back_?off|jitter)\w{0,40}\s*[(=:]|\bwait_(random_)?exponential\w{0,20}\s*\(/gi,
  },
  {
    aspect: "deletion-guard-removed",
    pattern:
      /\b(protect|deletion_?protection(_?enabled)?|retain_?on_?delete|prevent_?destroy|termination_?protection)["']?\s*[:=]\s*(true|True)\b|\bRemovalPolicy\.(RETAIN|SNAPSHOT)\b|\b(skip_?final_?snapshot|force_?destroy|force_?delete)["']?\s*[:=]\s*(false|False)\b/gi,
  },
  {
    aspect: "cache-bypass-removed",
    pattern:
      /\breturn\s*\(\s*pass\s*\)|Cache-Control["']?\s*[,:=]+\s*["'][^"'\n]{0,60}\b(no-store|private)\b|\b(never_cache|no_store|noStore|nocache)\b/gi,
  },
  {
    aspect: "gate-removed",
    pattern: /\binput\s*(\(|\{|message\b|["'])|\bmanualJudgment\b|\bwaitForQualityGate\b/g,
    paths: /(^|\/)Jenkinsfile|\.groovy$|\.jenkinsfile$/i,
  },
];

type Place = {
  readonly line: number;
  readonly text: string;
  /** The next line of code, and a text in front on the line itself. */
  readonly next: string;
  readonly beside: string;
};

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
    const head = text.slice(text.lastIndexOf("\n", m.index) + 1, m.index);
    const beside = /(["'`])([^"'`\n]{2,200})\1/.exec(head)?.[0] ?? "";
    return { line, text: m[0].trim(), next: next ?? "", beside };
  });
}

/**
 * Safeguards that the whole change has fewer of than before, where what they guarded is still
 * there. A file that goes away takes its guards with it and is no finding; a guard that moves to
 * another changed file is none either.
 */
export function removalDeltas(all: readonly Pair[]): readonly Delta[] {
  return SAFEGUARDS.flatMap(({ aspect, pattern, paths, isInline }) => {
    const mention = new RegExp(pattern.source, pattern.flags.replace("g", ""));
    if (!all.some(({ regions }) => mention.test(regions.before))) return [];
    const pairs = all.filter(
      ({ after, regions }) =>
        (paths === undefined || paths.test(after?.path ?? "")) &&
        (mention.test(regions.before) || mention.test(regions.after)),
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
      .flatMap(({ pair, before, after }) =>
        missing(pair, isInline === true ? before : before.map(alone), after),
      )
      .slice(0, lost)
      .map(({ path, place }) =>
        delta({
          path,
          line: place.line,
          subject: place.text.replace(/[\s(=:'"{]{1,20}$/, "").slice(0, 120),
          aspect,
          op: "removed",
          before: place.text,
          beforeKind: "string",
        }),
      );
  });
}

const alone = (place: Place): Place => ({ ...place, beside: "" });

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
    .filter((place) => now.includes(place.next) && now.includes(place.beside))
    .map((place) => ({ path, place }));
}

/** `primary() ?? secondary()`: the second call is what is used when the first has nothing. */
type Either = {
  readonly first: string;
  readonly sign: string;
  readonly second: string;
  /** The whole expression, and the line of code up to its end. */
  readonly whole: string;
  readonly code: string;
};

const CHOICE = /\?\?|\|\||\bor\b/g;
/** Longest call on either side of the sign. */
const CALL_MAX = 200;

function choicesIn(text: string): readonly Either[] {
  const found: Either[] = [];
  for (const m of text.matchAll(CHOICE)) {
    if (found.length >= 200) break;
    const left = text.slice(Math.max(0, m.index - CALL_MAX), m.index).trimEnd();
    const open = left.lastIndexOf("(");
    if (!left.endsWith(")") || open < 0) continue;
    const end = m.index + m[0].length;
    const right = /^\s*\(?(?:await\s)?([\w$.]+)\s?\([^()\n]*\)/.exec(
      text.slice(end, end + CALL_MAX),
    );
    const callee = /[\w$.]+$/.exec(left.slice(Math.max(0, open - 80), open))?.[0] ?? "";
    if (right === null || callee === "") continue;
    const start = text.lastIndexOf("\n", m.index) + 1;
    found.push({
      first: callee.slice(callee.lastIndexOf(".") + 1),
      sign: m[0],
      second: (right[1] ?? "").slice((right[1] ?? "").lastIndexOf(".") + 1),
      whole: `${left.slice(open - callee.length)} ${m[0]}${right[0]}`,
      code: text.slice(Math.max(start, m.index - CALL_MAX), m.index),
    });
  }
  return found;
}

/** A second source that is dropped while the first is still used. */
export function droppedAlternatives({ before, after, regions }: Pair): readonly Delta[] {
  if (before === null || after === null || regions.before.search(CHOICE) < 0) return [];
  const choices = choicesIn(withoutComments(regions.before, before.path));
  if (choices.length === 0) return [];
  const now = withoutComments(after.text, after.path);
  return choices
    .filter(
      ({ first, second, sign, code }) =>
        first !== "" &&
        second !== "" &&
        !isCondition(first, sign, code) &&
        callOf(now, first) >= 0 &&
        callOf(now, second) < 0,
    )
    .map(({ first, second, whole }) =>
      delta({
        path: after.path,
        line: lineAt(now, callOf(now, first)),
        subject: second,
        aspect: "fallback-removed",
        op: "removed",
        before: whole,
        beforeKind: "string",
      }),
    );
}

/** `a() || b()` in a condition asks two questions; only as a value it names a second source. */
function isCondition(first: string, sign: string, code: string): boolean {
  if (sign === "??") return false;
  return (
    /^\s*(if|elif|while|else if|assert|&&|\|\||and|or)\b/.test(code) ||
    /^(is|has|can|should|was|includes|startsWith|endsWith|test|some|every|any|all|isinstance)/.test(
      first,
    )
  );
}

/** Offset of the first call of a name, or -1. No pattern is built: the name comes from the change. */
function callOf(text: string, name: string): number {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
    const before = text[at - 1] ?? " ";
    const after = text.slice(at + name.length, at + name.length + 2);
    if (!/[\w$]/.test(before) && /^\s?\(/.test(after)) return at;
  }
  return -1;
}
