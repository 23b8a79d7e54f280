// SPDX-License-Identifier: Apache-2.0
/** A target, a ledger and a store in memory that fail as real ones do, and all that a seed decides. */
import {
  type Content,
  decodeState,
  type EffectOf,
  encodeState,
  type RolloutState,
  type WriteResult,
} from "@interlock/core";
import { digest } from "./plans.ts";

/** mulberry32: the same numbers for the same seed. */
export function numbers(seed: number): (below: number) => number {
  let a = seed >>> 0;
  return (below) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

type Slot = { content: Content; revision: number; fence: number; readonly keys: Set<string> };

/** A write on its way: compared with the revision that its driver read, whenever it arrives. */
type Late = { readonly write: EffectOf<"write">; readonly revision: number };

export type Landed = { readonly write: EffectOf<"write">; readonly before: Content };

export class Target {
  readonly slots = new Map<string, Slot>();
  readonly late: Late[] = [];
  readonly landed: Landed[] = [];
  faulty = true;
  away = false;
  private readonly random: (below: number) => number;

  constructor(state: RolloutState, random: (below: number) => number) {
    this.random = random;
    for (const { id, content } of state.cells)
      this.slots.set(id, { content, revision: 1, fence: 0, keys: new Set() });
  }

  slot(cell: string): Slot {
    const slot = this.slots.get(cell);
    if (slot === undefined) throw new Error(`no cell ${cell}`);
    return slot;
  }

  read(cell: string): Content | null {
    return this.away || (this.faulty && this.random(15) === 0) ? null : this.slot(cell).content;
  }

  write(write: EffectOf<"write">): WriteResult {
    if (this.away) return "away";
    const slot = this.slot(write.cell);
    const over = write.over.some((one) => equal(one, slot.content));
    if (write.fence < slot.fence || !over) return slot.keys.has(write.key) ? "yes" : "conflict";
    const sent = { write, revision: slot.revision };
    switch (this.faulty ? this.random(14) : 99) {
      case 0:
        return "away";
      case 1: // it took effect, and the answer is lost
        this.land(sent);
        return "unknown";
      case 2: // it is still on its way
        this.late.push(sent);
        return "unknown";
      case 3: // it says yes and does nothing, now and whenever the key comes again
        slot.keys.add(write.key);
        return "yes";
      case 4: // half of it
        this.land({ ...sent, write: half(write) });
        return "unknown";
      case 5: // somebody touched it without changing it
        slot.revision++;
        return "conflict";
      default:
        return this.land(sent);
    }
  }

  land({ write, revision }: Late): WriteResult {
    const slot = this.slot(write.cell);
    if (slot.keys.has(write.key)) return "yes";
    if (slot.revision !== revision || write.fence < slot.fence) return "conflict";
    this.landed.push({ write, before: slot.content });
    slot.content = write.content;
    slot.revision++;
    slot.fence = write.fence;
    slot.keys.add(write.key);
    return "yes";
  }

  deliver(): void {
    const next = this.late.shift();
    if (next !== undefined && !this.away) this.land(next);
  }

  byHand(cell: string): void {
    const slot = this.slot(cell);
    slot.content = { version: "by hand", sharePpm: 1_000_000 };
    slot.revision++;
  }
}

/** Under a key of its own: what is half done is not done for whoever asks again. */
const half = (write: EffectOf<"write">): EffectOf<"write"> => ({
  ...write,
  key: digest(`half ${write.key}`),
  content:
    write.way === "forward"
      ? { ...write.content, sharePpm: Math.ceil(write.content.sharePpm / 2) }
      : write.content,
});

export const equal = (a: Content, b: Content): boolean =>
  a.version === b.version && a.sharePpm === b.sharePpm;

export type LedgerEntry = {
  readonly index: number;
  readonly entry: string;
  readonly append: EffectOf<"append"> | null;
};

export class Ledger {
  readonly entries: LedgerEntry[] = [];

  add(name: string, append: EffectOf<"append"> | null) {
    const found = this.entries.find(({ entry }) => entry === digest(name));
    if (found !== undefined) return found;
    const one = { index: this.entries.length + 1, entry: digest(name), append };
    this.entries.push(one);
    return one;
  }
}

/** One row. Saving compares the revision; what was lost to another driver is decided again. */
export class Store {
  private state: RolloutState;
  private saved = 0;

  constructor(state: RolloutState) {
    this.state = state;
  }

  load(): RolloutState {
    return this.state;
  }

  save(before: RolloutState, after: RolloutState): boolean {
    if (this.state.revision !== before.revision) return false;
    // Most steps change one field; now and then is enough to see that all of them are kept.
    this.state = ++this.saved % 8 === 0 ? stored(after) : after;
    return true;
  }
}

/** As it is read back. */
function stored(state: RolloutState): RolloutState {
  const text = encodeState(state);
  const read = decodeState(JSON.parse(text));
  if (!read.ok) throw new Error(read.failure.message);
  if (encodeState(read.state) !== text) throw new Error("a state changes when it is stored");
  return read.state;
}
