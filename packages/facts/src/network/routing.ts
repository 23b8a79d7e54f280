// SPDX-License-Identifier: Apache-2.0
import { filterLines } from "./filter-line.ts";
import { unfilteredNeighbours } from "./neighbours.ts";
import { shadowedLines } from "./shadow.ts";
import { termFindings } from "./terms.ts";

export type RoutingFinding = {
  readonly aspect: string;
  readonly key: string;
  readonly subject: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
};

/** What depends on the order or the whole of a policy, rather than on one of its lines. */
export function routingFindings(before: string, after: string): readonly RoutingFinding[] {
  const shadowed = shadowedLines(filterLines(before).lines, filterLines(after).lines);
  return [
    ...termFindings(before, after).map(({ policy, ...one }) => ({
      ...one,
      key: policy,
      subject: policy,
    })),
    ...shadowed.map(({ chain, line, by, lost }) => ({
      aspect: "terms-unreachable",
      key: chain,
      subject: chain,
      line,
      before: lost,
      after: by,
    })),
    ...unfilteredRedistribution(before, after),
    ...unfilteredNeighbours(before, after).map(({ name, line, remote }) => ({
      aspect: "neighbour-unfiltered",
      key: name,
      subject: name,
      line,
      before: "",
      after: `AS ${remote} without a filter for what it announces`,
    })),
  ];
}

const REDISTRIBUTE =
  /^\s*redistribute\s+(\S{1,40}(?:\s+\d{1,10})?)\b((?:\s+(?!route-map|route-policy|distribute-list)\S+)*)(?:\s+(?:route-map|route-policy|distribute-list)\s+(\S{1,100}))?/i;

/** Routes of one protocol that went into another through a filter, and now go without. */
function unfilteredRedistribution(before: string, after: string): readonly RoutingFinding[] {
  if (!/redistribute/i.test(before)) return [];
  const rows = (text: string) => {
    const found = new Map<string, { line: number; text: string; filter: string }>();
    let section = "";
    for (const [i, row] of text.split("\n").entries()) {
      section = /^\s*router\s+(.{1,80})/i.exec(row)?.[1]?.trim() ?? section;
      const m = REDISTRIBUTE.exec(row.slice(0, 400));
      if (m !== null)
        found.set(`${section}: ${(m[1] ?? "").toLowerCase()}`, {
          line: i + 1,
          text: row.trim(),
          filter: m[3] ?? "",
        });
    }
    return found;
  };
  const was = rows(before);
  return [...rows(after)].flatMap(([key, now]) => {
    const old = was.get(key);
    return old === undefined || old.filter === "" || now.filter !== ""
      ? []
      : [
          {
            aspect: "filter-removed",
            key,
            subject: key,
            line: now.line,
            before: old.text,
            after: now.text,
          },
        ];
  });
}
