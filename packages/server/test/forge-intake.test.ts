/** Deliveries of webhooks: who may send one, what is read of it, and what happens to it. */
import { createHmac } from "node:crypto";
import { intakeRoute, readGithubDelivery } from "@interlock/server";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpApp } from "../src/http/app.ts";
import { ENGINES, storeOf } from "./engines.ts";

const SECRET = "a webhook secret of a test";
const NEXT = "the secret that replaces it";
const sign = (body: string | Buffer, secret = SECRET, hash = "sha256") =>
  `${hash}=${createHmac(hash, secret).update(body).digest("hex")}`;
const PULL = JSON.stringify({
  action: "opened",
  repository: { id: 77 },
  pull_request: { number: 7 },
});

describe.each(ENGINES)("webhooks ($name)", (engine) => {
  const store = storeOf(engine);
  let app: ReturnType<typeof httpApp>;
  let serial = 0;
  let poked = 0;
  beforeAll(async () => {
    app = httpApp({ origin: "https://interlock.example.com", log: false });
    const secrets = [SECRET, NEXT].map((secret) => Buffer.from(secret));
    intakeRoute(app, {
      ...{ store: store(), now: () => 1_000, forge: "github", path: "/hook" },
      read: readGithubDelivery(secrets, new Set(["77"])),
      poke: () => {
        poked++;
      },
    });
    await app.ready();
  });
  afterAll(() => app.close());

  type Headers_ = Readonly<Record<string, string | string[]>>;
  const post = async (body: string | Buffer, headers: Headers_ = {}) => {
    const reply = await app.inject({
      ...{ method: "POST", url: "/hook", payload: body },
      headers: {
        "content-type": "application/json",
        "x-github-event": "pull_request",
        "x-github-delivery": `delivery-${++serial}`,
        "x-hub-signature-256": sign(body),
        ...headers,
      },
    });
    return { status: reply.statusCode, body: reply.json() as Readonly<Record<string, unknown>> };
  };
  const jobs = async () => {
    const rows = await store()
      .db.selectFrom("forge_job")
      .select(["repository", "subject"])
      .execute();
    await store().db.deleteFrom("forge_job").execute();
    return rows.map(({ repository, subject }) => `${repository} ${subject}`);
  };

  it("takes what is signed, once, and asks for it to be looked at", async () => {
    const delivery = { "x-github-delivery": "0f3a-one" };
    const before = poked;
    expect(await post(PULL, delivery)).toEqual({ status: 202, body: { taken: true } });
    expect([await jobs(), poked - before]).toEqual([["77 pull:7"], 1]);
    // WH4: the same delivery again does nothing.
    expect(await post(PULL, delivery)).toEqual({ status: 202, body: { taken: false } });
    expect([await jobs(), poked - before]).toEqual([[], 1]);
  });

  it.each([
    ["none", { "x-hub-signature-256": "" }],
    ["of another secret", { "x-hub-signature-256": sign(PULL, "another secret of a test") }],
    ["by an empty secret", { "x-hub-signature-256": sign(PULL, "") }],
    ["SHA-1 only", { "x-hub-signature-256": "", "x-hub-signature": sign(PULL, SECRET, "sha1") }],
    ["SHA-1 in its place", { "x-hub-signature-256": sign(PULL, SECRET, "sha1") }],
    ["too short", { "x-hub-signature-256": sign(PULL).slice(0, -2) }],
    ["in capitals", { "x-hub-signature-256": sign(PULL).toUpperCase() }],
    ["WH11 two of them", { "x-hub-signature-256": [sign(PULL), sign(PULL)] }],
    ["of a body that was packed", { "content-encoding": "gzip" }],
  ])("WH1 WH11 refuses a signature: %s", async (_case, headers) => {
    expect(await post(PULL, headers)).toMatchObject({
      ...{ status: 401, body: { code: "SIGN_IN_NEEDED" } },
    });
    expect(await jobs()).toEqual([]);
  });

  it("WH1 nothing is parsed before it is known to be signed", async () => {
    const broken = await post("{ no json", { "x-hub-signature-256": "" });
    expect(broken.status).toBe(401);
    expect((await post("{ no json")).body["code"]).toBe("INPUT_INVALID");
  });

  it("WH2 the signature is over the bytes as they came", async () => {
    const spaced = PULL.replaceAll(":", " : ");
    expect((await post(spaced, { "x-hub-signature-256": sign(PULL) })).status).toBe(401);
    expect((await post(spaced)).status).toBe(202);
    const odd = Buffer.from(PULL.replace("opened", "\u00e9\\u00e9"), "utf8");
    expect((await post(odd)).status).toBe(202);
    await jobs();
  });

  it("WH8 a delivery about another repository does nothing here", async () => {
    const other = PULL.replace("77", "78");
    expect(await post(other)).toMatchObject({ status: 202 });
    expect(await jobs()).toEqual([]);
  });

  it("WH10 refuses a body that is too large before it is read", async () => {
    const large = Buffer.alloc((25 << 20) + 1, 32);
    const reply = await post(large, { "x-hub-signature-256": sign("") });
    expect(reply).toMatchObject({ status: 413, body: { code: "TOO_LARGE" } });
  });

  it("WH12 while a secret is replaced both are accepted, and afterwards one", async () => {
    expect((await post(PULL, { "x-hub-signature-256": sign(PULL, NEXT) })).status).toBe(202);
    const after = readGithubDelivery([Buffer.from(NEXT)], new Set(["77"]));
    const headers = { "x-github-event": "ping", "x-github-delivery": "0f3a-late" };
    const body = Buffer.from(PULL);
    expect(after(body, { ...headers, "x-hub-signature-256": sign(PULL) })).toBeNull();
    expect(after(body, { ...headers, "x-hub-signature-256": sign(PULL, NEXT) })).not.toBeNull();
    await jobs();
  });

  it("asks for what each kind of event is about, and ignores what it does not know", async () => {
    const repository = { id: 77 };
    const sha = "a".repeat(40);
    const group = {
      head_sha: sha,
      head_ref: "refs/heads/q",
      base_sha: sha,
      base_ref: "refs/heads/main",
    };
    const deployment_callback_url =
      "https://api.github.com/repos/acme/shop/actions/runs/9/deployment_protection_rule";
    const cases: readonly (readonly [string, object, readonly string[]])[] = [
      ["push", { ref: "refs/heads/main" }, ["branch:refs/heads/main"]],
      ["push", { ref: "refs/tags/v1" }, []],
      ["push", { ref: "refs/heads/gh-readonly-queue/main/pr-1-a" }, []],
      ["pull_request_review", { action: "dismissed", pull_request: { number: 3 } }, ["pull:3"]],
      ["merge_group", { action: "checks_requested", merge_group: group }, [`group:${sha}`]],
      ["merge_group", { action: "destroyed", merge_group: group }, []],
      ["check_run", { action: "rerequested", check_run: { head_sha: sha } }, [`head:${sha}`]],
      ["check_run", { action: "completed", check_run: { head_sha: sha } }, []],
      ["check_suite", { action: "rerequested", check_suite: { head_sha: sha } }, [`head:${sha}`]],
      [
        "deployment_protection_rule",
        {
          action: "requested",
          environment: "prod",
          deployment_callback_url,
          deployment: { id: 4 },
        },
        ["deployment:4"],
      ],
      ["constructor", {}, []],
      ["installation", {}, []],
      ["star", { action: "created" }, []],
    ];
    for (const [event, payload, subjects] of cases) {
      const body = JSON.stringify({ repository, ...payload });
      expect([event, (await post(body, { "x-github-event": event })).status]).toEqual([event, 202]);
      expect([event, await jobs()]).toEqual([event, subjects.map((one) => `77 ${one}`)]);
    }
  });

  it("an event that is not as documented is refused, whatever it holds", async () => {
    const read = readGithubDelivery([Buffer.from(SECRET)], new Set(["77"]));
    const events = [
      "pull_request",
      "push",
      "merge_group",
      "check_run",
      "deployment_protection_rule",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...events), fc.json(), (event, text) => {
        const body = Buffer.from(text);
        const answer = read(body, {
          ...{ "x-github-event": event, "x-github-delivery": "0f3a-fuzz" },
          "x-hub-signature-256": sign(body),
        });
        expect(answer).toMatchObject({ code: "INPUT_INVALID" });
      }),
      { numRuns: 300 },
    );
  });
});
