// SPDX-License-Identifier: Apache-2.0
import type { Contract } from "../catalog/contract.ts";
import { fingerprint } from "../config/identity.ts";
import type { Node } from "../config/types.ts";
import { quantityOf, ratioPpm } from "../settings/quantity.ts";
import type { Breach } from "./breach.ts";
import { asksForTree, type Evaluation, NO_NODE, WHOLE_FILE } from "./evaluate.ts";
import { entries, sizeOf } from "./members.ts";
import type { Found } from "./pointer.ts";
import type { State } from "./state.ts";
import { breach } from "./values.ts";

/** Terms about the step from the last version to this one. */
export function compareStates(
  contract: Contract,
  before: { readonly state: State; readonly evaluation: Evaluation },
  after: { readonly state: State; readonly evaluation: Evaluation },
): readonly Breach[] {
  const into: Breach[] = [];
  const was = new Map(before.evaluation.selected.map((f) => [f.name, f]));
  for (const now of after.evaluation.selected) {
    const old = was.get(now.name);
    if (old === undefined) continue;
    checkStep(contract, now, { old: measure(old.node), now: measure(now.node) }, into);
    if (contract.fixed && fingerprint(old.node) !== fingerprint(now.node))
      into.push(
        breach(
          "changed-fixed",
          now,
          `\`${textOf(now.node)}\` instead of \`${textOf(old.node)}\``,
          "the value as it was",
        ),
      );
  }
  if (
    before.evaluation.selected.length > 0 &&
    after.evaluation.selected.length === 0 &&
    after.evaluation.binds
  ) {
    const [first] = before.evaluation.selected;
    if (first !== undefined)
      into.push({
        ...breach("removed", first, `\`${contract.pointer}\` is gone`, "it to be there"),
        name: contract.pointer,
      });
  }
  if (!asksForTree(contract)) {
    const at = { ...WHOLE_FILE, node: NO_NODE };
    const bytes = (n: number) => ({ micro: n, shown: `${n} bytes` });
    checkStep(
      contract,
      at,
      { old: bytes(before.state.bytes), now: bytes(after.state.bytes) },
      into,
    );
    if (contract.fixed && before.state.text !== after.state.text)
      into.push(breach("changed-fixed", at, "another content", "the file as it was"));
  }
  return into;
}

type Step = { readonly old: Measure | null; readonly now: Measure | null };
type Measure = { readonly micro: number; readonly shown: string };

function measure(node: Node): Measure | null {
  if (node.kind !== "scalar") return { micro: sizeOf(node), shown: entries(sizeOf(node)) };
  const quantity = quantityOf(node.text);
  return quantity === null ? null : { micro: quantity.micro, shown: node.text };
}

function checkStep(contract: Contract, at: Found, { old, now }: Step, into: Breach[]): void {
  if (old === null || now === null || old.micro <= 0) return;
  const ratio = ratioPpm(old.micro, Math.max(0, now.micro));
  const shown = `${now.shown} after ${old.shown}`;
  const { maxGrowthPpm, maxShrinkPpm } = contract;
  if (maxGrowthPpm !== null && ratio > 1_000_000 + maxGrowthPpm)
    into.push(breach("grows", at, shown, `growth of at most ${percent(maxGrowthPpm)} at once`));
  if (maxShrinkPpm !== null && ratio < 1_000_000 - maxShrinkPpm)
    into.push(breach("shrinks", at, shown, `a loss of at most ${percent(maxShrinkPpm)} at once`));
}

const percent = (ppm: number): string => `${ppm / 10_000} %`;

const textOf = (node: Node): string =>
  node.kind === "scalar" ? node.text : `${entries(sizeOf(node))}`;
