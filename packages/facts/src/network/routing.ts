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
