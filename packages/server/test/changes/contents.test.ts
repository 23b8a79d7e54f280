// SPDX-License-Identifier: Apache-2.0
/** What a change is made of: sent by an enforcement point, believed by its hashes, read by people. */
import { type ChangeEntry, changeDigest, sha256Hex, utf8 } from "@interlock/digest";
import { ENGINES } from "@interlock/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, question, REPOSITORY, type World } from "../world.ts";

const TARGET = "refs/heads/main";
let contents = 0;

/** A change of one file, never the same twice, with the bytes of both sides. */
function someChange(more: readonly ChangeEntry[] = []) {
  contents++;
  const sides = [`old ${contents}\n`, `new ${contents}\n`].map((text) => utf8(text));
  const [oldContent = "", newContent = ""] = sides.map((bytes) => sha256Hex(bytes));
  const modes = { oldMode: "100644", newMode: "100644" };
  const entries = [{ path: "rates.txt", ...modes, oldContent, newContent }, ...more];
  const attributes = [{ path: "rates.txt", attributes: { text: "set" } }];
  const input = { entries, attributes, plan: null, document: null };
  const digest = changeDigest({ repository: REPOSITORY, target: TARGET, ...input });
  const blobs = sides.map((bytes) => Buffer.from(bytes).toString("base64url"));
  return { input: { ...input, leftOut: [] }, digest, blobs, oldContent, newContent };
}

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  const judged = async (digest: string) =>
    (await world.call("gate", "POST", "/api/v1/gate", question({ digest }))).body;
  const send = (id: unknown, what: string, body: object, as = "gate") =>
    world.call(as, "POST", `/api/v1/changes/${id}/${what}`, body);
  const shown = (id: unknown) => world.call("bo", "GET", `/api/v1/changes/${id}/contents`);

  it("are wanted until all of them are there, and give the digest again", async () => {
    const { input, digest, blobs, oldContent, newContent } = someChange();
    const { change: id, contents } = await judged(digest);
    expect(contents).toBe("wanted");
    expect((await shown(id)).body).toMatchObject({ code: "NOT_FOUND" });
    const sent = await send(id, "contents", input);
    expect([sent.status, sent.body["missing"]]).toEqual([200, [oldContent, newContent].sort()]);
    expect((await judged(digest))["contents"]).toBe("wanted");
    expect((await send(id, "blobs", { blobs: blobs.slice(0, 1) })).body).toEqual({ missing: 1 });
    expect((await shown(id)).body["missing"]).toEqual([newContent]);
    expect((await send(id, "blobs", { blobs })).body).toEqual({ missing: 0 });
    expect((await judged(digest))["contents"]).toBe("held");
    const { leftOut, missing, ...rest } = (await shown(id)).body;
    expect([leftOut, missing]).toEqual([[], []]);
    expect(changeDigest(rest as Parameters<typeof changeDigest>[0])).toBe(digest);
    const url = `/api/v1/changes/${id}/blobs/${newContent}`;
    expect((await world.call("cy", "GET", url)).body).toEqual({
      content: newContent,
      bytes: blobs[1],
    });
  });

  it.each<[string, (input: ReturnType<typeof someChange>["input"]) => object]>([
    ["another path", (i) => ({ ...i, entries: [{ ...i.entries[0], path: "other.txt" }] })],
    ["one entry fewer", (i) => ({ ...i, entries: [] })],
    ["other attributes", (i) => ({ ...i, attributes: [] })],
    ["another mode", (i) => ({ ...i, entries: [{ ...i.entries[0], newMode: "100755" }] })],
    ["a plan", (i) => ({ ...i, plan: "0".repeat(64) })],
    ["an entry twice", (i) => ({ ...i, entries: [...i.entries, ...i.entries] })],
    [
      "a content left out that is not of it",
      (i) => ({
        ...i,
        leftOut: [{ content: "0".repeat(64), bytes: 9e6, because: "too-large" }],
      }),
    ],
    [
      "a small content left out as too large",
      (i) => ({
        ...i,
        leftOut: [{ content: i.entries[0]?.newContent, bytes: 10, because: "too-large" }],
      }),
    ],
  ])("WA17 what does not give the digest is refused: %s", async (_name, change) => {
    const { input, digest } = someChange();
    const { change: id } = await judged(digest);
    const reply = await send(id, "contents", change(input));
    expect([reply.status, reply.body["code"]]).toEqual([422, "CONTENTS_DIFFER"]);
    expect((await shown(id)).status).toBe(404);
  });

  it("bytes that the change does not name are refused, and nothing of their request is kept", async () => {
    const { input, digest, blobs, newContent } = someChange();
    const { change: id } = await judged(digest);
    expect((await send(id, "blobs", { blobs })).body).toMatchObject({ code: "OUT_OF_ORDER" });
    await send(id, "contents", input);
    const foreign = Buffer.from("something else").toString("base64url");
    const reply = await send(id, "blobs", { blobs: [...blobs, foreign] });
    expect(reply.body).toMatchObject({ code: "CONTENTS_DIFFER" });
    expect((await shown(id)).body["missing"]).toContain(newContent);
  });

  it("what is left out is listed with its size; sent once, it is shown whatever is said later", async () => {
    const { input, digest, blobs, newContent } = someChange();
    const { change: id } = await judged(digest);
    const leftOut = [{ content: newContent, bytes: 12, because: "over-budget" }];
    await send(id, "contents", { ...input, leftOut });
    expect((await send(id, "blobs", { blobs: blobs.slice(0, 1) })).body).toEqual({ missing: 0 });
    expect((await shown(id)).body["leftOut"]).toEqual(leftOut);
    await send(id, "contents", input);
    await send(id, "blobs", { blobs });
    await send(id, "contents", { ...input, leftOut });
    expect((await shown(id)).body["leftOut"]).toEqual([]);
  });

  it("TK1 a token sends for its own repository only, and reads nothing; nobody without one sends", async () => {
    const { input, digest } = someChange();
    const { change: id } = await judged(digest);
    expect((await send(id, "contents", input, "bo")).status).toBe(403);
    expect((await send(id, "contents", input, "nobody")).status).toBe(401);
    const url = `/api/v1/changes/${id}/contents`;
    expect((await world.call("gate", "GET", url)).status).toBe(403);
    expect((await send("0".repeat(20), "contents", input)).status).toBe(404);
    await sql`update change set repository = 'repository:other' where id = ${id}`.execute(
      world.store.db,
    );
    expect((await send(id, "contents", input)).status).toBe(404);
    expect((await send(id, "blobs", { blobs: ["AAAA"] })).status).toBe(404);
  });

  it("a link and a submodule: the one has bytes, the other none", async () => {
    const link = utf8("../outside");
    const submodule = `submodule:${"4".repeat(40)}`;
    const { input, digest, blobs } = someChange([
      {
        ...{ path: "link", oldMode: null, oldContent: null },
        ...{ newMode: "120000", newContent: sha256Hex(link) },
      },
      { path: "vendor", oldMode: null, oldContent: null, newMode: "160000", newContent: submodule },
    ]);
    const { change: id } = await judged(digest);
    await send(id, "contents", input);
    const all = [...blobs, Buffer.from(link).toString("base64url")];
    expect((await send(id, "blobs", { blobs: all })).body).toEqual({ missing: 0 });
  });

  it("a change that nobody could read whole has none", async () => {
    const unread = { $unknown: { because: "cut off", help: "fetch it" } };
    const reply = await world.call(
      "gate",
      "POST",
      "/api/v1/gate",
      question({ digest: unread as never }),
    );
    expect(reply.body).not.toHaveProperty("contents");
    const sent = await send(reply.body["change"], "contents", someChange().input);
    expect(sent.body).toMatchObject({ code: "OUT_OF_ORDER" });
  });
});
