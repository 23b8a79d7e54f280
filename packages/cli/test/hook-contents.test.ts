/** What is pushed is sent to where people read and sign it, and no failure of that turns a decision. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { changeDigest, sha256Hex } from "@interlock/digest";
import { CONTENTS_LIMITS } from "@interlock/protocol";
import { describe, expect, it } from "vitest";
import { approve, change, world } from "./pushing.ts";
import { git } from "./scratch.ts";

describe("the contents of a pushed change", () => {
  it("are sent when the server wants them, and give the digest that was judged", async () => {
    const w = await world();
    w.server.contents.wanted = true;
    git(w.work, "mv", "a.txt", "b.txt");
    change(w, { "b.txt": "one\ntwo\n", "c.bin": "\0\u0001", ".gitattributes": "*.bin -diff\n" });
    const { status, says } = await w.push("main");
    expect([status, w.server.wrong]).toEqual([1, []]);
    expect(says).not.toContain("cannot read this change");
    const [input] = w.server.contents.inputs;
    const place = w.server.asked[0]?.place;
    if (input === undefined || place === undefined) throw new Error("nothing was sent");
    const { leftOut, plan: _plan, document: _document, ...rest } = input;
    const { repository, target } = place;
    const digest = changeDigest({ ...rest, repository, target, plan: null, document: null });
    expect(w.server.asked[0]?.facts["change"]).toMatchObject({ digest });
    expect(leftOut).toEqual([]);
    expect(rest.attributes).toEqual([{ path: "c.bin", attributes: { diff: "unset" } }]);
    // A moved file is a removal and an addition, as it lands.
    expect(rest.entries.map(({ path, oldContent }) => [path, oldContent === null])).toEqual([
      [".gitattributes", true],
      ["a.txt", false],
      ["b.txt", true],
      ["c.bin", true],
    ]);
    const named = rest.entries
      .flatMap((e) => [e.oldContent, e.newContent])
      .filter((c) => c !== null);
    expect(w.server.contents.blobs.map(sha256Hex).sort()).toEqual([...new Set(named)].sort());
  });

  it("are not sent where nobody asks for them", async () => {
    const w = await world();
    change(w, { "a.txt": "two\n" });
    await w.push("main");
    expect(w.server.contents.inputs).toEqual([]);
  });

  it("that are too large to be read are named with their size", async () => {
    const w = await world();
    w.server.contents.wanted = true;
    const bytes = CONTENTS_LIMITS.blobBytes + 1;
    writeFileSync(join(w.work, "large.txt"), "x".repeat(bytes));
    change(w, { "a.txt": "two\n" });
    await w.push("main");
    const [input] = w.server.contents.inputs;
    expect(input?.leftOut).toEqual([
      { content: expect.stringMatching(/^[0-9a-f]{64}$/), bytes, because: "too-large" },
    ]);
    expect(w.server.contents.blobs).toHaveLength(2);
  });

  it.each([500, 404])(
    "that the server answers with %i are a warning, and no other decision",
    async (refuse) => {
      const w = await world();
      Object.assign(w.server.contents, { wanted: true, refuse });
      const head = change(w, { "a.txt": "two\n" });
      const held = await w.push("main");
      expect(held.status).toBe(1);
      expect(held.says).toContain(
        "! people cannot read this change on the server yet: it answered",
      );
      approve(w.server, w.server.asked[0]);
      const landed = await w.push("main");
      expect([landed.status, w.tip("refs/heads/main")]).toEqual([0, head]);
      expect(landed.says).toContain("push or ask again to send it");
    },
  );
});
