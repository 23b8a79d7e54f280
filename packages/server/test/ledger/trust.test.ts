// SPDX-License-Identifier: Apache-2.0
/** The trust policy that a server gives out. */
import { trustPolicy, type WitnessQuorum } from "@interlock/server";
import { isQuorum, parsePolicy, verifierKey } from "@interlock/tlog";
import { expect, it } from "vitest";

const key = (name: string, type: "ed25519" | "cosignature", n: number) =>
  verifierKey(name, type, new Uint8Array(32).fill(n));
const LOG = key("log.example.com/log", "ed25519", 1);
const witnesses = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    key: key(`w${i}.example.com`, "cosignature", i + 2),
    url: "https://w.example.com",
  }));

it.each<[WitnessQuorum, number, number]>([
  ["majority", 0, 0],
  ["majority", 1, 1],
  ["majority", 2, 2],
  ["majority", 3, 2],
  ["majority", 4, 3],
  ["all", 3, 3],
  ["any", 3, 1],
  ["none", 3, 0],
  [2, 3, 2],
])("%s of %i witnesses is a quorum with %i of them", (quorum, count, needed) => {
  const read = parsePolicy(new TextEncoder().encode(trustPolicy(LOG, witnesses(count), quorum)));
  if (!read.ok) throw new Error(read.failure.message);
  const policy = read.value;
  expect(policy.witnesses.map(({ key: { name } }) => name)).toEqual(
    witnesses(count).map(({ key: { name } }) => name),
  );
  const met = (some: number) =>
    isQuorum(policy, new Set(policy.witnesses.slice(0, some).map(({ name }) => name)));
  for (let some = 0; some <= count; some++) expect(met(some)).toBe(some >= needed);
});
