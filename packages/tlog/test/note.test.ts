// SPDX-License-Identifier: Apache-2.0
import {
  checkNote,
  cosign,
  formatNote,
  formatSignature,
  formatVerifierKey,
  MAX_NOTE_LENGTH,
  MAX_SIGNATURES,
  type Note,
  openNote,
  parseNote,
  parseSignatures,
  parseVerifierKey,
  signText,
  type VerifierKey,
  verifierKey,
} from "@interlock/tlog";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bytesOf, LOG, NOW, STAGING, signer, textOf, WITNESSES } from "./keys.ts";
import { codeOf, taken } from "./outcome.ts";

// The example of c2sp.org/signed-note.
const VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
const KEY = taken(parseVerifierKey(VKEY));
const LINE = EXAMPLE.slice(EXAMPLE.indexOf("—"));

const opened = async (text: string, keys: readonly VerifierKey[] = [KEY]): Promise<string> => {
  const note = parseNote(bytesOf(text));
  return note.ok ? codeOf(await openNote(note.value, keys)) : codeOf(note);
};

describe("the example of the specification", () => {
  test("verifies, and is written the same", async () => {
    const note = taken(parseNote(bytesOf(EXAMPLE)));
    const { text, verified } = taken(await openNote(note, [KEY]));
    expect(text).toBe("This is an example message.\n");
    expect(verified).toEqual([{ key: KEY, timestamp: null, line: note.signatures[0] }]);
    expect(textOf(formatNote(note))).toBe(EXAMPLE);
    expect(formatVerifierKey(KEY)).toBe(VKEY);
  });

  test("another text, another key, no key", async () => {
    expect(await opened(EXAMPLE.replace("This", "Thus"))).toBe("SIGNATURE_INVALID");
    expect(await opened(EXAMPLE, [LOG.key])).toBe("SIGNATURE_MISSING");
    expect(await opened(EXAMPLE, [])).toBe("SIGNATURE_MISSING");
    const note = taken(parseNote(bytesOf(EXAMPLE)));
    expect(taken(await checkNote(note, [])).verified).toEqual([]);
  });

  test("a known name with another id, or a known id with another name, is an unknown key", async () => {
    expect(await opened(EXAMPLE.replace("— example.com/foo ", "— example.com/fop "))).toBe(
      "SIGNATURE_MISSING",
    );
    expect(await opened(EXAMPLE.replace("Uw2QO", "Uw2QP"))).toBe("SIGNATURE_MISSING");
  });
});

describe("LG10 form of a note", () => {
  const tooMany = `text\n\n${LINE.repeat(MAX_SIGNATURES + 1)}`;
  test.each<[string, string, string]>([
    ["LG10 CRLF", EXAMPLE.replaceAll("\n", "\r\n"), "NOTE_MALFORMED"],
    ["LG10 one carriage return in the text", EXAMPLE.replace("\n", "\r\n"), "NOTE_MALFORMED"],
    ["LG10 a tab", EXAMPLE.replace("This ", "This\t"), "NOTE_MALFORMED"],
    ["LG10 a zero byte", EXAMPLE.replace("This ", "This\0"), "NOTE_MALFORMED"],
    ["LG10 an escape in a name", EXAMPLE.replace("/foo", "/f\u001b"), "NOTE_MALFORMED"],
    ["LG10 no newline at the end", EXAMPLE.slice(0, -1), "NOTE_MALFORMED"],
    ["LG10 an empty line at the end", `${EXAMPLE}\n`, "NOTE_MALFORMED"],
    ["LG10 no empty line", EXAMPLE.replace("\n\n", "\n"), "NOTE_MALFORMED"],
    ["LG10 no signature", "This is an example message.\n\n", "NOTE_MALFORMED"],
    ["LG10 text behind the signatures", `${EXAMPLE}more\n`, "NOTE_MALFORMED"],
    ["LG10 a hyphen for the dash", EXAMPLE.replace("—", "-"), "NOTE_MALFORMED"],
    ["LG10 two spaces", EXAMPLE.replace("— ", "—  "), "NOTE_MALFORMED"],
    ["LG10 a space at the end of a line", EXAMPLE.replace("aQM=\n", "aQM= \n"), "NOTE_MALFORMED"],
    ["LG10 a plus in a name", EXAMPLE.replace("/foo", "+foo"), "NOTE_MALFORMED"],
    ["LG10 a no-break space in a name", EXAMPLE.replace("/foo", "\u00a0foo"), "NOTE_MALFORMED"],
    ["LG10 no name", EXAMPLE.replace("example.com/foo", ""), "NOTE_MALFORMED"],
    ["LG10 no padding", EXAMPLE.replace("aQM=", "aQM"), "NOTE_MALFORMED"],
    ["LG10 stray bits in base64", EXAMPLE.replace("aQM=", "aQN="), "NOTE_MALFORMED"],
    ["LG10 base64 of the web", EXAMPLE.replace("aQM=", "a_M="), "NOTE_MALFORMED"],
    ["LG10 an id without a signature", "text\n\n— a AAAAAA==\n", "NOTE_MALFORMED"],
    ["LG10 half an id", "text\n\n— a AAAA\n", "NOTE_MALFORMED"],
    [
      "LG10 a signature of another length",
      "text\n\n— example.com/foo Uw2QOgA=\n",
      "SIGNATURE_INVALID",
    ],
    ["LG10 65 signatures", tooMany, "NOTE_TOO_LARGE"],
    ["LG10 half a megabyte", `${"a".repeat(MAX_NOTE_LENGTH)}\n\n${LINE}`, "NOTE_TOO_LARGE"],
  ])("%s", async (_, text, code) => expect(await opened(text)).toBe(code));

  test("LG10 bytes that are not UTF-8, and a byte order mark, which is text", async () => {
    const bytes = bytesOf(EXAMPLE);
    expect(codeOf(parseNote(Uint8Array.of(0xff, ...bytes)))).toBe("NOTE_MALFORMED");
    expect(codeOf(parseNote(Uint8Array.of(0xed, 0xa0, 0x80, ...bytes)))).toBe("NOTE_MALFORMED");
    expect(await opened(`\ufeff${EXAMPLE}`)).toBe("SIGNATURE_INVALID");
  });

  test.each([16, 17, MAX_SIGNATURES])("LG10 %i signatures, one of them known", async (count) => {
    const unknown = LINE.replace("/foo", "/other");
    expect(await opened(`This is an example message.\n\n${unknown.repeat(count - 1)}${LINE}`)).toBe(
      "accepted",
    );
  });

  test("LG10 one key that signed twice counts once", async () => {
    const note = taken(parseNote(bytesOf(EXAMPLE + LINE)));
    expect(note.signatures).toHaveLength(2);
    expect(taken(await openNote(note, [KEY])).verified).toHaveLength(1);
  });

  test("LG10 two known keys of one name and id", async () => {
    expect(await opened(EXAMPLE, [KEY, { ...KEY, publicKey: LOG.key.publicKey }])).toBe(
      "KEY_AMBIGUOUS",
    );
  });

  test("the text may have empty lines, and what looks like a signature", async () => {
    const text = `one\n\n${LINE}\n\nthree\n`;
    const note = { text, signatures: [await signText(text, LOG.key, LOG.sign)] };
    const read = taken(parseNote(formatNote(note)));
    expect(read).toEqual(note);
    expect(codeOf(await openNote(read, [LOG.key]))).toBe("accepted");
  });
});

describe("LG11 a broken signature of a known key", () => {
  test("known key: LG11 refuses the whole note, others fine, in any order", async () => {
    const text = "text\n";
    const good = await signText(text, LOG.key, LOG.sign);
    const other = await signText(text, STAGING.key, STAGING.sign);
    const broken = { ...other, signature: other.signature.map((b, i) => (i === 7 ? b ^ 1 : b)) };
    const keys = [LOG.key, STAGING.key];
    const outcome = async (...signatures: Note["signatures"]) =>
      codeOf(await openNote({ text, signatures }, keys));
    expect(await outcome(good, other)).toBe("accepted");
    expect(await outcome(good, broken)).toBe("SIGNATURE_INVALID");
    expect(await outcome(broken, good)).toBe("SIGNATURE_INVALID");
    expect(await outcome(good, other, broken)).toBe("SIGNATURE_INVALID");
    expect(codeOf(await openNote({ text, signatures: [good, broken] }, [LOG.key]))).toBe(
      "accepted",
    );
  });
});

describe("cosignatures", () => {
  const [witness = LOG] = WITNESSES;
  const text = "log.example.com/prod\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n";
  const at = async (timestamp: number) => cosign(text, witness.key, timestamp, witness.sign);

  test("verify with their time, and the latest of two counts", async () => {
    const [early, late] = [await at(NOW - 5), await at(NOW)];
    const note = { text, signatures: [late, early] };
    for (const signatures of [
      [late, early],
      [early, late],
    ]) {
      const { verified } = taken(await openNote({ text, signatures }, [witness.key]));
      expect(verified).toEqual([{ key: witness.key, timestamp: NOW, line: late }]);
    }
    expect(taken(parseNote(formatNote(note)))).toEqual(note);
  });

  // github.com/FiloSottile/sunlight, cmd/skylight/testdata/witness: another implementation's.
  test("of another implementation verify; the log's own, of type 0x05, is not known here", async () => {
    const key = taken(
      parseVerifierKey("witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"),
    );
    const note = taken(
      parseNote(
        bytesOf(`rome2026h1.example.org
300
lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=

— rome2026h1.example.org kVB1JgAAAZtxtEwABAMARzBFAiEAi+mTa2xjL1IdWpH82OeciGsGvwRAP+f1WkfKaSZCfFECIHoNPZ/Q3y6UNzvKOO9cuLr6V16vPNfhwhle9f6r5H/Z
— witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==
`),
      ),
    );
    const { verified } = taken(await openNote(note, [key]));
    expect(verified.map((v) => v.timestamp)).toEqual([1_767_139_200]);
  });

  test("another time, another text, a bare signature, a time beyond numbers", async () => {
    const good = await at(NOW);
    const withByte = (index: number, value: number) => ({
      ...good,
      signature: good.signature.map((b, i) => (i === index ? value : b)),
    });
    const outcome = async (signature: typeof good, signedText = text) =>
      codeOf(await openNote({ text: signedText, signatures: [signature] }, [witness.key]));
    expect(await outcome(good)).toBe("accepted");
    expect(await outcome(withByte(7, 1))).toBe("SIGNATURE_INVALID");
    expect(await outcome(withByte(0, 0x80))).toBe("SIGNATURE_INVALID");
    expect(await outcome(good, text.replace("prod", "prob"))).toBe("SIGNATURE_INVALID");
    expect(await outcome({ ...good, signature: good.signature.slice(8) })).toBe(
      "SIGNATURE_INVALID",
    );
    expect(await outcome({ ...good, signature: new Uint8Array(0) })).toBe("SIGNATURE_INVALID");
  });

  test("a time that no number tells exactly is none, though it was signed", async () => {
    const time = 2n ** 60n;
    const bare = await witness.sign(bytesOf(`cosignature/v1\ntime ${time}\n${text}`));
    const stamp = new Uint8Array(8);
    new DataView(stamp.buffer).setBigUint64(0, time);
    const { name, keyId } = witness.key;
    const signatures = [{ name, keyId, signature: Uint8Array.of(...stamp, ...bare) }];
    expect(codeOf(await openNote({ text, signatures }, [witness.key]))).toBe("SIGNATURE_INVALID");
  });

  test("the key of a note is not the key of a cosignature, though the 32 bytes are the same", async () => {
    const plain = signer(witness.key.name, "ed25519", 11);
    expect(plain.key.publicKey).toEqual(witness.key.publicKey);
    const note = { text, signatures: [await at(NOW)] };
    expect(codeOf(await openNote(note, [plain.key]))).toBe("SIGNATURE_MISSING");
    await expect(cosign(text, plain.key, NOW, plain.sign)).rejects.toThrow("invariant broken");
    await expect(signText(text, witness.key, witness.sign)).rejects.toThrow("invariant broken");
  });
});

describe("verifier keys", () => {
  test.each([
    "",
    "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/foo+530d903a",
    "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/foo+30d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
    "example.com/foo+530d903a+Aeky",
    "example.com/foo+530d903a+AQ==",
    "example.com/foo+530d903a+",
    "exa mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    `${VKEY}\n`,
    `${"a".repeat(9_000)}+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k`,
  ])("%j is none", (text) => expect(codeOf(parseVerifierKey(text))).toBe("KEY_MALFORMED"));

  test("of another type are read, and their signatures ignored", async () => {
    const key = taken(parseVerifierKey("w.example.com+0a0b0c0d+BgECAwQ="));
    expect(key).toMatchObject({ kind: "unsupported", type: 6, keyId: 0x0a0b0c0d });
    expect(formatVerifierKey(key)).toBe("w.example.com+0a0b0c0d+BgECAwQ=");
    const line = formatSignature({ ...key, signature: Uint8Array.of(1, 2, 3) });
    expect(await opened(EXAMPLE + line, [KEY, key])).toBe("accepted");
    expect(await opened(`text\n\n${line}`, [KEY, key])).toBe("SIGNATURE_MISSING");
  });

  test("a key that anyone can sign with is none", async () => {
    const spellings = [
      "00".repeat(32),
      `01${"00".repeat(31)}`,
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      `ec${"ff".repeat(30)}7f`,
      `ed${"ff".repeat(30)}7f`,
      `ee${"ff".repeat(30)}7f`,
    ].flatMap((hex) => [
      hex,
      hex.slice(0, 62) + (Number.parseInt(hex.slice(62), 16) | 0x80).toString(16),
    ]);
    for (const hex of spellings) {
      const publicKey = new Uint8Array(Buffer.from(hex, "hex"));
      const text = formatVerifierKey({ ...KEY, publicKey });
      expect(codeOf(parseVerifierKey(text))).toBe("KEY_MALFORMED");
      expect(() => verifierKey("w.example.com", "cosignature", publicKey)).toThrow(
        "invariant broken",
      );
    }
  });

  test("32 bytes that are no point of the curve verify nothing", async () => {
    const bad = signer("w.example.com", "ed25519", 5);
    const key = { ...bad.key, publicKey: new Uint8Array(32).fill(0xff) };
    const note = { text: "text\n", signatures: [await signText("text\n", bad.key, bad.sign)] };
    expect(codeOf(await openNote(note, [key]))).toBe("SIGNATURE_INVALID");
  });
});

describe("without Ed25519", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  const failing = (name: string) => ({
    subtle: { importKey: () => Promise.reject(Object.assign(new Error("no"), { name })) },
  });

  test.each<[string, unknown]>([
    ["no Web Cryptography at all", undefined],
    ["a page without HTTPS", {}],
    ["an algorithm that is unknown", failing("NotSupportedError")],
  ])("%s: no verdict", async (_, crypto) => {
    vi.stubGlobal("crypto", crypto);
    expect(await opened(EXAMPLE)).toBe("CRYPTO_UNAVAILABLE");
    expect(await opened(EXAMPLE, [LOG.key])).toBe("SIGNATURE_MISSING");
  });

  test("a key that the platform refuses verifies nothing, and what else fails is told", async () => {
    vi.stubGlobal("crypto", failing("DataError"));
    expect(await opened(EXAMPLE)).toBe("SIGNATURE_INVALID");
    vi.stubGlobal("crypto", failing("OperationError"));
    await expect(opened(EXAMPLE)).rejects.toThrow("no");
  });
});

describe("fuzz", () => {
  const noisy = fc
    .array(
      fc.oneof(
        fc.constantFrom("\n", "\n\n", "— ", " ", "a.example", "AAAABBBB", "Uw2QOgA=", "+", "old 1"),
        fc.string({ unit: "binary", maxLength: 6 }),
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(""));

  test("whatever is read as a note is written the same, and nothing throws", () => {
    fc.assert(
      fc.property(fc.oneof(noisy.map(bytesOf), fc.uint8Array({ maxLength: 80 })), (bytes) => {
        const note = parseNote(bytes);
        if (note.ok) expect(formatNote(note.value)).toEqual(bytes);
        else codeOf(note);
      }),
      { numRuns: 500 },
    );
  });

  test("whatever is read as signatures or as a key is written the same", () => {
    fc.assert(
      fc.property(noisy, (text) => {
        const signatures = parseSignatures(text);
        if (signatures.ok) expect(signatures.value.map(formatSignature).join("")).toBe(text);
        const key = parseVerifierKey(text);
        if (key.ok) expect(formatVerifierKey(key.value)).toBe(text);
      }),
    );
  });

  test("any other byte at any place of the example is refused or an unknown key", async () => {
    const bytes = bytesOf(EXAMPLE);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const changed = bytes.map((byte, i) => (i === at ? byte ^ by : byte));
          const note = parseNote(changed);
          if (note.ok) expect((await openNote(note.value, [KEY])).ok).toBe(false);
        },
      ),
    );
  });
});
