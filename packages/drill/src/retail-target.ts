// SPDX-License-Identifier: Apache-2.0
import type { Content, EffectOf, WriteResult } from "@interlock/core";
import { WORLD } from "./assumptions.ts";
import type { Levels } from "./exposure.ts";
import { REGION_CELLS } from "./world.ts";

type Change = { readonly cell: string; readonly content: Content; readonly at: number };

const same = (a: Content, b: Content): boolean =>
  a.version === b.version && a.sharePpm === b.sharePpm;

/** What the region's cells hold. A write lands at once when it is answered, and is read a little later. */
export class RetailTarget {
  private readonly held = new Map<string, Content>();
  private readonly live = new Map<string, Content>();
  private pending: Change[] = [];

  constructor() {
    for (const { id } of REGION_CELLS) this.set(id, { version: "before", sharePpm: 1_000_000 });
  }

  private set(cell: string, content: Content): void {
    this.held.set(cell, content);
    this.live.set(cell, content);
  }

  read(cell: string): Content | null {
    return this.held.get(cell) ?? null;
  }

  /** Compare-and-swap at `second`. */
  write({ cell, content, over }: EffectOf<"write">, second: number): WriteResult {
    const found = this.held.get(cell);
    if (found === undefined) return "refused";
    if (!over.some((one) => same(one, found))) return "conflict";
    this.held.set(cell, content);
    this.pending.push({ cell, content, at: second + WORLD.reloadS });
    return "yes";
  }

  /** People who put every cell back by hand, past every rollout. */
  restore(): void {
    this.pending = [];
    this.served = null;
    for (const { id } of REGION_CELLS) this.set(id, { version: "before", sharePpm: 1_000_000 });
  }

  /** What processes serve at `second`. */
  levels(second: number): Levels {
    if (this.pending.some(({ at }) => at <= second)) {
      for (const { cell, content, at } of this.pending)
        if (at <= second) this.live.set(cell, content);
      this.pending = this.pending.filter(({ at }) => at > second);
      this.served = null;
    }
    this.served ??= REGION_CELLS.map(({ id }) => {
      const content = this.live.get(id);
      return content?.version === "after" ? content.sharePpm : 0;
    });
    return this.served;
  }

  private served: Levels | null = null;

  /** Whether nothing is on its way and no process serves the new version. */
  isBack(second: number): boolean {
    return this.pending.length === 0 && this.levels(second).every((ppm) => ppm === 0);
  }
}
