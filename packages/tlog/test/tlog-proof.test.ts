// SPDX-License-Identifier: Apache-2.0
import {
  formatTlogProof,
  formatVerifierKey,
  leafHash,
  MAX_EXTRA_LENGTH,
  MAX_TLOG_PROOF_LENGTH,
  parsePolicy,
  parseTlogProof,
  type TlogProof,
  verifyTlogProof,
} from "@interlock/tlog";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { bytesOf, LOG, NOW, signed, textOf, WITNESSES } from "./keys.ts";
import { entriesOf, naiveInclusion, naiveRoot } from "./naive.ts";
import { codeOf, taken } from "./outcome.ts";

const ENTRIES = entriesOf(11);
const INDEX = 6;
const ENTRY = ENTRIES[INDEX] ?? new Uint8Array();
const [A = LOG, B = LOG] = WITNESSES;
const POLICY = taken(
  parsePolicy(
    bytesOf(
      `log ${formatVerifierKey(LOG.key)}\nwitness a ${formatVerifierKey(A.key)}\n` +
        `witness b ${formatVerifierKey(B.key)}\ngroup g all a b\nquorum g\n`,
    ),
  ),
);

let proof: TlogProof;
let bytes: Uint8Array;
beforeAll(async () => {
  const head = { origin: LOG.key.name, size: 11, root: naiveRoot(ENTRIES), extensions: [] };
  const checkpoint = await signed(head, LOG, [
    [A, NOW],
    [B, NOW],
  ]);
  proof = {
    untrustedExtra: null,
    index: INDEX,
    hashes: naiveInclusion(INDEX, ENTRIES),
    checkpoint,
  };
  bytes = formatTlogProof(proof);
});

const verify = (entry: Uint8Array, given: Uint8Array) =>
  verifyTlogProof(entry, given, POLICY, { now: NOW });

describe("form", () => {
  test("is that of the specification", () => {
    const lines = textOf(formatTlogProof({ ...proof, untrustedExtra: bytesOf("more") })).split(
      "\n",
    );
    expect(lines.slice(0, 3)).toEqual(["c2sp.org/tlog-proof@v1", "extra bW9yZQ==", "index 6"]);
    expect(lines[3]).toBe(Buffer.from(leafHash(ENTRIES[7] ?? ENTRY)).toString("base64"));
    expect(lines.slice(7, 10)).toEqual(["", "log.example.com/prod", "11"]);
  });

  test("is read back, with and without extra data", () => {
    expect(taken(parseTlogProof(bytes))).toEqual(proof);
    for (const length of [0, 1, MAX_EXTRA_LENGTH]) {
      const more = { ...proof, untrustedExtra: new Uint8Array(length).fill(9) };
      expect(taken(parseTlogProof(formatTlogProof(more)))).toEqual(more);
    }
  });

  const HASH = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n";
  const HEAD = "c2sp.org/tlog-proof@v1\n";
  test.each<[string, string]>([
    ["nothing", ""],
    ["another version", "c2sp.org/tlog-proof@v2\nindex 1\n\nx\n"],
    ["a line before", `\n${HEAD}index 1\n\nx\n`],
    ["a space behind the version", `${HEAD.trim()} \nindex 1\n\nx\n`],
    ["a carriage return", `${HEAD}index 1\r\n\nx\n`],
    ["no index", `${HEAD}${HASH}\nx\n`],
    ["no checkpoint", `${HEAD}index 1\n${HASH}`],
    ["an index with a zero in front", `${HEAD}index 01\n\nx\n`],
    ["a negative index", `${HEAD}index -1\n\nx\n`],
    ["an index past 2^53 - 1", `${HEAD}index 9007199254740992\n\nx\n`],
    ["two indices", `${HEAD}index 1\nindex 1\n\nx\n`],
    ["extra data behind the index", `${HEAD}index 1\nextra AAAA\n\nx\n`],
    ["extra data twice", `${HEAD}extra AAAA\nextra AAAA\nindex 1\n\nx\n`],
    ["extra data that is no base64", `${HEAD}extra AAA\nindex 1\n\nx\n`],
    ["a hash of 31 bytes", `${HEAD}index 1\n${HASH.replace("bjQL", "")}\nx\n`],
    ["a hash and a space", `${HEAD}index 1\n ${HASH}\nx\n`],
    ["64 hashes", `${HEAD}index 1\n${HASH.repeat(64)}\nx\n`],
    ["a very long one", `${HEAD}extra ${"A".repeat(MAX_TLOG_PROOF_LENGTH)}\nindex 1\n\nx\n`],
    ["extra data too long", `${HEAD}extra ${"A".repeat(87_384)}\nindex 1\n\nx\n`],
  ])("%s", (_, text) => expect(codeOf(parseTlogProof(bytesOf(text)))).toBe("PROOF_MALFORMED"));

  test("63 hashes are read", () => {
    const text = `${HEAD}index 1\n${HASH.repeat(63)}\nx\n`;
    expect(taken(parseTlogProof(bytesOf(text))).hashes).toHaveLength(63);
  });

  test("fuzz: whatever is read is written the same, and nothing throws", async () => {
    const part = fc.constantFrom(
      "c2sp.org/tlog-proof@v1\n",
      "extra ",
      "AAAA",
      "\n",
      "index ",
      "0",
      "7",
      HASH,
      "—",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(part, part, fc.string({ maxLength: 2 })), { maxLength: 16 }),
        fc.boolean(),
        async (parts, begun) => {
          const given = bytesOf(`${begun ? HEAD : ""}${parts.join("")}`);
          const read = parseTlogProof(given);
          if (read.ok) expect(formatTlogProof(read.value)).toEqual(given);
          expect((await verify(ENTRY, given)).ok).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("verifying", () => {
  test("gives the checkpoint, the index, the witnesses and what may be claimed", async () => {
    const verified = taken(await verify(ENTRY, bytes));
    expect(verified).toMatchObject({
      index: INDEX,
      quorumMet: true,
      untrustedExtra: null,
      cosigned: [
        { witness: "a", timestamp: NOW },
        { witness: "b", timestamp: NOW },
      ],
      assurance: { kind: "witnessed", liars: 2 },
    });
    expect(verified.checkpoint.size).toBe(11);
  });

  test("leaf binding: P7 a valid proof of some other entry is refused", async () => {
    for (const [i, other] of ENTRIES.entries()) {
      if (i !== INDEX) expect(codeOf(await verify(other, bytes))).toBe("ROOT_MISMATCH");
    }
    expect(codeOf(await verify(leafHash(ENTRY), bytes))).toBe("ROOT_MISMATCH");
    expect(codeOf(await verify(new Uint8Array(0), bytes))).toBe("ROOT_MISMATCH");
    const swapped = formatTlogProof({ ...proof, index: 7 });
    expect(codeOf(await verify(ENTRIES[7] ?? ENTRY, swapped))).toBe("ROOT_MISMATCH");
  });

  test("LG8 index beyond the size, hashes missing, garbage before and behind", async () => {
    const outcome = async (changes: Partial<TlogProof>): Promise<string> =>
      codeOf(await verify(ENTRY, formatTlogProof({ ...proof, ...changes })));
    const garbage = leafHash(bytesOf("garbage"));
    expect(await outcome({ index: 11 })).toBe("INDEX_OUTSIDE");
    expect(await outcome({ index: 5 })).toBe("ROOT_MISMATCH");
    expect(await outcome({ hashes: [] })).toBe("PROOF_LENGTH");
    expect(await outcome({ hashes: [garbage, ...proof.hashes] })).toBe("PROOF_LENGTH");
    expect(await outcome({ hashes: [...proof.hashes, garbage] })).toBe("PROOF_LENGTH");
    expect(await outcome({ hashes: proof.hashes.slice(1) })).not.toBe("accepted");
    expect(await outcome({ checkpoint: bytesOf("x\n") })).toBe("NOTE_MALFORMED");
  });

  test("LG18 tampered extra data is not trusted, and changes nothing that is", async () => {
    const bare = taken(await verify(ENTRY, bytes));
    for (const extra of ["size=1", "trusted: yes", ""]) {
      const untrustedExtra = bytesOf(extra);
      const told = taken(await verify(ENTRY, formatTlogProof({ ...proof, untrustedExtra })));
      expect(told).toEqual({ ...bare, untrustedExtra });
    }
  });
});

describe("LG20 bit-flip", () => {
  test("LG20 every bit of a receipt: none accepted", async () => {
    const changed = Uint8Array.from(bytes);
    const accepted: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const [at, mask] = [bit >> 3, 1 << (bit & 7)];
      changed[at] = (changed[at] ?? 0) ^ mask;
      if ((await verify(ENTRY, changed)).ok) accepted.push(bit);
      changed[at] = (changed[at] ?? 0) ^ mask;
    }
    expect(accepted).toEqual([]);
    expect(taken(await verify(ENTRY, changed)).index).toBe(INDEX);
  });

  test("LG20 every bit of the entry: none accepted", async () => {
    for (let bit = 0; bit < ENTRY.length * 8; bit++) {
      const entry = ENTRY.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect((await verify(entry, bytes)).ok).toBe(false);
    }
  });

  test("LG20 bytes put in, taken out, doubled or moved: none accepted", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 3 }), async (x, y, put) => {
        const [from, to] = [x % (bytes.length + 1), y % (bytes.length + 1)].sort((a, b) => a - b);
        const changed = Uint8Array.of(...bytes.slice(0, from), ...put, ...bytes.slice(to));
        if (Buffer.compare(changed, bytes) === 0) return;
        const outcome = await verify(ENTRY, changed);
        // An extension of the signatures by a line of an unknown key would be accepted, by the format.
        expect(outcome.ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("LG20 with extra data and a witness more than the quorum needs, nothing certain changes", async () => {
    const loose = taken(
      parsePolicy(
        bytesOf(
          `log ${formatVerifierKey(LOG.key)}\nwitness a ${formatVerifierKey(A.key)}\n` +
            `witness b ${formatVerifierKey(B.key)}\ngroup g any a b\nquorum g\n`,
        ),
      ),
    );
    const given = formatTlogProof({ ...proof, untrustedExtra: bytesOf("extra") });
    const { checkpoint, text, index } = taken(await verifyTlogProof(ENTRY, given, loose));
    await fc.assert(
      fc.asyncProperty(fc.nat(given.length * 8 - 1), async (bit) => {
        const changed = given.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        const outcome = await verifyTlogProof(ENTRY, changed, loose);
        if (outcome.ok) expect(outcome.value).toMatchObject({ checkpoint, text, index });
      }),
      { numRuns: 300 },
    );
  });
});
