// SPDX-License-Identifier: Apache-2.0
/** Who is told of what the ledger says, how it is said, and that nothing is missed. */
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare, readNoticesSettings } from "@interlock/server";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { saying, TOPICS } from "../src/notices/sentence.ts";
import type { Receiver } from "../src/notices/settings.ts";
import { openTelling } from "../src/notices/telling.ts";
import { ENGINES } from "./engines.ts";
import { appendAll, openWorld, type World } from "./world.ts";

type Got = { readonly headers: Headers; readonly body: string };
const SECRET = Buffer.from("a secret of twenty-four b");

const receiver = (name: string, more: Partial<Receiver> = {}): Receiver => ({
  ...{ name, url: "https://chat.example.com/x", secret: null, format: "event" },
  about: new Set(TOPICS),
  ...more,
});

describe.each(ENGINES)("notices on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  let serial = 0;
  const incident = async (title: string) => {
    const entry = {
      ...{ kind: "incident" as const, at: world.clock.now, subject: null },
      body: { incident: `i-${++serial}`, title, systems: [], by: "ana" },
    };
    await appendAll(world.store, world.ledger, [prepare(entry)]);
  };

  /** A receiver that answers as it is told to. */
  const telling = (
    one: Receiver,
    answers: () => Response = () => new Response(""),
    now = () => world.clock.now,
  ) => {
    const got: Got[] = [];
    const trouble: string[] = [];
    const opened = openTelling({
      ...{ store: world.store, receivers: [one], origin: "https://interlock.example.com" },
      ...{ now, periodMs: 5 },
      fetch: (_url, init) => {
        const headers = new Headers(init?.headers);
        return Promise.resolve()
          .then(answers)
          .then((answer) => {
            if (answer.ok) got.push({ headers, body: String(init?.body) });
            return answer;
          });
      },
      onTrouble: (message) => void trouble.push(message),
    });
    onTestFinished(() => opened.close());
    return { got, trouble, close: opened.close };
  };
  const said = (got: readonly Got[]) =>
    got.map(({ body }) => (JSON.parse(body) as { readonly text: string }).text);
  const begun = async (name: string) => {
    await expect
      .poll(() =>
        world.store.db
          .selectFrom("notice_cursor")
          .select("next")
          .where("name", "=", name)
          .execute(),
      )
      .toHaveLength(1);
  };

  it("what throws in a round is told, ends no server, and is tried again", async () => {
    let faults = 2;
    const faulty = () => {
      if (faults-- > 0) throw new TypeError("a bug");
      return world.clock.now;
    };
    const { trouble } = telling(receiver("faulty"), undefined, faulty);
    await begun("faulty");
    expect(trouble).toEqual([
      expect.stringMatching(/`faulty` wait: something failed that should not: TypeError: a bug/),
      expect.stringMatching(/TypeError: a bug/),
    ]);
  });

  it("a new receiver hears what comes from now on, in order, signed", async () => {
    await incident("before anybody listened");
    const { got } = telling(receiver("signed", { secret: SECRET }));
    await begun("signed");
    await incident("carts show no delivery date");
    await incident("and no price");
    await expect.poll(() => got.length).toBe(2);
    expect(said(got)).toEqual([
      "Interlock: ana opened incident i-2: carts show no delivery date https://interlock.example.com/incidents",
      "Interlock: ana opened incident i-3: and no price https://interlock.example.com/incidents",
    ]);
    for (const { headers, body } of got) {
      const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`;
      const mac = createHmac("sha256", SECRET).update(signed).digest("base64");
      expect(headers.get("webhook-signature")).toBe(`v1,${mac}`);
    }
  });

  it("one that takes nothing is tried again later, says so once, and misses nothing", async () => {
    let up = false;
    const { got, trouble } = telling(receiver("away"), () =>
      up ? new Response("") : new Response("", { status: 500 }),
    );
    await begun("away");
    await incident("one");
    await incident("two");
    await expect.poll(() => trouble).toHaveLength(1);
    world.clock.now += 6_000;
    await expect
      .poll(async () =>
        world.store.db
          .selectFrom("notice_cursor")
          .select("attempts")
          .where("name", "=", "away")
          .executeTakeFirst(),
      )
      .toEqual({ attempts: 2 });
    expect(trouble).toEqual([
      "`away` does not take notices: it answers 500; it is tried again, nothing is lost",
    ]);
    up = true;
    world.clock.now += 11_000;
    await expect.poll(() => got.length).toBe(2);
    expect(said(got).map((text) => /: (one|two) http/.exec(text)?.[1])).toEqual(["one", "two"]);
  });

  it("whoever stopped goes on where they were; of two servers one tells", async () => {
    const one = receiver("twice");
    const first = telling(one);
    await begun("twice");
    await first.close();
    await incident("while nobody told");
    const [a, b] = [telling(one), telling(one)];
    await expect.poll(() => a.got.length + b.got.length).toBe(1);
    await incident("and another");
    await expect.poll(() => a.got.length + b.got.length).toBe(2);
    const ids = [...a.got, ...b.got].map(({ headers }) => headers.get("webhook-id"));
    expect(new Set(ids).size).toBe(2);
  });

  it("hears of nothing that it did not ask for; a chat gets the sentence alone", async () => {
    const quiet = telling(receiver("quiet", { about: new Set(["people"]) }));
    const chat = telling(receiver("chat", { format: "text" }));
    await Promise.all([begun("quiet"), begun("chat")]);
    await incident("<!channel> look\n*Interlock*: all is well\u202e");
    await expect.poll(() => chat.got.length).toBe(1);
    expect(JSON.parse(chat.got[0]?.body ?? "")).toEqual({
      text: expect.stringMatching(
        /^Interlock: ana opened incident i-\d+: !channel look \*Interlock\*: all is well {1,2}https:/,
      ),
    });
    expect(quiet.got).toEqual([]);
  });
});

it("what people wrote breaks no line and hides nothing, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 3_000 }), (title) => {
      const body = { incident: "i", title, systems: [], by: "ana" };
      const text = saying("incident", body)?.text ?? "";
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>&]/u);
      expect(text.length).toBeLessThanOrEqual(1_500);
    }),
  );
});

const LANDED = {
  ...{ record: "ab".repeat(32), change: "c1", repository: "r", target: "refs/heads/main" },
  ...{ environment: "", base: "0".repeat(40), head: "1".repeat(40), landedAt: 1, pushedBy: [] },
  ...{ because: "it did not answer", signed: [], teams: [], verified: true, by: "t" },
};
const MOVED = { repository: "r", ref: "refs/heads/main", old: "0".repeat(40), token: "t" };

it.each([
  [
    saying("away", { ...LANDED, way: "if-down", signers: [] }),
    ["away", /main landed by `ifDown` of its policy, while something was away: it did not answer$/],
  ],
  [
    saying("away", {
      ...{ ...LANDED, way: "emergency", signers: ["bo"], verified: false, says: "one of two" },
    }),
    ["away", /in an emergency signed by bo, .*; it does not verify: one of two$/],
  ],
  [
    saying("emergency", { signed: "x", verified: true, by: "bo" }),
    ["away", /^bo brought in an emergency signature of theirs$/],
  ],
  [
    saying("emergency-key", {
      ...{ person: "bo", credential: "c", key: "k", usableFrom: 1, by: ["bo", "cy"] },
      agreed: LANDED.record,
    }),
    ["people", /^bo has an emergency key, endorsed by bo and cy$/],
  ],
  [
    saying("unrecorded", { ...MOVED, new: "1".repeat(40), because: "not-allowed" }),
    ["unrecorded", /^refs\/heads\/main of r moved to 1{12} past the gate: nothing/],
  ],
  [saying("unrecorded", { ...MOVED, new: "1".repeat(40), because: "first-seen" }), null],
  [
    saying("unrecorded-key", {
      ...{ target: "etcd", cell: "north", key: "promise/a", before: "", after: "a".repeat(64) },
      because: "stranger",
    }),
    ["unrecorded", /^`promise\/a` in north of etcd holds a{12}, which no rollout wrote; no config/],
  ],
  [
    saying("unrecorded-key", {
      ...{ target: "k8s", cell: "north", key: "a", before: "", after: "a".repeat(64) },
      ...{ because: "not-written", writer: { trust: "told", name: "kubectl", how: "Update" } },
    }),
    ["unrecorded", /; last written, as the target has it, by kubectl \(told\), Update$/],
  ],
] as const)("what landed or moved without a decision is told: %#", (said, wanted) => {
  expect(said).toEqual(
    wanted === null
      ? null
      : expect.objectContaining({ topic: wanted[0], text: expect.stringMatching(wanted[1]) }),
  );
});

describe("settings", () => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-notices-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "secret"), "a secret that nobody will guess\n");
  writeFileSync(join(folder, "whsec"), `whsec_${Buffer.alloc(24, 7).toString("base64")}`);
  writeFileSync(join(folder, "short"), "guess");
  writeFileSync(join(folder, "address"), "https://chat.example.com/secret-path\n");
  const url = "https://audit.example.com/x";
  const read = (...notices: readonly object[]) => readNoticesSettings({ notices }, folder);

  it("are read with the secrets that they name", () => {
    const given = read(
      { name: "chat", urlFile: "address", format: "text", about: ["debt"] },
      { name: "audit", url, secretFile: "whsec" },
      { name: "plain", url, secretFile: "secret" },
    );
    expect(given).toMatchObject({
      ok: true,
      value: [
        { url: "https://chat.example.com/secret-path", secret: null, about: new Set(["debt"]) },
        { secret: Buffer.alloc(24, 7), about: new Set(TOPICS) },
        { secret: Buffer.from("a secret that nobody will guess") },
      ],
    });
  });

  it.each<readonly [string, readonly object[], string]>([
    ["nobody", [], "notices"],
    ["no address", [{ name: "a" }], "needs one of `url` and `urlFile`"],
    ["two addresses", [{ name: "a", url, urlFile: "address" }], "needs one of"],
    ["a file that is not there", [{ name: "a", urlFile: "nothing" }], "must be readable"],
    [
      "a name twice",
      [
        { name: "a", url },
        { name: "a", url },
      ],
      "`a` is there twice",
    ],
    ["no TLS", [{ name: "a", url: "http://chat.example.com" }], "https"],
    ["a password", [{ name: "a", url: "https://a:b@chat.example.com" }], "https"],
    ["another scheme", [{ name: "a", url: "file:///etc/passwd" }], "https"],
    ["a secret that is guessed", [{ name: "a", url, secretFile: "short" }], "fewer than 24"],
    ["a topic that is none", [{ name: "a", url, about: ["weather"] }], "about"],
    ["a field that is none", [{ name: "a", url, to: "b" }], "to"],
  ])("%s is refused", (_name, notices, because) => {
    expect(read(...notices)).toMatchObject({
      ok: false,
      failure: { code: "INPUT_INVALID", message: expect.stringContaining(because) },
    });
  });
});
