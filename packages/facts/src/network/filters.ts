// SPDX-License-Identifier: Apache-2.0
import { type FilterLine, filterLines } from "./filter-line.ts";

export type FilterAspect =
  | "filter-removed"
  | "default-flipped"
  | "replies-dropped"
  | "filter-opened"
  | "match-all"
  | "prefix-widened"
  | "limit-removed"
  | "limit-raised"
  | "announced-removed";

export type FilterFinding = {
  readonly aspect: FilterAspect;
  readonly key: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly tags: readonly string[];
  readonly numbers?: { readonly before: number; readonly after: number };
  readonly counts?: { readonly before: number; readonly after: number };
};

type Sides = {
  readonly gone: readonly FilterLine[];
  readonly fresh: readonly FilterLine[];
  readonly before: readonly FilterLine[];
  readonly after: readonly FilterLine[];
  readonly pairs: readonly (readonly [FilterLine, FilterLine])[];
};

/** What a change of a filter or a router's configuration opens, closes or takes away. */
export function filterFindings(
  before: string,
  after: string,
): { readonly findings: readonly FilterFinding[]; readonly truncated: boolean } {
  const old = filterLines(before);
  const now = filterLines(after);
  const sides = compare(old.lines, now.lines);
  return {
    findings: [
      ...defaults(sides),
      ...replies(sides),
      ...opened(sides),
      ...widened(sides),
      ...detached(sides),
      ...limits(sides),
      ...announced(sides),
    ].sort((a, b) => a.line - b.line || (a.aspect < b.aspect ? -1 : 1)),
    truncated: old.truncated || now.truncated,
  };
}

function compare(before: readonly FilterLine[], after: readonly FilterLine[]): Sides {
  const identity = (one: FilterLine): string => `${one.chain}\u0000${one.text}`;
  const left = tally(after, identity);
  const gone = before.filter((one) => !take(left, identity(one)));
  const right = tally(before, identity);
  const fresh = after.filter((one) => !take(right, identity(one)));
  const open = new Map<string, FilterLine[]>();
  for (const one of gone) {
    const key = `${one.chain}\u0000${one.skeleton}`;
    open.set(key, [...(open.get(key) ?? []), one]);
  }
  const pairs = fresh.flatMap((one): readonly (readonly [FilterLine, FilterLine])[] => {
    const was = open.get(`${one.chain}\u0000${one.skeleton}`)?.shift();
    return was === undefined ? [] : [[was, one]];
  });
  return { gone, fresh, before, after, pairs };
}

function tally(
  lines: readonly FilterLine[],
  key: (one: FilterLine) => string,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of lines) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
}

function take(counts: Map<string, number>, key: string): boolean {
  const left = counts.get(key) ?? 0;
  counts.set(key, left - 1);
  return left > 0;
}

/** Findings of one kind in one file; more would say the same thing again. */
const FINDINGS_MAX = 200;

function byChain(lines: readonly FilterLine[]): ReadonlyMap<string, readonly FilterLine[]> {
  const groups = new Map<string, FilterLine[]>();
  for (const one of lines) {
    const group = groups.get(one.chain);
    if (group === undefined) groups.set(one.chain, [one]);
    else group.push(one);
  }
  return groups;
}

/** Where a removed line stood, told by the line of the same chain that follows it now. */
function placeOf(sides: Sides, gone: FilterLine): number {
  const next =
    sides.after.find((one) => one.chain === gone.chain && one.line >= gone.line) ??
    sides.fresh[0] ??
    sides.after.at(-1);
  return next?.line ?? Math.max(1, gone.line);
}

/** The default of a chain: its policy, or the last line that matches everything. */
function defaultOf(lines: readonly FilterLine[]): FilterLine | null {
  const own = lines.filter((one) => one.action !== null);
  return own.findLast((one) => one.any) ?? own.findLast((one) => one.isDefault) ?? null;
}

function defaults(sides: Sides): readonly FilterFinding[] {
  const chains = new Set(
    [...sides.gone, ...sides.fresh].filter((one) => one.action !== null).map((one) => one.chain),
  );
  const before = byChain(sides.before);
  const after = byChain(sides.after);
  return [...chains].slice(0, FINDINGS_MAX).flatMap((chain): readonly FilterFinding[] => {
    const old = before.get(chain);
    const now = after.get(chain)?.filter((one) => one.action !== null) ?? [];
    if (old === undefined || now.length === 0) return [];
    const was = defaultOf(old);
    const is = defaultOf(now);
    const from = was?.action ?? "none";
    const to = is?.action ?? "none";
    if (from === to) return [];
    const line = is?.line ?? (was === null ? 1 : placeOf(sides, was));
    const opens = to === "allow" || (to === "none" && from === "deny");
    return [
      {
        aspect: "default-flipped",
        key: chain,
        line,
        before: was?.text ?? "",
        after: is?.text ?? "",
        tags: [opens ? "opened" : "closed"],
      },
    ];
  });
}

function replies(sides: Sides): readonly FilterFinding[] {
  const answered = new Set(sides.after.filter((one) => one.replies).map((one) => one.chain));
  const closed = new Set(
    sides.after
      .filter((one) => one.action === "deny" && (one.any || one.isDefault))
      .map((one) => one.chain),
  );
  return sides.gone
    .filter((one) => one.replies && !answered.has(one.chain) && closed.has(one.chain))
    .slice(0, FINDINGS_MAX)
    .map((one) => ({
      aspect: "replies-dropped",
      key: one.chain,
      line: placeOf(sides, one),
      before: one.text,
      after: "",
      tags: ["closed"],
    }));
}

function opened(sides: Sides): readonly FilterFinding[] {
  const known = new Set(sides.before.map((one) => one.chain));
  const paired = new Set(sides.pairs.map(([, after]) => after));
  return sides.fresh
    .filter(
      (one) =>
        one.action === "allow" &&
        one.any &&
        !paired.has(one) &&
        known.has(one.chain) &&
        !one.replies,
    )
    .map((one) => ({
      aspect: "filter-opened",
      key: one.chain,
      line: one.line,
      before: "",
      after: one.text,
      tags: ["opened", "all"],
    }));
}

function widened(sides: Sides): readonly FilterFinding[] {
  return sides.pairs.flatMap(([was, is]): readonly FilterFinding[] => {
    const at = is.prefixes.findIndex((one, i) => {
      const old = was.prefixes[i];
      return (
        old !== undefined &&
        old.bits === one.bits &&
        one.length < old.length &&
        old.text !== one.text
      );
    });
    const before = was.prefixes[at];
    const after = is.prefixes[at];
    if (before === undefined || after === undefined) return [];
    const tags = [is.action ?? "unknown", ...(after.length === 0 ? ["all"] : [])];
    return [
      {
        aspect: after.length === 0 ? "match-all" : "prefix-widened",
        key: is.chain,
        line: is.line,
        before: was.text,
        after: is.text,
        tags,
        numbers: { before: before.length, after: after.length },
      },
    ];
  });
}

function detached(sides: Sides): readonly FilterFinding[] {
  const named = (one: FilterLine): string => one.skeleton.replace(one.uses.toLowerCase(), "#");
  const still = new Set(
    sides.after.filter((one) => one.uses !== "").map((one) => `${one.chain} ${named(one)}`),
  );
  const neighbours = new Set(
    sides.after.flatMap((one) => /neighbor \S+|^interface \S+/i.exec(one.text)?.[0] ?? []),
  );
  return sides.gone
    .filter((one) => one.uses !== "" && !still.has(`${one.chain} ${named(one)}`))
    .filter((one) => {
      // A session that goes as a whole needs no filter any more.
      const neighbour = /neighbor \S+/i.exec(one.text)?.[0];
      return neighbour === undefined || neighbours.has(neighbour) || sides.after.length === 0;
    })
    .slice(0, FINDINGS_MAX)
    .map((one) => ({
      aspect: "filter-removed",
      key: one.uses,
      line: placeOf(sides, one),
      before: one.text,
      after: "",
      tags: ["opened"],
    }));
}

function limits(sides: Sides): readonly FilterFinding[] {
  const paired = new Map(sides.pairs);
  const gone = sides.gone.filter((line) => line.limit !== "").slice(0, FINDINGS_MAX);
  return gone.flatMap((one): readonly FilterFinding[] => {
    const is = paired.get(one);
    const base = { key: one.limit, before: one.text };
    if (is === undefined)
      return [
        {
          ...base,
          aspect: "limit-removed",
          line: placeOf(sides, one),
          after: "",
          tags: ["opened"],
        },
      ];
    const before = numberOf(one.text);
    const after = numberOf(is.text);
    if (before === null || after === null || after === before) return [];
    const tags = after > before ? ["raised"] : ["lowered"];
    return [
      {
        ...base,
        aspect: "limit-raised",
        line: is.line,
        after: is.text,
        tags,
        numbers: { before, after },
      },
    ];
  });
}

function numberOf(text: string): number | null {
  const numbers = [...text.matchAll(/(?<![\w.:/])\d{1,12}(?![\w.:/])/g)].map(([number]) =>
    Number(number),
  );
  return numbers.at(-1) ?? null;
}

function announced(sides: Sides): readonly FilterFinding[] {
  const still = new Set(
    sides.after.filter((one) => one.announces).map((one) => one.prefixes[0]?.text),
  );
  const gone = sides.gone.filter((one) => one.announces && !still.has(one.prefixes[0]?.text));
  const first = gone[0];
  if (first === undefined) return [];
  const before = sides.before.filter((one) => one.announces).length;
  const after = sides.after.filter((one) => one.announces).length;
  return [
    {
      aspect: "announced-removed",
      key: first.prefixes[0]?.text ?? "",
      line: placeOf(sides, first),
      before: gone
        .map((one) => one.prefixes[0]?.text ?? one.text)
        .slice(0, 10)
        .join(", "),
      after: "",
      tags: after === 0 ? ["all"] : [],
      counts: { before, after },
    },
  ];
}
