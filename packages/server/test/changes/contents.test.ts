// SPDX-License-Identifier: Apache-2.0
/** What a change is made of: sent by an enforcement point, believed by its hashes, read by people. */
import { type ChangeEntry, changeDigest, sha256Hex, utf8 } from "@interlock/digest";
import { removeStaleContents } from "@interlock/server";
import { ENGINES } from "@interlock/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, QUOTA, question, REPOSITORY, type World } from "../world.ts";

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
    expect((await send(id, "contents", input, "bo")).status).toBe(404);
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

  describe("what is kept has an end", () => {
    const DAY = 86_400_000;
    const kept = async () => {
      const { rows } = await sql<{ n: string }>`select
        (select count(*) from content_blob) || ' blobs, ' || (select count(*) from content_use) ||
        ' uses, ' || (select bytes from content_usage where repository = '') || ' bytes' as n`.execute(
        world.store.db,
      );
      return rows[0]?.n;
    };
    const remove = () => removeStaleContents(world.store, QUOTA, () => world.clock.now);
    /** Everything of the cases before. */
    const empty = async () => {
      world.clock.now += 31 * DAY;
      await remove();
      expect(await kept()).toBe("0 blobs, 0 uses, 0 bytes");
    };

    it("a change that was judged last long ago is read from Git; what another one uses stays", async () => {
      await empty();
      const old = someChange();
      const shared = { path: "x", oldMode: null, oldContent: null, newMode: "100644" };
      const young = someChange([{ ...shared, newContent: old.newContent }]);
      const { change: first } = await judged(old.digest);
      await send(first, "contents", old.input);
      await send(first, "blobs", { blobs: old.blobs });
      world.clock.now += 20 * DAY;
      const { change: second } = await judged(young.digest);
      await send(second, "contents", young.input);
      await send(second, "blobs", { blobs: young.blobs });
      world.clock.now += 11 * DAY;
      expect(await remove()).toBe(1);
      const gone = await shown(first);
      expect([gone.status, gone.body["detail"]]).toEqual([
        404,
        expect.stringContaining("no longer kept since"),
      ]);
      expect(gone.body["help"]).toContain(`git diff ${"1".repeat(40)} ${"2".repeat(40)}`);
      expect((await shown(second)).body["missing"]).toEqual([]);
      const url = `/api/v1/changes/${second}/blobs/${old.newContent}`;
      expect((await world.call("cy", "GET", url)).status).toBe(200);
      expect(await kept()).toMatch(/^3 blobs, 3 uses, /);

      expect((await judged(old.digest))["contents"]).toBe("wanted");
      await send(first, "contents", old.input);
      expect((await send(first, "blobs", { blobs: old.blobs })).body).toEqual({ missing: 0 });
      expect((await shown(first)).status).toBe(200);
      world.clock.now += 20 * DAY;
      expect(await remove()).toBe(1);
      await empty();
    });

    it("PX9 a submitter cannot fill the disk: neither a repository nor a token has more than its share", async () => {
      await empty();
      const large = (n: number) => {
        const bytes = new Uint8Array(90_000).fill(n);
        const fresh = { path: "x", oldMode: null, oldContent: null, newMode: "100644" };
        const { input, digest, blobs } = someChange([{ ...fresh, newContent: sha256Hex(bytes) }]);
        return { input, digest, blobs: [...blobs, Buffer.from(bytes).toString("base64url")] };
      };
      const all = async (n: number) => {
        const { input, digest, blobs } = large(n);
        const { change: id } = await judged(digest);
        await send(id, "contents", input);
        return { id, reply: await send(id, "blobs", { blobs }) };
      };
      expect((await all(1)).reply.status).toBe(200);
      expect((await all(2)).reply.status).toBe(200);
      const before = await kept();
      const { id, reply } = await all(3);
      expect([reply.status, reply.body["code"]]).toEqual([413, "CONTENTS_FULL"]);
      expect((await shown(id)).body["missing"]).toHaveLength(3);
      expect((await kept())?.split(",")[0]).toBe(before?.split(",")[0]);
      await empty();
      // The day is another one; twice as much as it may send fits the repository once it was emptied.
      expect((await all(4)).reply.status).toBe(200);
      expect((await all(5)).reply.status).toBe(200);
      await sql`update change set judged_at = 0`.execute(world.store.db);
      await sql`update change_contents set stored_at = 0`.execute(world.store.db);
      await remove();
      expect((await all(6)).reply.status).toBe(200);
      const late = (await all(7)).reply;
      expect([late.status, late.body["code"]]).toEqual([429, "TOO_MANY_REQUESTS"]);
      await empty();
    });
  });
});
