/** Requests that could be read in more than one way: refused before anything is made of them. */
import { describe, expect, it } from "vitest";
import { JSON_TYPE, world } from "./guarded-api.ts";
import { raw } from "./guarding.ts";

describe("a request on its way through a guard", () => {
  it("PX8 what belongs to one connection, and what names the caller, ends here", async () => {
    const { g } = await world();
    const got = await raw(
      g.port,
      "GET /api/echo HTTP/1.1\r\nhost: x\r\nx-asker: ana\r\nx-other: 1\r\nkeep-alive: 5\r\nte: x\r\nconnection: close\r\n\r\n",
    );
    expect(got).toMatch(/^HTTP\/1\.1 200/);
    expect(got).toContain('"x-other":"1"');
    expect(got).not.toMatch(/x-asker|x-secret|"keep-alive":"5"|"te"/);
  });

  it.each<[string, string]>([
    ["PX3 a key twice", '{"on":true,"on":false}'],
    ["PX3 a key twice by an escape", '{"on":true,"o\\u006e":false}'],
    ["PX2 half a character", '"\\ud800"'],
    ["PX2 depth", "[".repeat(100_000)],
    ["PX2 something behind", "{} {}"],
    ["PX2 a comment", "{/**/}"],
  ])("%s is refused", async (_name, body) => {
    const { a, g } = await world();
    const { status, json } = await g.send("PUT", "/api/flags/price", { body, headers: JSON_TYPE });
    expect([status, json.code, a.wrote]).toEqual([400, "GUARD_MALFORMED", []]);
  });

  it.each<[string, string, Record<string, string>]>([
    ["a method override", "/api/flags/price", { "x-http-method-override": "DELETE" }],
    ["another one", "/api/flags/price", { "x-method-override": "DELETE" }],
    ["one in the query", "/api/flags/price?_method=DELETE", {}],
    ["two slashes", "/api//flags/price", {}],
    ["a dot in disguise", "/api/%2e/flags/price", {}],
    ["a slash in disguise", "/api/flags%2Fprice", {}],
    ["a backslash", "/api/flags/..%5cprice", {}],
    ["a path parameter", "/api/flags/price;admin=1", {}],
  ])("PX8 %s is refused, of reads too", async (_name, path, headers) => {
    const { a, g } = await world();
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const got = await raw(g.port, `GET ${path} HTTP/1.1\r\nhost: x\r\n${more.join("")}\r\n`);
    expect(got).toMatch(/^HTTP\/1\.1 400/);
    expect(got).toContain("GUARD_MALFORMED");
    expect(a.wrote).toEqual([]);
  });

  const LINES = "host: x\r\nx-asker: ana\r\ncontent-type: application/json\r\n";
  it.each<[string, string, RegExp]>([
    ["two lengths", `${LINES}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, /^HTTP\/1.1 400/],
    [
      "a length beside chunks",
      `${LINES}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    ["a folded header", `${LINES}x-a: 1\r\n 2\r\ncontent-length: 2\r\n\r\n{}`, /^HTTP\/1.1 400/],
    ["a space before the colon", `${LINES}content-length : 2\r\n\r\n{}`, /^HTTP\/1.1 400/],
    [
      "a coding beside chunks",
      `${LINES}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    [
      "chunked twice",
      `${LINES}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    [
      "chunks with a strange length",
      `${LINES}transfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    [
      "announced trailers",
      `${LINES}trailer: x-a\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-a: 1\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    [
      "a compressed body",
      `${LINES}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}`,
      /^HTTP\/1.1 400/,
    ],
    [
      "a header that counts once, twice",
      `${LINES}x-asker: bo\r\ncontent-length: 2\r\n\r\n{}`,
      /^HTTP\/1.1 400/,
    ],
    [
      "another protocol",
      `${LINES}connection: upgrade\r\nupgrade: websocket\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    [
      "a header that the connection takes away",
      `${LINES}connection: close, x-asker\r\ncontent-length: 2\r\n\r\n{}`,
      /^HTTP\/1.1 400/,
    ],
    ["no host", "content-length: 2\r\n\r\n{}", /^HTTP\/1.1 400/],
    ["huge headers", `${LINES}x-a: ${"a".repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
  ])("PX8 a request with %s is refused", async (_name, rest, expected) => {
    const { a, g } = await world();
    const got = await raw(g.port, `PUT /api/flags/price HTTP/1.1\r\n${rest}`);
    expect(got).toMatch(expected);
    // What follows on the connection is never taken for another request.
    expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(a.wrote).toEqual([]);
  });

  it("PX8 a request with trailers is refused, and the next one is read from where it begins", async () => {
    const { a, g } = await world();
    const chunked = `${LINES}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-a: 1\r\n\r\n`;
    const next = "GET /api/flags/price HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    const got = await raw(g.port, `PUT /api/flags/price HTTP/1.1\r\n${chunked}${next}`);
    expect(got.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400", "HTTP/1.1 404"]);
    expect(a.wrote).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ["HTTP/1.0", "PUT /api/flags/price HTTP/1.0\r\nhost: x\r\n\r\n", /^HTTP\/1.1 400/],
    [
      "another origin",
      "PUT http://elsewhere/api/flags/price HTTP/1.1\r\nhost: x\r\n\r\n",
      /^HTTP\/1.1 400/,
    ],
    ["a fragment", "GET /api/flags/price#x HTTP/1.1\r\nhost: x\r\n\r\n", /^HTTP\/1.1 400/],
    [
      "a read with a body",
      "GET /api HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}",
      /^HTTP\/1.1 400/,
    ],
    ["a tunnel", "CONNECT elsewhere:443 HTTP/1.1\r\nhost: x\r\n\r\n", /^$/],
  ])("PX8 %s is refused", async (_name, bytes, expected) => {
    const { g } = await world();
    expect(await raw(g.port, bytes)).toMatch(expected);
  });

  it("a body over the limit is refused, and the connection ends", async () => {
    const { a, g } = await world({ bodyMax: 10 });
    const body = JSON.stringify({ long: "x".repeat(100) });
    const { json } = await g.send("PUT", "/api/flags/price", { body, headers: JSON_TYPE });
    expect([json.code, a.wrote]).toEqual(["GUARD_TOO_LARGE", []]);
  });
});
