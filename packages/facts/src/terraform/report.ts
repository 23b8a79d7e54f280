// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { preview, sizeOf, valueKind } from "../kubernetes/node.ts";
import { wordsOf } from "../kubernetes/report.ts";
import type { Resource } from "./resource.ts";

/** What is reported of one setting; the resource says where it stands. */
export type Finding = {
  readonly aspect: string;
  readonly op: Delta["op"];
  readonly key?: string;
  readonly line?: number;
  readonly before?: Node | undefined;
  readonly after?: Node | undefined;
  readonly says?: { readonly before?: string; readonly after?: string };
  /** Both sides in one unit. */
  readonly numbers?: { readonly before: number; readonly after: number; readonly unit: string };
  readonly counts?: { readonly before: number; readonly after: number };
  readonly tags?: readonly string[];
};

const MICRO = 1_000_000;

export function findingDelta(resource: Resource, finding: Finding): Delta {
  const { before, after } = finding;
  return delta({
    path: resource.path,
    line: finding.line ?? (after?.kind === "scalar" ? after.line : resource.line),
    subject: resource.address,
    aspect: finding.aspect,
    op: finding.op,
    key: finding.key ?? "",
    words: wordsOf(`${resource.type} ${finding.key ?? ""}`),
    format: resource.format,
    environment: resource.environment,
    beforeKind: valueKind(before),
    afterKind: valueKind(after),
    before: finding.says?.before ?? preview(before),
    after: finding.says?.after ?? preview(after),
    beforeCount: finding.counts?.before ?? sizeOf(before),
    afterCount: finding.counts?.after ?? sizeOf(after),
    removedCount: Math.max(0, (finding.counts?.before ?? 0) - (finding.counts?.after ?? 0)),
    ...numbersOf(finding.numbers),
    tags: finding.tags ?? [],
  });
}

function numbersOf(numbers: Finding["numbers"]): Partial<Delta> {
  if (numbers === undefined) return {};
  const [beforeMicro, afterMicro] = [numbers.before, numbers.after].map((n) =>
    Math.round(n * MICRO),
  );
  if (!Number.isSafeInteger(beforeMicro) || !Number.isSafeInteger(afterMicro)) return {};
  return {
    numeric: true,
    beforeMicro: beforeMicro ?? 0,
    afterMicro: afterMicro ?? 0,
    ratioPpm: numbers.before === 0 ? 0 : Math.round((numbers.after / numbers.before) * MICRO),
    unit: numbers.unit,
  };
}
