/** The readers and writers of the guard: laws, and texts that nobody meant. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMessage } from "../src/guard/etcd/message.ts";
import { alike, imageMerged, imageThere } from "../src/guard/http/image.ts";
import { readLossless, writeLossless } from "../src/guard/json.ts";
import { folderOf, leasePath, valuePath } from "../src/guard/path.ts";
import { GUARD_CODES } from "../src/guard/refusal.ts";
import { readSettings, type Settings, settingsProblem } from "../src/guard/settings.ts";
import { folder, interlock, put } from "./scratch.ts";

const bytes = (text: string) => Buffer.from(text);
const read = (text: string) => readLossless(bytes(text));
const written = (text: string) => {
  const result = read(text);
  return result.ok ? writeLossless(result.value) : result.because;
};

describe("JSON without loss", () => {
  it("reads what JSON.parse reads, and writes the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        if (!text.isWellFormed() || text.includes("\\ud")) return;
        expect(JSON.parse(written(text))).toEqual(JSON.parse(text));
        expect(written(written(text))).toBe(written(text));
      }),
    );
  });

  it("never takes what JSON.parse refuses, whatever the text", () => {
    const near = fc.string({
      unit: fc.constantFrom(...'{}[]",:0123.eE+-\\utrfalsn \n\u0001'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(near, (text) => {
        if (read(text).ok) expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["1.50", "1.5"],
    ["12345678901234567890", "12345678901234567891"],
    ["1e2", "100"],
    ["-0", "0"],
  ])("PX2 the numbers %s and %s are two", (a, b) => {
    expect(written(a)).not.toBe(written(b));
  });

  it.each([
    ["1.50", "1.5", true],
    ["1e2", "100", true],
    ["1.0E+2", "100", true],
    ["-0.0", "0", true],
    ["0.1", "0.10000000000000000001", false],
    ["9007199254740993", "9007199254740992", false],
    ["-1", "1", false],
    ['"1.0"', '"1"', false],
    ["[1.0]", '{"a":1}', false],
  ])("%s and %s are the same value: %s", (a, b, same) => {
    expect(alike(bytes(a), bytes(b), { format: "json", ignore: [] })).toBe(same);
  });

  it("order of members, space and escapes are no difference", () => {
    expect(written('{"b":[1, 2],"a":"\\u0041"}')).toBe(written('{ "a" : "A", "b":[1,2] }'));
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    "\ufeff{}",
    '"\\udc00"',
    "",
    "01",
    "[1,]",
    "nul",
  ])("PX3 refuses %j", (text) => {
    expect(read(text).ok).toBe(false);
  });

  it("PX2 refuses what is not UTF-8", () => {
    expect(readLossless(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ ok: false });
  });
});

const key = fc.uint8Array({ maxLength: 12 }).map((b) => Buffer.from(b));
const oddKey = fc
  .array(fc.constantFrom("/", ".", "@", "%", "a", "A", "value", ".git", "..", "é"))
  .map((p) => bytes(p.join("")));

describe("the path of a key", () => {
  it("two keys never have one path, nor is the file of one the folder of another", () => {
    fc.assert(
      fc.property(fc.oneof(key, oddKey), fc.oneof(key, oddKey), (a, b) => {
        if (a.equals(b)) return;
        const files = (k: Buffer) => [valuePath(k, []), leasePath(k)];
        for (const one of files(a))
          for (const other of files(b)) {
            expect(one).not.toBe(other);
            expect(other.startsWith(`${one}/`)).toBe(false);
          }
      }),
      { numRuns: 2_000 },
    );
  });

  it("GT11 it is a path that git takes, and none of the gate's", () => {
    fc.assert(
      fc.property(fc.oneof(key, oddKey), (k) => {
        const parts = valuePath(k, []).split("/");
        expect(parts[0]).toMatch(/^(?:keys|bare)$/);
        for (const part of parts.slice(1)) expect(part).toMatch(/^(?!\.)[A-Za-z0-9_\-.:,+=%@]+$/);
      }),
    );
  });

  it.each<[string, string]>([
    ["/shop/promise.json", "keys/shop/promise.json/@value.json"],
    ["shop", "bare/shop/@value"],
    ["/", "keys/%/@value"],
    ["", "bare/%/@value"],
    ["/a//b/", "keys/a/%/b/%/@value"],
    ["/.git/../@value", "keys/%2egit/%2e./%40value/@value"],
    ["/é x", "keys/%c3%a9%20x/@value"],
    ["/conf/limits", "keys/conf/limits/@value.yaml"],
    ["/conf/json/limits", "keys/conf/json/limits/@value.json"],
  ])("%s is %s", (given, path) => {
    const formats = [
      { prefix: "/conf/", as: "yaml" },
      { prefix: "/conf/json/", as: "json" },
    ];
    expect(valuePath(bytes(given), formats)).toBe(path);
    expect(path.startsWith(folderOf(bytes(given)))).toBe(true);
  });
});

describe("etcd's messages", () => {
  it("whatever JSON comes, it is a message or refused", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("put", "delete", "txn"), (text, kind) => {
        const value = read(text);
        if (value.ok) readMessage(kind, value.value);
      }),
    );
  });

  it.each<[string, string, unknown]>([
    ["numbers in both forms", '{"key":"eA==","lease":7}', { key: "eA==", lease: "7" }],
    ["both names", '{"key":"eA==","ignoreValue":true}', { key: "eA==", ignore_value: true }],
    ["a number of 64 bits", '{"lease":"9223372036854775807"}', { lease: "9223372036854775807" }],
    ["one more", '{"lease":"9223372036854775808"}', null],
    ["a fraction", '{"lease":1.0}', null],
    ["null", '{"value":null}', null],
    ["base64 without its end", '{"key":"eA"}', null],
    ["base64 with a spare bit", '{"key":"eB=="}', null],
  ])("%s", (_name, text, expected) => {
    const value = read(text);
    const message = value.ok ? readMessage("put", value.value) : value;
    expect(message.ok && "value" in message ? message.value : null).toEqual(expected);
  });
});

describe("images of an HTTP resource", () => {
  // Examples of RFC 7396 appendix A (https://www.rfc-editor.org/rfc/rfc7396#appendix-A).
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])("%s patched by %s is %s", (there, patch, result) => {
    const image = imageMerged(bytes(there), bytes(patch));
    expect(image.ok && Buffer.from(image.value).toString()).toBe(written(result));
  });

  it("what the engine sets itself is left out by its pointer", () => {
    const terms = { format: "json" as const, ignore: ["/meta/rev", "/a~1b", "/none/x"] };
    const image = imageThere(bytes('{"meta":{"rev":1,"by":"x"},"a/b":2,"c":3}'), terms);
    expect(image.ok && JSON.parse(Buffer.from(image.value).toString())).toEqual({
      ...{ meta: { by: "x" }, c: 3 },
    });
  });
});

const GOOD: Settings = {
  ...{ version: 1, name: "etcd-eu", kind: "etcd", server: "https://interlock.example.com" },
  ...{ listen: { address: "127.0.0.1:2390" }, upstream: { url: "http://127.0.0.1:2379" } },
  ...{ tokenFile: "token", state: "state", policy: { folder: "." }, caller: { from: "nothing" } },
};

describe("the settings", () => {
  it.each<[string, Partial<Settings>, RegExp]>([
    [
      "GT15 a password in the address",
      { upstream: { url: "http://a:b@127.0.0.1" } },
      /a name or a password/,
    ],
    ["SS6 a file", { upstream: { url: "file:///etc/passwd" } }, /neither `http:`/],
    ["a path behind the engine", { upstream: { url: "http://127.0.0.1/v3" } }, /has a path/],
    ["a server in clear text", { server: "http://interlock.example.com" }, /https/],
    ["no policy", { policy: {} }, /`policy` names either/],
    [
      "two policies",
      { policy: { folder: ".", repository: ".", ref: "x" } },
      /`policy` names either/,
    ],
    ["a header that anybody may send", { caller: { from: "header", header: "x-a" } }, /only from/],
    [
      "callers whose secret would go on",
      { caller: { from: "basic", file: "f" } },
      /authorizationFile/,
    ],
    ["certificates that nobody asks for", { caller: { from: "certificate" } }, /clientCa/],
    ["Tier 1 alone", { allowIfDown: [1] }, /Tier 1/],
    ["rules for etcd", { rules: [] }, /kind `http`/],
    [
      "a rule for what belongs to the connection",
      { kind: "http", rules: [{ method: "PUT", path: "/a", after: "body", headers: ["host"] }] },
      /cannot be a part/,
    ],
    [
      "a rule without sense",
      { kind: "http", rules: [{ method: "PUT", path: "/a", after: "nothing" }] },
      /after a PUT/,
    ],
    [
      "no template",
      { kind: "http", rules: [{ method: "PUT", path: "/a/{", after: "body" }] },
      /no path template/,
    ],
  ])("refuse %s", (_name, change, why) => {
    expect(settingsProblem(GOOD)).toBe(null);
    expect(settingsProblem({ ...GOOD, ...change })).toMatch(why);
  });

  it("name files from their own folder", () => {
    const dir = folder();
    put(dir, { "guard.json": JSON.stringify(GOOD) });
    expect(readSettings(`${dir}/guard.json`)).toMatchObject({
      ...{ tokenFile: `${dir}/token`, state: `${dir}/state`, policy: { folder: dir } },
    });
  });
});

describe("the documents", () => {
  const page = (path: string) =>
    readFileSync(new URL(`../../../docs/${path}`, import.meta.url), "utf8");

  it("every settings file of guard.md fits", () => {
    const blocks = [...page("operate/guard.md").matchAll(/^```json\n([\s\S]*?)^```$/gm)];
    expect(blocks.length).toBeGreaterThan(1);
    const dir = folder();
    for (const [, block = ""] of blocks) {
      put(dir, { "guard.json": block });
      expect(interlock(dir, "guard", "--settings", "guard.json", "--check").status).toBe(0);
    }
  });

  it("every answer is in errors.md with its status, and no other", () => {
    const rows = [...page("reference/errors.md").matchAll(/^\| `(GUARD_[A-Z_]+)` \| (\d+) \|/gm)];
    const known = Object.entries(GUARD_CODES).map(([code, { status }]) => [code, `${status}`]);
    expect(rows.map(([, code, status]) => [code, status])).toEqual(known);
  });
});
