// SPDX-License-Identifier: Apache-2.0
import type { SgNode } from "@ast-grep/napi";
import { type Delta, delta } from "@interlock/core";
import type { Language } from "./language.ts";
import type { Pair } from "./novelty.ts";
import {
  type Detector,
  functionAround,
  lengthOf,
  type Side,
  type Sighting,
  sightingOf,
} from "./sighting.ts";

/** What the grammar of a language calls the parts of a retry loop. */
type Grammar = {
  readonly loops: readonly string[];
  readonly handlers: readonly string[];
  readonly functions: readonly string[];
  readonly endless: RegExp;
  /** Leaves the handler for good: the loop then ends on an error. */
  readonly leaves: RegExp;
};

const GRAMMARS: Readonly<Record<Language, Grammar>> = {
  javascript: {
    loops: ["while_statement", "for_statement", "do_statement", "for_in_statement"],
    handlers: ["catch_clause"],
    functions: [
      "function_declaration",
      "method_definition",
      "arrow_function",
      "function_expression",
    ],
    endless:
      /^while\s*\(\s*(true|1)\s*\)|^for\s*\(\s*;\s*;\s*\)|\bwhile\s*\(\s*(true|1)\s*\)\s*;?$/,
    leaves: /\b(throw|break|return|reject|process\.exit)\b/,
  },
  python: {
    loops: ["while_statement", "for_statement"],
    handlers: ["except_clause"],
    functions: ["function_definition", "lambda"],
    endless: /^while\s*\(?\s*(True|1)\s*\)?\s*:/,
    leaves: /\b(raise|break|return|sys\.exit|os\._exit)\b/,
  },
  go: {
    loops: ["for_statement"],
    handlers: ["if_statement"],
    functions: ["function_declaration", "method_declaration", "func_literal"],
    endless: /^for\s*\{/,
    leaves: /\b(return|break|panic|log\.Fatal\w*|os\.Exit|goto)\b/,
  },
  java: {
    loops: ["while_statement", "for_statement", "do_statement", "enhanced_for_statement"],
    handlers: ["catch_clause"],
    functions: ["method_declaration", "lambda_expression", "constructor_declaration"],
    endless: /^while\s*\(\s*true\s*\)|^for\s*\(\s*;\s*;\s*\)|\bwhile\s*\(\s*true\s*\)\s*;?$/,
    leaves: /\b(throw|break|return|System\.exit)\b/,
  },
};

const SLEEP =
  /\b([sS]leep\w*|time\.Sleep|delay|setTimeout|TimeUnit\.\w+\.sleep|wait|backoff)\s*\(|<-\s*time\.After\(/;
const CAPPED =
  /\b(attempts?|retr(y|ies)\w*|tries|tried|deadline|elapsed|remaining|budget|expires?\w*|max\w*|count|limit|timeout)\w*\b[^\n;{]{0,40}[<>]|[<>]=?\s*[\w.]*(attempt|retr|tries|deadline|max|limit|timeout)\w*|ctx\.Done\(|ctx\.Err\(|\.aborted\b|isInterrupted\(|context\.\w*(Deadline|Timeout)/i;
const JITTER = /jitter|random|\brand\b|rand\.|uniform|splay|randomi[sz]e/i;
const ONCE_ONLY =
  /\brequests\.post\(|\.post(ForObject|ForEntity|JSON)?\(|method\s*[:=]\s*['"]POST['"]|http\.(MethodPost|Post)\b|\b"POST"|\.(charge|refund|transfer|capture|payout|withdraw|placeOrder|createPayment|create_payment|createOrder|create_order|sendMail|send_mail|sendEmail|send_email|sendSms|send_sms)\(|\.POST\(/;
const IDEMPOTENT = /idempot|dedup|request[_-]?id|client_?token|If-Match|on conflict|upsert/i;

const anyKind = (kinds: readonly string[]) => ({ any: kinds.map((kind) => ({ kind })) });

/** Longer loops do other things than trying again; longer functions are not searched for jitter. */
const LOOP_MAX = 10_000;
const FUNCTION_MAX = 50_000;

/** A loop that goes round again after a failure. */
type RetryLoop = {
  readonly node: SgNode;
  /** What runs after a failure, and what runs after a success. */
  readonly handler: string;
  readonly success: string;
  readonly around: string;
};

function retryLoops(side: Side): readonly RetryLoop[] {
  const root = side.root();
  if (root === null || side.language === null) return [];
  const grammar = GRAMMARS[side.language];
  const loops: RetryLoop[] = [];
  const around = new Map<number, string>();
  for (const node of root.findAll({ rule: anyKind(grammar.loops) })) {
    if (lengthOf(node) > LOOP_MAX) continue;
    const handler = node
      .findAll({ rule: anyKind(grammar.handlers) })
      .filter(
        (found) => nearest(found, [...grammar.loops, ...grammar.functions])?.id() === node.id(),
      )
      .find((found) => isFailureHandler(found, side.language));
    if (handler === undefined) continue;
    loops.push({
      node,
      handler: failureText(handler, side.language),
      success: successText(handler, side.language),
      around: textAround(node, grammar, around),
    });
  }
  return loops;
}

/** The text of the function around a loop, taken once for all its loops. */
function textAround(node: SgNode, grammar: Grammar, known: Map<number, string>): string {
  const owner = nearest(node, grammar.functions);
  if (owner === null || lengthOf(owner) > FUNCTION_MAX) return node.text();
  const text = known.get(owner.id()) ?? owner.text();
  known.set(owner.id(), text);
  return text;
}

function nearest(node: SgNode, kinds: readonly string[]): SgNode | null {
  for (let up = node.parent(); up !== null; up = up.parent())
    if (kinds.includes(String(up.kind()))) return up;
  return null;
}

function isFailureHandler(node: SgNode, language: Language | null): boolean {
  if (language !== "go") return true;
  return /\berr\w*\s*[!=]=\s*nil/.test(node.field("condition")?.text() ?? "");
}

function loopSighting(node: SgNode): Sighting {
  const name = functionAround(node);
  return sightingOf(node, { ...(name === null ? {} : { subject: name }), tags: ["loop"] });
}

const isSuccessBranch = (handler: SgNode): boolean =>
  /==\s*nil/.test(handler.field("condition")?.text() ?? "");

function following(node: SgNode | null): string {
  const rest: string[] = [];
  for (let next = node?.next() ?? null; next !== null; next = next.next()) rest.push(next.text());
  return rest.join("\n");
}

/** What runs on failure; in Go, `if err == nil { return }` handles success and the rest failure. */
function failureText(handler: SgNode, language: Language | null): string {
  if (language !== "go") return handler.text();
  return isSuccessBranch(handler)
    ? following(handler)
    : (handler.field("consequence")?.text() ?? handler.text());
}

function successText(handler: SgNode, language: Language | null): string {
  if (language === "go")
    return isSuccessBranch(handler)
      ? (handler.field("consequence")?.text() ?? "")
      : following(handler);
  const attempt = handler.parent();
  return `${attempt?.text().replace(handler.text(), "") ?? ""}\n${following(attempt)}`;
}

/** Whether success ends the loop, which tells a retry from a worker that runs for ever. */
const endsOnSuccess = (loop: RetryLoop): boolean => /\b(return|break)\b/.test(loop.success);

/** A loop around a choice of channels serves events; it does not try the same thing again. */
const isEventLoop = (loop: RetryLoop): boolean =>
  /^for\s*\{\s*(\/\/[^\n]*\n\s*)*select\b/.test(loop.node.text());

function unboundedRetry(side: Side): readonly Sighting[] {
  if (side.language === null) return [];
  const grammar = GRAMMARS[side.language];
  return retryLoops(side)
    .filter(
      (loop) =>
        grammar.endless.test(loop.node.text()) &&
        !grammar.leaves.test(loop.handler) &&
        !CAPPED.test(loop.node.text()) &&
        !isEventLoop(loop) &&
        endsOnSuccess(loop),
    )
    .map(({ node }) => loopSighting(node));
}

function backoffWithoutJitter(side: Side): readonly Sighting[] {
  if (side.language === null) return [];
  const { endless, leaves } = GRAMMARS[side.language];
  return retryLoops(side)
    .filter(
      (loop) =>
        SLEEP.test(loop.handler) &&
        !isEventLoop(loop) &&
        !JITTER.test(loop.around) &&
        // A worker loop that pauses after an error is no herd of callers.
        !(endless.test(loop.node.text()) && !/\b(return|break)\b/.test(loop.node.text())) &&
        !(
          side.language !== "go" &&
          leaves.test(loop.handler) &&
          !/\b(if|unless)\b/.test(loop.handler)
        ),
    )
    .map(({ node }) => loopSighting(node));
}

function retriedOnce(side: Side): readonly Sighting[] {
  return retryLoops(side)
    .filter((loop) => {
      const text = loop.node.text();
      return (
        ONCE_ONLY.test(text) && retriesInPlace(loop, side.language) && !IDEMPOTENT.test(loop.around)
      );
    })
    .map(({ node }) => loopSighting(node));
}

/** A loop over items that skips the failed one is no retry of it. */
function retriesInPlace(loop: RetryLoop, language: Language | null): boolean {
  const text = loop.node.text();
  if (language === null) return false;
  const counted =
    /^for\s+\w*(attempt|retr|tries|try|i|n|_)\w*\s+in\s+range\(|^for\s*\((let|var|int|const)?\s*\w*(attempt|retr|tries|i|n)\w*\s*=|^for\s+\w*(attempt|retr|tries|i)\w*\s*:=\s*\d|^for\s+range\s+\d|^while\b.*(attempt|retr|tries)/i;
  return (
    (GRAMMARS[language].endless.test(text) || counted.test(text)) &&
    /\b(return|break)\b/.test(text) &&
    (SLEEP.test(text) || /attempt|retr|tries/i.test(text))
  );
}

/** E07: a loop of a function that paused before it tried again, and does not any more. */
export function lostPauses({ before, after, regions }: Pair): readonly Delta[] {
  if (before === null || after === null || !SLEEP.test(regions.before)) return [];
  const paused = new Set(
    retryLoops(before)
      .filter(({ node }) => SLEEP.test(node.text()))
      .map(({ node }) => functionAround(node))
      .filter((name) => name !== null),
  );
  return retryLoops(after)
    .filter(({ node, around }) => paused.has(functionAround(node) ?? "") && !SLEEP.test(around))
    .map(({ node }) => {
      const { line } = sightingOf(node);
      return delta({
        path: after.path,
        line,
        subject: (SLEEP.exec(regions.before)?.[0] ?? "").replace(/\s*\($/, ""),
        aspect: "backoff-removed",
        op: "removed",
        before: functionAround(node) ?? "",
        beforeKind: "string",
        format: after.language ?? "",
      });
    });
}

const LOOP_HINT = /\b(while|for|do)\b/;

/** R02, R03, R05: hand-written retry loops. */
export const RETRY_DETECTORS: readonly Detector[] = [
  {
    id: "retry-loop-unbounded",
    aspect: "unbounded-retry",
    languages: ["javascript", "python", "go", "java"],
    hint: /while\s*\(?\s*(true|True|1)|for\s*(\(\s*;\s*;\s*\))?\s*\{|for\s*\(\s*;\s*;\s*\)/,
    find: unboundedRetry,
  },
  {
    id: "retry-loop-backoff",
    aspect: "backoff-no-jitter",
    languages: ["javascript", "python", "go", "java"],
    hint: /\b([sS]leep\w*|time\.Sleep|delay|setTimeout|backoff)\s*\(|<-\s*time\.After\(/,
    find: (side) => (LOOP_HINT.test(side.text) ? backoffWithoutJitter(side) : []),
  },
  {
    id: "retry-loop-once-only",
    aspect: "retry-non-idempotent",
    languages: ["javascript", "python", "go", "java"],
    hint: ONCE_ONLY,
    find: (side) => (LOOP_HINT.test(side.text) ? retriedOnce(side) : []),
  },
];
