// SPDX-License-Identifier: Apache-2.0
/** The doctor on a guard: every door open and closed. */
import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { GUARD_DOORS } from "../src/doctor/door.ts";
import { examineGuard } from "../src/doctor/guard-doors.ts";
import { JOURNAL } from "../src/guard/journal.ts";
import { folder, interlock, put } from "./scratch.ts";

/** Stands for an engine: it answers everybody with this status. */
async function engine(status: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end("{}"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

type Given = {
  readonly settings?: object;
  readonly answers?: number;
  readonly mode?: number;
  readonly journal?: string;
};

const UPSTREAM = { authorizationFile: "engine" };
const SETTINGS = {
  ...{ version: 1, name: "eu", kind: "etcd", listen: { address: "127.0.0.1:0" } },
  ...{ server: "https://interlock.example.com", tokenFile: "token", state: "." },
  ...{ policy: { folder: "policy" }, caller: { from: "header", header: "x-who", peers: ["::1"] } },
};
const HTTP = { kind: "http", rules: [{ method: "PUT", path: "/a/{b}", after: "body" }] };
const TIED = { ...HTTP, rules: [{ ...HTTP.rules[0], versions: "if-match" }] };
const FORWARDS = { version: 1, line: "forwards", id: "a", title: "put /shop/rates", effects: [] };

async function home(given: Given): Promise<string> {
  const { settings = {}, answers = 401, mode = 0o600, journal = "" } = given;
  const dir = folder();
  const url = await engine(answers);
  const own = (settings as { upstream?: object }).upstream ?? UPSTREAM;
  put(dir, {
    token: "t",
    engine: "e",
    [JOURNAL]: journal,
    "guard.json": JSON.stringify({ ...SETTINGS, ...settings, upstream: { url, ...own } }),
  });
  chmodSync(join(dir, "engine"), 0o600);
  chmodSync(join(dir, "token"), mode);
  return dir;
}

const CASES: readonly [keyof typeof GUARD_DOORS, Given, Given, string][] = [
  ["guard-engine-open", { answers: 200 }, { answers: 401 }, "answers whoever reaches it"],
  ["guard-secret-readable", { mode: 0o640 }, { mode: 0o600 }, "token`"],
  ["guard-without-credential", { settings: { upstream: {} } }, {}, "no credential of its own"],
  ["guard-caller-unknown", { settings: { caller: { from: "nothing" } } }, {}, "nobody knows"],
  ["guard-if-down", { settings: { allowIfDown: [3] } }, {}, "for tiers 3"],
  [
    "guard-unfinished",
    { journal: `${JSON.stringify(FORWARDS)}\n` },
    {
      journal: `${JSON.stringify(FORWARDS)}\n${JSON.stringify({ id: "a", outcome: "answered" })}\n`,
    },
    "of `put /shop/rates` nobody knows",
  ],
  ["guard-leases", { settings: { leases: true } }, {}, "under leases"],
  ["guard-read-again", { settings: HTTP }, { settings: TIED }, "`PUT /a/{b}`"],
];

it.each(CASES)("%s: open and closed", async (id, open, closed, says) => {
  const found = await examineGuard(join(await home(open), "guard.json"));
  expect(found.doors.filter((door) => door.id === id).map((door) => door.says)).toEqual([
    expect.stringContaining(says),
  ]);
  const shut = await examineGuard(join(await home(closed), "guard.json"));
  expect(shut.doors).toEqual([]);
});

it("every door has its case", () => {
  expect(CASES.map(([id]) => id).sort()).toEqual(Object.keys(GUARD_DOORS).sort());
});

it("what cannot be looked at is said, and is no closed door", async () => {
  const dir = await home({ settings: { upstream: { ...UPSTREAM, url: "http://127.0.0.1:9" } } });
  const { doors, unseen } = await examineGuard(join(dir, "guard.json"));
  expect([doors, unseen]).toEqual([[], [expect.stringContaining("does not answer")]]);
  const shown = interlock(dir, "doctor", "--guard", "guard.json");
  expect([shown.status, shown.stdout]).toEqual([0, expect.stringContaining("not looked at")]);
});
