// SPDX-License-Identifier: Apache-2.0
/** What holds for every driver: cases, races, watching, and a run against a model. */
import { afterEach, describe, it } from "vitest";
import { CASES } from "./contract-cases.ts";
import { HOSTILE } from "./contract-hostile.ts";
import { RACES } from "./contract-races.ts";
import { WATCHING } from "./contract-watch.ts";
import { WRITERS } from "./contract-writers.ts";
import { modelHolds } from "./model.ts";
import type { Place } from "./place.ts";

export type ContractCase = {
  readonly says: string;
  readonly holds: (place: Place) => Promise<void>;
};

/**
 * Holds a driver against the contract. Every case gets a new place; keys are letters, digits, `.`
 * and `-`, which every kind can hold.
 */
export function contractOf(
  name: string,
  makePlace: () => Promise<Place>,
  options: { readonly runs?: number } = {},
): void {
  describe(`contract of ${name}`, () => {
    let place: Place | null = null;
    afterEach(async () => {
      await place?.remove();
      place = null;
    });

    const cases: readonly ContractCase[] = [
      ...CASES,
      ...HOSTILE,
      ...RACES,
      ...WATCHING,
      ...WRITERS,
    ];
    it.each(cases)("$says", async ({ holds }) => {
      place = await makePlace();
      await holds(place);
    });

    it("does what a plain map does", () => modelHolds(makePlace, options.runs ?? 8));
  });
}
