// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { child, lineOf } from "../kubernetes/node.ts";
import { heldBy, stateTags } from "./destroy.ts";
import { type Declared, movesOf, placeOf, type ResourcePair } from "./pair.ts";
import { findingDelta } from "./report.ts";
import type { Resource } from "./resource.ts";

const WAYS = ["count", "for_each"] as const;

/**
 * Instances that are numbered instead of named, or named instead of numbered: no address stays, so
 * that all of them are destroyed and made again unless `moved` blocks say which is which. One that
 * stood alone and is numbered now keeps its place: Terraform moves it to `[0]` by itself.
 */
export function readdressedDeltas(
  pairs: readonly ResourcePair[],
  declared: Declared,
): readonly Delta[] {
  const { to } = movesOf(declared);
  return pairs.flatMap(({ before, after }) => {
    if (before === null || after === null || after.kind === "provider") return [];
    const [was, is] = [wayOf(before), wayOf(after)];
    if (was === is || was === null || is === null || to.has(placeOf(after))) return [];
    return [
      findingDelta(after, {
        aspect: "readdressed",
        op: "changed",
        key: is,
        line: lineOf(after.node, is) || after.line,
        says: { before: was, after: is },
        tags: [...stateTags(after), heldBy(after).replaceAll(" ", "-")],
      }),
    ];
  });
}

const wayOf = ({ node }: Resource): (typeof WAYS)[number] | null =>
  WAYS.find((key) => child(node, key) !== undefined) ?? null;
