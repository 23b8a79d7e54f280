// SPDX-License-Identifier: Apache-2.0
/** How the built console is served: what is a page, what is not, and what a page may do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { consoleRoutes, httpApp, readConsole } from "@interlock/server";
import { afterAll, expect, it } from "vitest";

const PAGE = "<!doctype html><title>console</title>";
const HTML = { accept: "text/html,*/*" };

const folder = mkdtempSync(join(tmpdir(), "interlock-console-"));
mkdirSync(join(folder, "assets"));
writeFileSync(join(folder, "index.html"), PAGE);
writeFileSync(join(folder, "theme.js"), "1");
writeFileSync(join(folder, "assets/main-3f2a.js"), "2");
writeFileSync(join(folder, "assets/main-3f2a.js.map"), "{}");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const app = httpApp({ origin: "https://interlock.example.com", log: false });
app.get("/api/v1/site", (_request, reply) => reply.send({ founded: true }));
consoleRoutes(app, readConsole(folder));

const get = async (url: string, headers: Record<string, string> = HTML) =>
  await app.inject({ method: "GET", url, headers });

it.each([
  "/",
  "/queue",
  "/changes/0123456789abcdef0123?tab=diff",
  "/join",
  "/no/such/page",
  "/logs",
])("`%s` is the page, which is never kept", async (url) => {
  const { statusCode, body, headers } = await get(url);
  expect([statusCode, body]).toEqual([200, PAGE]);
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
});

it.each([
  "/api/v1/nothing",
  "/healthz/x",
  "/log/tile/x",
  "/log",
  "/metrics/x",
  "/readyz/",
  "/assets/none.js",
  "/assets/main-3f2a.js.map",
  "/assets/..%2f..%2f..%2fetc%2fpasswd",
])("`%s` is no page but a problem", async (url) => {
  const { statusCode, headers } = await get(url);
  expect(statusCode).toBe(404);
  expect(headers["content-type"]).toMatch(/^application\/problem\+json/);
});

it("what asks for no page gets none", async () => {
  for (const headers of [{}, { accept: "application/json" }, { accept: "*/*" }])
    expect((await get("/queue", headers)).statusCode).toBe(404);
});

it("assets are kept for ever, since their names hold a digest; other files are asked for again", async () => {
  const asset = await get("/assets/main-3f2a.js", {});
  expect([asset.statusCode, asset.body]).toEqual([200, "2"]);
  expect(asset.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(asset.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect((await get("/theme.js", {})).headers["cache-control"]).toBe("no-cache");
});

it.each([
  ["gzip, deflate, br", "gzip"],
  ["gzip;q=0", undefined],
  ["br, gzip;q=0.0, identity", undefined],
  ["br, gzip;q=0.5", "gzip"],
  ["", undefined],
])("what takes `%s` gets %s", async (accepted, encoding) => {
  const { headers, rawPayload } = await get("/assets/main-3f2a.js", {
    "accept-encoding": accepted,
  });
  expect([headers["content-encoding"], headers["vary"]]).toEqual([encoding, "accept-encoding"]);
  const bytes = encoding === undefined ? rawPayload : gunzipSync(rawPayload);
  expect(bytes.toString("utf8")).toBe("2");
});

it("the API is not shadowed", async () => {
  expect((await get("/api/v1/site")).json()).toEqual({ founded: true });
});

it("UI4 the policy of the page allows no inline script or style, no code from text, no other site", async () => {
  const policy = String((await get("/")).headers["content-security-policy"]).split("; ");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("style-src 'self'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).toContain("base-uri 'none'");
  expect(policy).toContain("form-action 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy.join()).not.toMatch(/unsafe|\*|https?:/);
});

it("UI5 no page can be put into a frame, and no other page keeps a hold of ours", async () => {
  const { headers } = await get("/changes/0123456789abcdef0123");
  expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(headers["x-frame-options"]).toBe("DENY");
  expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
  expect(headers["permissions-policy"]).toContain("publickey-credentials-get=(self)");
});

it("UI7 UI9 pages load pictures from here only, and no file is taken for another kind", async () => {
  for (const url of ["/", "/theme.js", "/assets/main-3f2a.js"]) {
    const { headers } = await get(url);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  }
  expect((await get("/")).headers["content-security-policy"]).toContain("img-src 'self' data:;");
});
