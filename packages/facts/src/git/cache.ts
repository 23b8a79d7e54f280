// SPDX-License-Identifier: Apache-2.0
/**
 * Remembers the most recently used values up to a total weight. The new side of one commit is the
 * old side of the next, so a small memory halves what is read.
 */
export class RecentlyUsed<V> {
  readonly #max: number;
  readonly #held = new Map<string, { readonly value: V; readonly weight: number }>();
  #weight = 0;

  constructor(maxWeight: number) {
    this.#max = maxWeight;
  }

  get(key: string): V | undefined {
    const found = this.#held.get(key);
    if (found === undefined) return undefined;
    this.#held.delete(key);
    this.#held.set(key, found);
    return found.value;
  }

  set(key: string, value: V, weight: number): void {
    const old = this.#held.get(key);
    if (old !== undefined) this.#drop(key, old.weight);
    // What would push everything else out is not worth remembering.
    if (weight > this.#max / 4) return;
    this.#held.set(key, { value, weight });
    this.#weight += weight;
    for (const [oldest, { weight: freed }] of this.#held) {
      if (this.#weight <= this.#max) return;
      this.#drop(oldest, freed);
    }
  }

  #drop(key: string, weight: number): void {
    this.#held.delete(key);
    this.#weight -= weight;
  }
}
