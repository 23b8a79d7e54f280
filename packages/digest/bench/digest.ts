// SPDX-License-Identifier: Apache-2.0
/** Canonical JSON and SHA-256, which must run in a browser, against what Node brings along in C++. */
import { createHash } from "node:crypto";
import { canonicalJson, digestOf, sha256Hex } from "@interlock/digest";
import { interleaved, shownComparison } from "@interlock/testkit";

const ROUNDS = { warmUp: 3, measured: 11 };

async function compare(
  what: string,
  calls: number,
  mine: () => unknown,
  peer: () => unknown,
): Promise<void> {
  const repeated = (work: () => unknown) => () => {
    for (let i = 0; i < calls; i++) work();
  };
  const compared = await interleaved(repeated(mine), repeated(peer), ROUNDS);
  console.log(shownComparison(what, compared, calls));
}

function nodeHash(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const facts = {
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

for (const [size, calls] of [
  [64, 20_000],
  [1_024, 10_000],
  [65_536, 300],
  [4_194_304, 5],
] as const) {
  const bytes = new Uint8Array(size).map((_, i) => (i * 31) & 255);
  const mine = (): string => sha256Hex(bytes);
  await compare(`sha256 of ${size} bytes / node:crypto`, calls, mine, () => nodeHash(bytes));
}
const canonical = (): string => canonicalJson(facts);
await compare("canonicalJson / JSON.stringify", 1_000, canonical, () => JSON.stringify(facts));
for (const [what, value, calls] of [
  ["small", facts.files[0] ?? null, 10_000],
  ["large", facts, 1_000],
] as const) {
  const digest = (): string => digestOf("interlock/bench/v1", value);
  const floor = (): string => nodeHash(JSON.stringify(value));
  await compare(`digestOf ${what} / JSON.stringify + node:crypto`, calls, digest, floor);
}
