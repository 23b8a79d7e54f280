// SPDX-License-Identifier: Apache-2.0
/**
 * Routing policies and filters that are written as named terms in braces (Junos and its relatives),
 * which are tried from the first to the last.
 */
export type Term = {
  readonly policy: string;
  readonly name: string;
  readonly line: number;
  /** What must hold for the term to act, without what is switched off. */
  readonly conditions: readonly string[];
  /** Decides, so that no later term is asked; `null` for a term that only sets something. */
  readonly verdict: "accept" | "reject" | null;
};

const TERMS_MAX = 5_000;
const ROWS_MAX = 50_000;

/** Every active term of every policy, in order. */
export function termsIn(text: string): readonly Term[] {
  if (!/^\s*(?:inactive:\s*)?term\s/m.test(text)) return [];
  const found: Term[] = [];
  const stack: string[] = [];
  let term: Draft | null = null;
  let depth = 0;
  let off = -1;
  for (const [at, row] of text.split("\n").slice(0, ROWS_MAX).entries()) {
    for (const part of partsOf(row)) {
      const inactive = part.startsWith("inactive:");
      const said = part.replace(/^inactive:\s*/, "");
      if (said === "}") {
        stack.pop();
        if (off === stack.length) off = -1;
        if (term !== null && stack.length < depth) {
          if (found.length < TERMS_MAX) found.push(finished(term));
          term = null;
        }
        continue;
      }
      const head = said.endsWith("{") ? said.slice(0, -1).trim() : null;
      const hidden = inactive || off !== -1;
      if (term === null && head !== null && !hidden) {
        const name = /^term\s+(\S+)$/.exec(head)?.[1];
        if (name !== undefined) {
          term = { policy: policyOf(stack), name, line: at + 1, conditions: [], actions: [] };
          depth = stack.length + 1;
        }
      } else if (term !== null && !hidden) note(term, stack.slice(depth), said);
      if (head !== null) {
        if (inactive && off === -1) off = stack.length;
        stack.push(head);
      }
    }
  }
  return found;
}

type Draft = {
  readonly policy: string;
  readonly name: string;
  readonly line: number;
  readonly conditions: string[];
  readonly actions: string[];
};

/** `a {`, `b;` and `}` of one row, without comments. */
function partsOf(row: string): readonly string[] {
  const bare = row.slice(0, 1_000).replace(/(?:^|\s)(?:#|\/\/|\/\*).*$/, "");
  return bare
    .split(/(?<=[{;])|(?=\})|(?<=\})/)
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== ";");
}

const policyOf = (stack: readonly string[]): string =>
  stack.findLast((head) => /^(?:policy-statement|filter)\s/.test(head))?.split(/\s+/)[1] ??
  stack.at(-1) ??
  "";

const CONDITION = /^(?:from|to|match)(?:\s+|$)/;

/** One statement inside a term: in its `from` or `then`, as a block or in one row. */
function note(term: Draft, inside: readonly string[], said: string): void {
  const [outer] = inside;
  const isBlock = said.endsWith("{");
  const text = said.replace(/[;{]$/, "").trim();
  if (outer === undefined) {
    if (isBlock && /^(?:from|to|match|then)$/.test(text)) return;
    if (CONDITION.test(text)) term.conditions.push(text);
    else if (text.startsWith("then")) term.actions.push(text.slice(4).trim());
    return;
  }
  if (CONDITION.test(outer)) term.conditions.push(text);
  else if (outer === "then") term.actions.push(text);
}

function finished({ policy, name, line, conditions, actions }: Draft): Term {
  const accepts = actions.some((a) => /^accept\b/.test(a));
  const rejects = actions.some((a) => /^(?:reject|discard)\b/.test(a));
  return {
    policy,
    name,
    line,
    conditions,
    verdict: rejects ? "reject" : accepts ? "accept" : null,
  };
}

export type TermFinding = {
  readonly aspect: "match-all" | "terms-unreachable";
  readonly policy: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
};

/** Terms that lose every condition, and terms that come to stand behind one without any. */
export function termFindings(before: string, after: string): readonly TermFinding[] {
  const old = termsIn(before);
  const now = termsIn(after);
  return [...unconditional(old, now), ...unreachable(old, now)];
}

const idOf = (term: Term): string => `${term.policy}\0${term.name}`;

function unconditional(old: readonly Term[], now: readonly Term[]): readonly TermFinding[] {
  const was = new Map(old.map((term) => [idOf(term), term]));
  return now.flatMap((term): readonly TermFinding[] => {
    const before = was.get(idOf(term));
    if (before === undefined || before.conditions.length === 0 || term.conditions.length > 0)
      return [];
    return [
      {
        aspect: "match-all",
        policy: term.policy,
        line: term.line,
        before: before.conditions.join(", "),
        after: `term ${term.name} without a condition`,
      },
    ];
  });
}

/** Per policy, the first term that decides everything, and the terms behind it. */
function shadows(terms: readonly Term[]): ReadonlyMap<string, readonly [Term, readonly Term[]]> {
  const policies = new Map<string, Term[]>();
  for (const term of terms) {
    const list = policies.get(term.policy);
    if (list === undefined) policies.set(term.policy, [term]);
    else list.push(term);
  }
  return new Map(
    [...policies].flatMap(([policy, list]) => {
      const at = list.findIndex((term) => term.conditions.length === 0 && term.verdict !== null);
      const last = list[at];
      return last === undefined ? [] : [[policy, [last, list.slice(at + 1)]] as const];
    }),
  );
}

function unreachable(old: readonly Term[], now: readonly Term[]): readonly TermFinding[] {
  const dead = new Set([...shadows(old).values()].flatMap(([, behind]) => behind.map(idOf)));
  return [...shadows(now)].flatMap(([policy, [last, behind]]): readonly TermFinding[] => {
    const lost = behind.filter((term) => !dead.has(idOf(term)));
    if (lost.length === 0) return [];
    return [
      {
        aspect: "terms-unreachable",
        policy,
        line: last.line,
        before: lost.map((term) => term.name).join(", "),
        after: `term ${last.name} ${last.verdict ?? ""}s everything`,
      },
    ];
  });
}
