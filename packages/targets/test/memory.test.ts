// SPDX-License-Identifier: Apache-2.0
import { describe } from "vitest";
import { contractOf } from "./contract.ts";
import { type MemoryAbilities, memoryPlace } from "./memory.ts";

const MIXTURES: readonly MemoryAbilities[] = [
  { atomic: true, fences: true, remembers: true },
  { atomic: false, fences: true, remembers: true },
  { atomic: false, fences: false, remembers: false },
];

describe("(compare-and-swap) a map behaves as the contract says", () => {
  for (const abilities of MIXTURES)
    contractOf(JSON.stringify(abilities), () => memoryPlace(abilities), { runs: 60 });
});
