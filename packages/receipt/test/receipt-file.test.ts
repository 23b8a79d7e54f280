// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { type RefusalCode, verifyReceipt } from "@interlock/receipt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, changed, HEX, told, verify, WORLD } from "./outcome.ts";
import { fileOf, TRUST } from "./world.ts";

describe("a file that is no receipt", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const good = new TextDecoder().decode(fileOf(WORLD.receipt));
  const file = async (content: string | Uint8Array) =>
    told(await verifyReceipt(typeof content === "string" ? bytes(content) : content, TRUST));

  test.each<readonly [string, string, RefusalCode]>([
    ["empty", "", "json-malformed"],
    ["no JSON", "receipt", "json-malformed"],
    ["a list", "[]", "json-malformed"],
    ["a byte order mark", `\ufeff${good}`, "text-not-utf8"],
    ["a newline at the end", `${good}\n`, "receipt-not-canonical"],
    ["PX3 a key twice", good.replace("{", '{"receipt":2,'), "json-duplicate-key"],
    [
      "an escaped letter",
      good.replace('"approvals"', '"\\u0061pprovals"'),
      "receipt-not-canonical",
    ],
    [
      "a number in another spelling",
      good.replace('"receipt":1', '"receipt":1.0'),
      "receipt-not-canonical",
    ],
    [
      "PX2 a number beyond all",
      good.replace('"receipt":1', '"receipt":1e999'),
      "receipt-malformed",
    ],
    ["PX2 very deep", `{"a":${"[".repeat(20_000)}`, "json-malformed"],
    ["PX2 half a character", '{"a":"\\ud800"}', "json-malformed"],
    ["too large", " ".repeat(65_537), "too-large"],
    ["another version", good.replace('"receipt":1', '"receipt":2'), "receipt-malformed"],
  ])("%s", async (_name, content, code) => {
    expect(await file(content)).toBe(`receipt: ${code}`);
  });

  test.each<readonly [string, readonly (string | number)[], Json | undefined, RefusalCode]>([
    ["a member that nobody defined", ["trusted"], true, "receipt-malformed"],
    ["no decision", ["decision"], undefined, "receipt-malformed"],
    ["no list of approvals", ["approvals"], {}, "receipt-malformed"],
    ["too many approvals", ["approvals"], Array.from({ length: 51 }, () => 1), "receipt-malformed"],
    ["an approval that is none", ["approvals", 0], 1, "receipt-malformed"],
    ["no salt", ["decision", "salt"], undefined, "receipt-malformed"],
    ["a short salt", ["decision", "salt"], "AAAA", "receipt-malformed"],
    ["content beside its erasure", ["decision", "erased"], HEX, "receipt-malformed"],
    ["an index with a fraction", ["decision", "index"], 1.5, "receipt-malformed"],
    ["a hash that is too short", ["decision", "proof"], ["AAAA"], "receipt-malformed"],
    [
      "too many hashes",
      ["decision", "proof"],
      Array.from({ length: 64 }, () => "A".repeat(43)),
      "receipt-malformed",
    ],
    ["a body without a field", ["decision", "body", "target"], undefined, "body-malformed"],
    ["a body with a field more", ["decision", "body", "x"], 1, "body-malformed"],
    [
      "a nonce that is no base64url",
      ["approvals", 0, "body", "nonce"],
      "*".repeat(43),
      "body-malformed",
    ],
    ["a record of another kind", ["record", "record"], "x", "receipt-malformed"],
    ["a record with a member more", ["record", "x"], 1, "receipt-malformed"],
    ["facts that are none", ["record", "facts"], { version: 1 }, "receipt-malformed"],
    ["facts without their salt", ["factsSalt"], undefined, "receipt-malformed"],
    ["a salt without a record", ["record"], undefined, "receipt-malformed"],
    ["a checkpoint that is a list", ["checkpoint"], [], "receipt-malformed"],
  ])("%s", async (_name, path, value, code) => {
    expect(told(await verify(changed(path, value)))).toBe(`receipt: ${code}`);
  });

  test("any JSON and any bytes are refused and throw nothing", async () => {
    const any = fc.oneof(fc.json().map(bytes), fc.uint8Array({ maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(any, async (content) => {
        expect((await verifyReceipt(content, TRUST)).verdict).toBe("failed");
      }),
    );
  });

  test("a receipt with one member replaced by anything throws nothing", async () => {
    const paths = pathsOf(WORLD.receipt, []);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, value) => {
        fc.pre(JSON.stringify(at(path)) !== JSON.stringify(value));
        const receipt = changed(path, value as Json);
        fc.pre(isWritable(receipt));
        expect((await verify(receipt)).verdict).toBe("failed");
      }),
      { numRuns: 300 },
    );
  });
});

function pathsOf(
  value: unknown,
  path: readonly (string | number)[],
): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  const inner = entries.flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

function isWritable(receipt: Json): boolean {
  try {
    fileOf(receipt);
    return true;
  } catch {
    return false;
  }
}

test("LG20 no changed bit of a receipt is accepted", async () => {
  const file = fileOf(WORLD.receipt);
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (place, bit) => {
      const flipped = file.map((byte, i) => (i === place ? byte ^ (1 << bit) : byte));
      expect((await verifyReceipt(flipped, TRUST)).verdict).toBe("failed");
    }),
    { numRuns: 500 },
  );
});
