// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { isExpression } from "../config/hcl/block.ts";
import type { Node } from "../config/types.ts";
import { isEmpty, textOf } from "../kubernetes/node.ts";
import { isReplica } from "./destroy.ts";
import { loosened, shortened } from "./protection.ts";
import { findingDelta } from "./report.ts";
import type { Resource } from "./resource.ts";
import { type Setting, settingsOf } from "./settings.ts";
import { processors } from "./size.ts";

/** Settings on both sides of one resource or of the open part of one file. */
export type Sides = {
  readonly resource: Resource;
  readonly before: Node;
  readonly after: Node;
  /** Name the setting itself where the file has no resource around it. */
  readonly open: boolean;
};

/** Machine sizes that shrink, guards that fall, settings that are emptied. */
export function valueDeltas(sides: Sides): readonly Delta[] {
  return [...guardDeltas(sides), ...sizeDeltas(sides)];
}

function guardDeltas({ resource, before, after }: Sides): readonly Delta[] {
  // A replica has no final snapshot to take: its source does.
  const guards = loosened(before, after).filter(
    ({ aspect }) => aspect !== "final-snapshot" || !isReplica(resource),
  );
  const fallen = guards.map((guard) =>
    findingDelta(resource, {
      aspect: guard.aspect,
      op: guard.after === undefined ? "removed" : "changed",
      key: guard.key,
      ...(guard.line === null ? {} : { line: guard.line }),
      before: guard.before,
      after: guard.after,
    }),
  );
  const shorter = shortened(before, after).map((kept) =>
    findingDelta(resource, {
      aspect: "backup-retention",
      op: kept.after === null ? "removed" : "changed",
      key: kept.key,
      ...(kept.line === null ? {} : { line: kept.line }),
      says: { before: String(kept.before), after: kept.after === null ? "" : String(kept.after) },
      ...(kept.after === null
        ? {}
        : { numbers: { before: kept.before, after: kept.after, unit: "" } }),
    }),
  );
  return [...fallen, ...shorter];
}

// Which machines a pod may choose is no size of a machine.
const SCHEDULING = /node_selector|node_affinity|tolerations|labels\./;

function sizeDeltas({ resource, before, after, open }: Sides): readonly Delta[] {
  const old = settingsOf(before);
  return [...settingsOf(after).values()].flatMap((setting) => {
    const was = processors(textOf(old.get(setting.path)?.node));
    const is = processors(textOf(setting.node));
    if (was === null || is === null || was === is || SCHEDULING.test(setting.path)) return [];
    return [
      findingDelta(open ? { ...resource, address: setting.path } : resource, {
        aspect: "instance-size",
        op: "changed",
        key: setting.key,
        line: setting.line,
        before: old.get(setting.path)?.node,
        after: setting.node,
        numbers: { before: was, after: is, unit: "vcpu" },
      }),
    ];
  });
}

// What an empty value means, by the words of the key; anything else is ordinary.
const MEANINGS: readonly (readonly [tag: string, words: RegExp])[] = [
  [
    "duration",
    /(?:^|_)(?:term|duration|period|ttl|expir\w*|timeout|retention|lifetime|interval|deadline|valid\w*)(?:_|$)/,
  ],
  ["limit", /(?:^|_)(?:limits?|quotas?|capacity|max|min|maximum|minimum|threshold)(?:_|$)/],
  [
    "filter",
    /(?:^|_)(?:filters?|filtering|selectors?|match\w*|query|where|condition|only|include\w*|allow\w*|source_ranges|prefix_list\w*|prefixes|target_tags)(?:_|$)/,
  ],
];

/** Settings that held something and are now written as nothing: empty often means all, or forever. */
export function emptiedDeltas({ resource, before, after, open }: Sides): readonly Delta[] {
  const old = settingsOf(before);
  return [...settingsOf(after).values()].flatMap((setting) => {
    const was = old.get(setting.path);
    if (was === undefined || isEmpty(was.node) || !isEmpty(setting.node)) return [];
    if (isExpression(was.node)) return [];
    const tags = MEANINGS.filter(([, words]) => words.test(nameOf(setting))).map(([tag]) => tag);
    return [
      findingDelta(open ? { ...resource, address: setting.path } : resource, {
        aspect: "attribute-emptied",
        op: "emptied",
        key: setting.key,
        line: setting.line,
        before: was.node,
        after: setting.node,
        tags,
      }),
    ];
  });
}

/** The default of a variable speaks of the variable. */
function nameOf(setting: Setting): string {
  return setting.key === "default" ? setting.section : setting.key;
}
