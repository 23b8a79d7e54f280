// SPDX-License-Identifier: Apache-2.0
import {
  type Checkpoint,
  formatCheckpoint,
  formatNote,
  MAX_SIZE,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from "@interlock/tlog";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, LOG, STAGING, signed, signedAnyway, textOf } from "./keys.ts";
import { naiveRoot } from "./naive.ts";
import { codeOf, taken } from "./outcome.ts";

// The example of c2sp.org/tlog-checkpoint.
const TEXT = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
`;

describe("form", () => {
  test("the example of the specification", () => {
    const checkpoint = taken(parseCheckpoint(TEXT));
    expect(checkpoint).toMatchObject({
      origin: "example.com/behind-the-sofa",
      size: 20_852_163,
      extensions: [],
    });
    expect(Buffer.from(checkpoint.root).toString("hex")).toBe(
      "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62",
    );
    expect(formatCheckpoint(checkpoint)).toBe(TEXT);
  });

  test("extension lines are kept, and an origin may have spaces", () => {
    const text = `${TEXT.replace("example.com/", "a log + ")}Timestamp: 5\n— x y\n`;
    const checkpoint = taken(parseCheckpoint(text));
    expect(checkpoint.extensions).toEqual(["Timestamp: 5", "— x y"]);
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  test.each<[string, string]>([
    ["no newline", TEXT.slice(0, -1)],
    ["no origin", TEXT.slice(TEXT.indexOf("\n"))],
    ["two lines", TEXT.split("\n").slice(0, 2).join("\n").concat("\n")],
    ["an empty line", `${TEXT}\n`],
    ["an empty line between extensions", `${TEXT}a\n\nb\n`],
    ["a leading zero", TEXT.replace("2085", "02085")],
    ["a plus", TEXT.replace("2085", "+2085")],
    ["a negative size", TEXT.replace("2085", "-2085")],
    ["a size in hex", TEXT.replace("20852163", "0x10")],
    ["a size past 2^53 - 1", TEXT.replace("20852163", "9007199254740992")],
    ["an endless size", TEXT.replace("20852163", "1".repeat(400))],
    ["a root of 31 bytes", TEXT.replace("CsUYap", "UYap").replace("q2I=", "q2I")],
    ["a root of 33 bytes", TEXT.replace("q2I=", "q2IA")],
    ["a root with stray bits", TEXT.replace("q2I=", "q2J=")],
    ["a carriage return", TEXT.replace("\n", "\r\n")],
    ["half a character", TEXT.replace("sofa", "sofa\ud800")],
  ])("%s", (_, text) => expect(codeOf(parseCheckpoint(text))).toBe("CHECKPOINT_MALFORMED"));

  test("what is written is read back, whatever the fields", () => {
    const line = fc.string({ unit: "binary", minLength: 1 }).filter((t) => !/\p{Cc}/u.test(t));
    const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
      origin: line,
      size: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, MAX_SIZE)),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      extensions: fc.array(line, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(checkpoints, (checkpoint) => {
        expect(taken(parseCheckpoint(formatCheckpoint(checkpoint)))).toEqual(checkpoint);
      }),
    );
  });

  test("fuzz: whatever is read is written the same", () => {
    const part = fc.constantFrom(
      "\n",
      "0",
      "12",
      "a",
      "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 9 }),
        (parts) => {
          const text = parts.join("");
          const read = parseCheckpoint(text);
          if (read.ok) expect(formatCheckpoint(read.value)).toBe(text);
          else codeOf(read);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a line that would be two is never signed", () => {
    const checkpoint = taken(parseCheckpoint(TEXT));
    for (const origin of ["", "a\nb", "a\r", "a\u0000"]) {
      expect(() => formatCheckpoint({ ...checkpoint, origin })).toThrow("invariant broken");
    }
    expect(() => formatCheckpoint({ ...checkpoint, extensions: ["a\n\nb"] })).toThrow();
  });
});

describe("opening", () => {
  const head = { origin: LOG.key.name, size: 0, root: naiveRoot([]), extensions: [] };

  test("a checkpoint that its log signed", async () => {
    const bytes = await signed(head, LOG);
    const opened = taken(await openCheckpoint(bytes, [STAGING.key, LOG.key]));
    expect(opened.checkpoint).toEqual(head);
    expect(textOf(bytes).startsWith(opened.note.text)).toBe(true);
  });

  test("LG12 a staging checkpoint shown as production", async () => {
    const staging = await signed({ ...head, origin: STAGING.key.name }, STAGING);
    expect(codeOf(await openCheckpoint(staging, [LOG.key]))).toBe("ORIGIN_UNKNOWN");
    // The origin of production under the signature of staging, whose key is known too.
    const forged = await signed(head, STAGING);
    expect(codeOf(await openCheckpoint(forged, [LOG.key, STAGING.key]))).toBe("SIGNATURE_MISSING");
  });

  test("what is signed but no checkpoint", async () => {
    const note = await signedAnyway("hello\n", LOG);
    expect(codeOf(await openCheckpoint(formatNote(note), [LOG.key]))).toBe("CHECKPOINT_MALFORMED");
    expect(codeOf(await openCheckpoint(bytesOf(TEXT), [LOG.key]))).toBe("NOTE_MALFORMED");
    await expect(signCheckpoint(head, STAGING.key, STAGING.sign)).rejects.toThrow("its origin");
  });
});
