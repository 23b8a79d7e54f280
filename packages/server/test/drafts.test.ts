// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { titleIn } from "../src/drafts/drafts.ts";
import { ENGINES } from "./engines.ts";
import { openWorld, type Reply, type World } from "./world.ts";

const TEXT = "---\nversion: 1\nkind: other\ntitle: fill the pool\n---\n";
const CHANGE = "0123456789abcdef0123";

let ids = 0;
const fresh = () => (0xd4af7000 + ++ids).toString(16).padStart(32, "0");

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  const save = (as: string, draft: string, body: object) =>
    world.call(as, "POST", `/api/v1/drafts/${draft}`, { change: "", text: TEXT, over: 0, ...body });
  const said = ({ status, body }: Reply) => [status, body["code"], body["detail"]];
  const refusal = (code: string, words: string) => [
    expect.any(Number),
    code,
    expect.stringContaining(words),
  ];

  it("is kept for whoever writes it, read in their terminal, and forgotten when they say so", async () => {
    const draft = fresh();
    const saved = await save("ana", draft, { change: CHANGE });
    const listed = { draft, change: CHANGE, title: "fill the pool", version: 1 };
    expect(saved).toMatchObject({ status: 200, body: listed });
    const shown = await world.call("terminal:ana", "GET", `/api/v1/drafts/${draft}`);
    expect(shown.body).toEqual({ ...saved.body, text: TEXT });
    const list = await world.call("ana", "GET", "/api/v1/drafts");
    expect(list.body["drafts"]).toEqual([saved.body]);
    for (const reply of [
      await world.call("bo", "GET", `/api/v1/drafts/${draft}`),
      await save("bo", draft, { over: 1, text: "mine" }),
    ])
      expect(said(reply)).toEqual(refusal("NOT_FOUND", "no such document"));
    const dropped = (as: string) => world.call(as, "DELETE", `/api/v1/drafts/${draft}`);
    expect((await dropped("bo")).body).toEqual({ dropped: false });
    expect((await dropped("ana")).body).toEqual({ dropped: true });
    expect(said(await save("ana", draft, { over: 1, text: "late" }))).toEqual(
      refusal("OUT_OF_ORDER", "forgotten elsewhere"),
    );
  });

  it("a text goes only over the one that it was written over; a save sent twice is one (nothing lost)", async () => {
    const draft = fresh();
    await save("ana", draft, {});
    const second = { text: `${TEXT}second\n`, over: 1 };
    expect((await save("ana", draft, second)).body["version"]).toBe(2);
    expect((await save("ana", draft, second)).body["version"]).toBe(2);
    expect(said(await save("ana", draft, { text: "other", over: 1 }))).toEqual(
      refusal("OUT_OF_ORDER", "it has version 2"),
    );
    const at = await Promise.all(
      ["a", "b", "c", "d"].map((text) => save("ana", draft, { text, over: 2 })),
    );
    expect(at.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  it("nobody else keeps texts here, nobody keeps many, and none is longer than a document", async () => {
    expect(said(await save("gate", fresh(), {}))).toEqual(refusal("NOT_ALLOWED", "may not"));
    expect(said(await save("ana", fresh(), { text: "x".repeat(262_145) }))).toEqual(
      refusal("INPUT_INVALID", ""),
    );
    expect(said(await save("ana", fresh(), { change: "../x" }))).toEqual(
      refusal("INPUT_INVALID", ""),
    );
    for (let i = 0; i < 50; i++) expect((await save("cy", fresh(), {})).status).toBe(200);
    expect(said(await save("cy", fresh(), {}))).toEqual(refusal("TOO_LARGE", "50 documents"));
  });
});

it.each([
  ["---\ntitle: a b\n", "a b"],
  ["---\ntitle: 'a: b'\n", "a: b"],
  ['---\ntitle: "a"\ntitle: c\n', "a"],
  ["---\n  title: a\n", ""],
  ["", ""],
])("the title of %j is %j", (text, title) => {
  expect(titleIn(text)).toBe(title);
});
