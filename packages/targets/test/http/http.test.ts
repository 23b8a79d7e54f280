// SPDX-License-Identifier: Apache-2.0
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "@interlock/digest";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openHttp } from "../../src/http/target.ts";
import { fill, isPathTrick, pointerOf, templateOf } from "../../src/http/template.ts";
import { batchOf, put, set, textAt, versionAt } from "../place.ts";
import { type AdminApi, startAdminApi } from "./admin-api.ts";

let api: AdminApi;
beforeEach(async () => {
  api = await startAdminApi("etag");
});
afterEach(() => api.close());

const open = (more: Readonly<Record<string, Json>> = {}, named: readonly string[] = []) =>
  openHttp("api", { settings: { ...api.settings, ...more }, named: new Set(named) });

function opened(more: Readonly<Record<string, Json>> = {}, named: readonly string[] = []) {
  const answered = open(more, named);
  if (!answered.ok) throw new Error(answered.failure.message);
  return answered.value;
}

describe("a description", () => {
  test.each<readonly [string, Readonly<Record<string, Json>>]>([
    ["`settings.version` is no text", { version: "" }],
    ["neither `etag` nor a JSON pointer", { version: "none" }],
    ["`body` has to say where it is sent", { version: "/rev" }],
    ["has no `{version}`", { version: "/rev", body: { send: { v: "{value}" }, value: "/v" } }],
    [
      "would delete blindly",
      { version: "/rev", body: { send: ["{value}", "{version}"], value: "/v" } },
    ],
    ["has no `{key}`", { read: "/cells/{cell}" }],
    ["places for more than", { read: "/cells/{cell}/{key}/{host}" }],
    ["no path that begins with `/`", { read: "http://elsewhere.example.com/{key}" }],
    ["no path that begins with `/`", { read: "/a b/{key}" }],
    ["begins with http:// or https://", { origin: "ftp://example.com" }],
    ["more than scheme, host and port", { origin: "https://example.com/admin" }],
    ["a user or a password", { origin: "https://ana:pw@example.com" }],
    ["looks like a secret", { headers: { Authorization: "Bearer abc" } }],
    ["set here anyway", { headers: { "If-Match": "*" } }],
    ["set here anyway", { headers: { Host: "elsewhere.example.com" } }],
    ["holds more than ASCII", { headers: { "x-team": "gr\u00fcn" } }],
    ["can stand for the cell", { cells: { here: ".." } }],
    ["is not known", { retries: 3 }],
    ["is no list of statuses", { conflict: [200] }],
    ["goes together with `{after}`", { list: { path: "/l/{cell}", next: "/next" } }],
    ["is none of PUT, POST", { write: { path: "/{key}", method: "GET" } }],
  ])("without which a write would be blind or lead elsewhere is refused: %s", (says, more) => {
    const message = expect.stringContaining(says);
    expect(open(more)).toMatchObject({ ok: false, failure: { code: "TARGET_REFUSED", message } });
  });

  test("sends a secret over TLS alone, or to this machine", () => {
    const headers = { authorization: "Bearer abc" };
    const named = ["settings.headers.authorization"];
    expect(open({ headers }, named).ok).toBe(true);
    const message = expect.stringContaining("without TLS");
    const plain = open({ headers, origin: "http://admin.example.com" }, named);
    expect(plain).toMatchObject({ ok: false, failure: { message } });
    expect(JSON.stringify(plain)).not.toContain("abc");
  });
});

describe("a path", () => {
  test("holds what fills it in one segment, whatever that is", () => {
    const template = templateOf("/cells/{cell}/keys/{key}?v={version}", ["cell", "key", "version"]);
    if (typeof template === "string") throw new Error(template);
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    fc.assert(
      fc.property(text, text, text, (cell, key, version) => {
        fc.pre([cell, key, version].every((one) => one.isWellFormed()));
        fc.pre(!isPathTrick(cell) && !isPathTrick(key));
        const url = new URL(fill(template, { cell, key, version }), "http://localhost");
        expect(url.host).toBe("localhost");
        expect(url.pathname.split("/").map(decodeURIComponent)).toEqual([
          "",
          "cells",
          cell,
          "keys",
          key,
        ]);
        expect(url.searchParams.get("v")).toBe(version);
      }),
    );
  });

  test.each([
    ["", []],
    ["/a~1b/~0/0", ["a/b", "~", "0"]],
    ["a", null],
    ["/~2", null],
  ])("pointer %j", (text, steps) => {
    expect(pointerOf(text)).toEqual(steps);
  });
});

describe("a write", () => {
  test("carries its condition, a key of its own and the headers of the description", async () => {
    const named = ["settings.headers.x-api-key"];
    const more = { idempotencyHeader: "Idempotency-Key", headers: { "x-api-key": "abc" } };
    const target = opened(more, named);
    const batch = batchOf("there", [put("a", "1", null), put("b", "1", null)]);
    expect(await target.write(batch)).toEqual({ kind: "written" });
    const [first, second] = api.asked;
    expect(first).toMatchObject({
      method: "PUT",
      url: "/cells/cell%202/keys/a",
      headers: { "if-none-match": "*", "x-api-key": "abc", host: new URL(api.origin).host },
    });
    const keys = [first, second].map((asked) => asked?.headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
    await target.close();
  });

  const status = (code: number) => (response: ServerResponse) =>
    void response.writeHead(code).end();
  test.each([
    [202, "unknown"],
    [307, "refused"],
    [400, "refused"],
    [403, "refused"],
    [404, "conflict"],
    [408, "unknown"],
    [409, "conflict"],
    [412, "conflict"],
    [429, "away"],
    [500, "unknown"],
    [503, "unknown"],
  ])("answered with %i is %s", async (code, kind) => {
    const target = opened();
    await set(target, "here", "a", "1");
    const over = await versionAt(target, "here", "a");
    api.answerNext(status(code));
    const outcome = await target.write(batchOf("here", [put("a", "2", over)]));
    expect(outcome.kind).toBe(kind);
    await target.close();
  });

  test("that meets a conflict midway names what it wrote before", async () => {
    const target = opened();
    await set(target, "here", "c", "theirs");
    const remove = { key: "c", value: null, over: '"wrong"' };
    const batch = batchOf("here", [put("a", "1", null), put("b", "1", null), remove]);
    expect(await target.write(batch)).toEqual({ kind: "conflict", keys: ["c"], done: ["a", "b"] });
    // A third write that is not answered leaves two that were written: reading back has to tell.
    const first = batchOf("here", [put("d", "1", null), put("e", "1", null)]);
    const answers = [status(204), status(403)];
    const next = (): void =>
      api.answerNext((response) => {
        next();
        answers.shift()?.(response);
      });
    next();
    expect(await target.write(first)).toMatchObject({
      kind: "unknown",
      failure: { message: expect.stringContaining("only a part of the batch") },
    });
    await target.close();
  });

  test("is not sent on to where a redirect points, and nor is a reading", async () => {
    let visits = 0;
    const elsewhere = createServer((_, response) => {
      visits += 1;
      response.end("{}");
    });
    await new Promise<void>((ready) => elsewhere.listen(0, "127.0.0.1", ready));
    // A server that listens on TCP has such an address.
    const { port } = elsewhere.address() as AddressInfo;
    const location = `http://127.0.0.1:${port}/`;
    const target = opened();
    for (const code of [301, 302, 303, 307, 308]) {
      api.answerNext((response) => void response.writeHead(code, { location }).end());
      expect(await target.write(batchOf("here", [put("a", "2", null)]))).toMatchObject({
        kind: "refused",
        failure: { message: expect.stringContaining("redirect") },
      });
      api.answerNext((response) => void response.writeHead(code, { location }).end());
      expect((await target.read("here", ["a"])).ok).toBe(false);
    }
    expect(visits).toBe(0);
    elsewhere.close();
    await target.close();
  });
});

describe("a reading", () => {
  test.each<readonly [string, (response: ServerResponse) => void]>([
    ["no version", (response) => void response.end("value")],
    ["a weak version", (response) => void response.setHeader("etag", 'W/"1"').end("value")],
  ])("with %s is damaged", async (_, answer) => {
    const target = opened();
    api.answerNext(answer);
    expect(await target.read("here", ["a"])).toMatchObject({
      ok: false,
      failure: { code: "TARGET_DAMAGED" },
    });
    await target.close();
  });

  test("of an answer without an end is given up", async () => {
    const target = opened({ timeoutMs: 60_000 });
    api.answerNext((response) => {
      response.setHeader("etag", '"1"');
      const more = (): void =>
        void (response.destroyed || response.write("x".repeat(1 << 20), more));
      more();
    });
    expect(await target.read("here", ["a"])).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining("bytes") },
    });
    api.answerNext(() => undefined);
    const hasty = opened({ timeoutMs: 100 });
    expect(await hasty.read("here", ["a"])).toMatchObject({
      ok: false,
      failure: { code: "TARGET_AWAY", message: expect.stringContaining("100 ms") },
    });
    expect(await textAt(target, "here", "a")).toBeNull();
    await target.close();
    await hasty.close();
  });
});

test("who wrote is told from the headers that the settings name, and from no others", async () => {
  const target = opened({ writer: { by: "X-Updated-By", at: "Last-Modified" } });
  const blind = opened();
  await set(target, "here", "a", "1");
  const version = await versionAt(target, "here", "a");
  const asked = { cell: "here", key: "a", version };
  expect(await target.lastWriter?.(asked)).toEqual({ ok: true, value: null });
  Object.assign(api.says, {
    ...{ "x-updated-by": `  ops   ${"y".repeat(300)}` },
    "last-modified": "Tue, 03 Feb 2026 04:05:06 GMT",
  });
  const at = Date.UTC(2026, 1, 3, 4, 5, 6);
  expect(await target.lastWriter?.(asked)).toMatchObject({
    ...{ ok: true, value: { trust: "told", name: expect.stringMatching(/^ops y+$/), at } },
  });
  expect(await blind.lastWriter?.(asked)).toEqual({ ok: true, value: null });
  expect(open({ writer: { by: "a b" } })).toMatchObject({
    ...{ ok: false, failure: { message: expect.stringContaining("is no name of a header") } },
  });
});
