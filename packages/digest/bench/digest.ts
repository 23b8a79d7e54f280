// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { canonicalJson, digestOf, type Json, sha256Hex } from "@interlock/digest";

const ROUNDS = 7;

/** Nanoseconds of one call: the best of several rounds, since noise only ever adds. */
function nanoseconds(work: () => unknown, calls: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls);
  }
  return best;
}

function compare(what: string, mine: () => unknown, peer: () => unknown, calls: number): void {
  const own = nanoseconds(mine, calls);
  const floor = nanoseconds(peer, calls);
  console.log(
    `${what.padEnd(44)} ${(own / 1_000).toFixed(1).padStart(9)} µs   ratio ${(own / floor).toFixed(2)}`,
  );
}

function nodeHash(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const facts: Json = {
  version: 1,
  files: Array.from({ length: 40 }, (_, i) => ({
    path: `services/checkout/config/region-${i}/rates.yaml`,
    mode: "100644",
    added: i * 3,
    deleted: i,
    binary: false,
    owners: ["team:checkout", "team:rates"],
    digest: "0123456789abcdef".repeat(4),
  })),
};

console.log("time of one call, and its ratio to the peer in the same run");
for (const [size, calls] of [
  [64, 20_000],
  [1_024, 10_000],
  [65_536, 300],
  [4_194_304, 5],
] as const) {
  const bytes = new Uint8Array(size).map((_, i) => (i * 31) & 255);
  const mine = (): string => sha256Hex(bytes);
  compare(`sha256 of ${size} bytes / node:crypto`, mine, () => nodeHash(bytes), calls);
}
const canonical = (): string => canonicalJson(facts);
compare("canonicalJson / JSON.stringify", canonical, () => JSON.stringify(facts), 1_000);
const digest = (): string => digestOf("interlock/bench/v1", facts);
const floor = (): string => nodeHash(JSON.stringify(facts));
compare("digestOf / JSON.stringify + node:crypto", digest, floor, 1_000);
