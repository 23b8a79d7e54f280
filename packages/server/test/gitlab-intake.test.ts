/** Deliveries of GitLab's webhooks: who may send one, and what is read of it. */
import { createHmac, randomUUID } from "node:crypto";
import { readGitlabDelivery, signingKey } from "@interlock/server";
import fc from "fast-check";
import { expect, it } from "vitest";

const NOW = 1_780_000_000;
const keyOf = (fill: number): Buffer => Buffer.alloc(32, fill);
const KEYS = [keyOf(1), keyOf(2)];
const PROJECTS = new Set(["77"]);
const ID = "7b0cfb37-7b9f-4b5e-a7e2-3a0e6c1d9f11";
const sign = (body: string | Buffer, key = keyOf(1), id = ID, at = NOW): string =>
  `v1,${createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64")}`;
const signed = readGitlabDelivery({ kind: "signing", keys: KEYS }, PROJECTS, () => NOW * 1_000);
const SECRET = "a secret token of a test";
const tokens = [SECRET, "the token that replaces it"].map((text) => Buffer.from(text));
const plain = readGitlabDelivery({ kind: "token", tokens }, PROJECTS, () => NOW * 1_000);

type Headers_ = Readonly<Record<string, string | string[] | undefined>>;
const MERGE = JSON.stringify({
  object_kind: "merge_request",
  project: { id: 77, path_with_namespace: "acme/shop" },
  object_attributes: { id: 99, iid: 7, state: "opened", action: "approved" },
});
const headers = (body: string | Buffer, more: Headers_ = {}): Headers_ => ({
  "x-gitlab-event": "Merge Request Hook",
  "webhook-id": ID,
  "webhook-timestamp": String(NOW),
  "webhook-signature": sign(body),
  ...more,
});
const read = (body: string | Buffer, more: Headers_ = {}) =>
  signed(Buffer.from(body), headers(body, more) as never);
const subjectsOf = (delivery: ReturnType<typeof read>) =>
  delivery !== null && "wanted" in delivery ? delivery.wanted.map(({ subject }) => subject) : [];

it("takes what is signed, by its id, with either key", () => {
  expect(read(MERGE)).toEqual({
    id: ID,
    wanted: [{ repository: "77", subject: "merge:7", hint: null }],
  });
  expect(read(MERGE, { "webhook-signature": sign(MERGE, keyOf(2)) })).toMatchObject({ id: ID });
  // WH12: while a token is replaced, a sender may sign with both.
  const both = `${sign(MERGE, keyOf(3))} ${sign(MERGE)}`;
  expect(read(MERGE, { "webhook-signature": both })).toMatchObject({ id: ID });
});

it.each([
  ["WH1 none", { "webhook-signature": undefined }],
  ["WH1 empty", { "webhook-signature": "" }],
  ["WH1 of another key", { "webhook-signature": sign(MERGE, keyOf(9)) }],
  ["WH1 by an empty key", { "webhook-signature": sign(MERGE, Buffer.alloc(0)) }],
  ["WH1 another version", { "webhook-signature": sign(MERGE).replace("v1", "v2") }],
  ["WH1 too short", { "webhook-signature": sign(MERGE).slice(0, -2) }],
  ["WH2 of another body", { "webhook-signature": sign(MERGE.replaceAll(":", ": ")) }],
  ["WH6 a secret token alone", { "webhook-signature": undefined, "x-gitlab-token": SECRET }],
  [
    "WH6 a secret token beside a bad one",
    { "webhook-signature": "v1,x", "x-gitlab-token": SECRET },
  ],
  ["WH7 another id", { "webhook-id": randomUUID() }],
  ["WH7 another time", { "webhook-timestamp": String(NOW + 1) }],
  [
    "WH7 part of the time moved into the id",
    { "webhook-id": `${ID}.1`, "webhook-timestamp": "780000000" },
  ],
  ["WH7 a time that is none", { "webhook-timestamp": "1e9" }],
  ["WH11 two headers", { "webhook-signature": [sign(MERGE), sign(MERGE)] }],
  ["WH11 two headers that were joined", { "webhook-signature": `${sign(MERGE)}, ${sign(MERGE)}` }],
  ["WH11 too many", { "webhook-signature": Array(5).fill(sign(MERGE)).join(" ") }],
])("%s: refused before anything is parsed", (_case, more) => {
  expect(read(MERGE, more)).toBeNull();
});

it("WH4 WH7 refuses what is older or newer than five minutes", () => {
  const at = (seconds: number) =>
    read(MERGE, {
      "webhook-timestamp": String(NOW + seconds),
      "webhook-signature": sign(MERGE, keyOf(1), ID, NOW + seconds),
    });
  expect([at(-301), at(301)]).toEqual([null, null]);
  expect([at(-300), at(300)]).toEqual([read(MERGE), read(MERGE)]);
});

it("WH1 WH3 WH12 secret tokens: either of ours, whole, and once", () => {
  const token = (given: Headers_) => {
    const body = Buffer.from(MERGE);
    return plain(body, { "x-gitlab-event": "Merge Request Hook", ...given } as never);
  };
  const own = { "x-gitlab-token": SECRET, "x-gitlab-event-uuid": ID };
  expect(token(own)).toMatchObject({ id: ID, wanted: [{ subject: "merge:7" }] });
  expect(token({ ...own, "x-gitlab-token": "the token that replaces it" })).not.toBeNull();
  // The same for each try of one delivery.
  expect(token({ ...own, "idempotency-key": "f5e57ce7-one" })).toMatchObject({
    id: "f5e57ce7-one",
  });
  const wrong = [undefined, "", SECRET.slice(1), `${SECRET} `, [SECRET, SECRET]];
  for (const given of wrong) expect(token({ ...own, "x-gitlab-token": given })).toBeNull();
  const short = readGitlabDelivery({ kind: "token", tokens: [Buffer.from("")] }, PROJECTS, () => 0);
  expect(short(Buffer.from(MERGE), { "x-gitlab-token": "" } as never)).toBeNull();
});

it("a signing token is `whsec_` and base64 of enough bytes", () => {
  expect(signingKey(`whsec_${keyOf(7).toString("base64")}`)).toEqual(keyOf(7));
  const wrong = [keyOf(7).toString("base64"), "whsec_", "whsec_AAAA", "whsec_!!", "WHSEC_AAAA"];
  for (const token of wrong) expect(signingKey(token)).toBeNull();
});

it("asks for what each kind of event is about, and ignores what it does not know", () => {
  const project = { id: 77 };
  const sha = "a".repeat(40);
  const cases: readonly (readonly [string, object, readonly string[]])[] = [
    ["Merge Request Hook", { object_attributes: { iid: 7 } }, ["merge:7"]],
    [
      "Note Hook",
      { merge_request: { iid: 8 }, object_attributes: { note: "/approve" } },
      ["merge:8"],
    ],
    ["Note Hook", { issue: { iid: 8 } }, []],
    ["Push Hook", { ref: "refs/heads/main" }, ["branch:refs/heads/main"]],
    ["Push Hook", { ref: "refs/tags/v1" }, []],
    ["Pipeline Hook", { object_attributes: { sha }, merge_request: { iid: 9 } }, ["merge:9"]],
    ["Pipeline Hook", { object_attributes: { sha }, merge_request: null }, [`head:${sha}`]],
    ["Job Hook", {}, []],
    ["constructor", {}, []],
  ];
  for (const [event, payload, subjects] of cases) {
    const body = JSON.stringify({ project, ...payload });
    expect([event, subjectsOf(read(body, { "x-gitlab-event": event }))]).toEqual([event, subjects]);
  }
  // WH8: of another project this server knows nothing.
  expect(subjectsOf(read(MERGE.replace("77", "78")))).toEqual([]);
});

it("an event that is not as documented is refused, whatever it holds", () => {
  const events = ["Merge Request Hook", "Note Hook", "Push Hook", "Pipeline Hook"];
  fc.assert(
    fc.property(fc.constantFrom(...events), fc.json(), (event, text) => {
      expect(read(text, { "x-gitlab-event": event })).toMatchObject({ code: "INPUT_INVALID" });
    }),
    { numRuns: 300 },
  );
  expect(read("{ no json")).toMatchObject({ code: "INPUT_INVALID" });
  expect(read(MERGE, { "x-gitlab-event": undefined })).toMatchObject({ code: "INPUT_INVALID" });
});
