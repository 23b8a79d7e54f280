// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { targetDoors } from "../src/doctor/target-doors.ts";
import { unrecordedText } from "../src/unrecorded/text.ts";

const AT = Date.UTC(2026, 0, 1);
const KEY = {
  ...{ index: 7, target: "etcd", cell: "north", key: "promise/a", at: AT, closedAt: null },
  ...{ before: "a".repeat(64), after: null, version: "12", how: null },
  writer: null,
  because: "not-written",
} as const;

const WRITER = {
  trust: "claimed",
  ...{ name: "ana <ana@example.com>", how: "committed by bo", at: AT },
  write: "1234567890abcdef",
} as const;

it("what is open comes first, and a cell that is away is not clean", () => {
  const text = unrecordedText(
    {
      changes: [],
      keys: [
        { ...KEY, writer: WRITER },
        { ...KEY, index: 6, closedAt: AT, how: "came-back", because: "stranger" },
      ],
      strangers: [{ target: "etcd", cell: "north", key: "other", at: AT }],
      cells: [
        {
          ...{ target: "etcd", cell: "north", seenAt: AT, triedAt: AT, says: "it does not answer" },
          ...{ keys: 2, strangers: 1 },
        },
      ],
    },
    AT + 65_000,
  );
  expect(text).toBe(`keys of targets that nothing explains
  ✗ 2026-01-01T00:00:00.000Z  etcd/north  promise/a: aaaaaaaaaaaa → nothing  version 12  entry 7
      written by ana <ana@example.com> (claimed), committed by bo, write 1234567890ab, 2026-01-01T00:00:00.000Z
over
  ✓ 2026-01-01T00:00:00.000Z  etcd/north  promise/a: aaaaaaaaaaaa → nothing  no config set knows it  version 12  came-back  entry 6
strangers: keys that no config set knows
  · etcd/north  other
cells
  ? etcd/north  seen 1 min 05 s ago  2 keys, 1 strangers  it does not answer
`);
  const none = { changes: [], keys: [], strangers: [], cells: [] };
  expect(unrecordedText(none, AT)).toBe("nothing is watched, and nothing moved past the gate\n");
});

it("doctor warns of open keys and of cells that nobody saw", () => {
  const doors = (text: string) =>
    [...targetDoors({ status: 200, body: Buffer.from(text), date: AT })].map(({ id }) => id);
  const seen = (ms: number) => `interlock_targets_seen_timestamp_seconds ${(AT - ms) / 1_000}\n`;
  expect(doors(`interlock_unrecorded_keys 0\n${seen(20_000)}`)).toEqual([]);
  expect(doors(`interlock_unrecorded_keys 2\n${seen(500_000)}`)).toEqual([
    "unrecorded-keys",
    "targets-unseen",
  ]);
  expect(doors("interlock_targets_seen_timestamp_seconds 0\n")).toEqual(["targets-unseen"]);
  expect(doors("")).toEqual([]);
});
