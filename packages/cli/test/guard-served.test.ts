/** The command itself, with the real server, people with passkeys, and an HTTP API behind it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@interlock/testkit";
import { expect, it, onTestFinished } from "vitest";
import { bodyOf, listening } from "./gate-server.ts";
import { fetched } from "./guarding.ts";
import { founded, serving, signedIn } from "./organisation.ts";
import { folder, MAIN, put } from "./scratch.ts";

const POLICY = `policy: flags
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides whoever asks sign with a passkey
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners, via: passkey } }
    motive: the journey
`;
const PEOPLE = `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`;

/** Holds one text; `hang` makes the next write take effect and never answer. */
async function api() {
  const state = { text: '{"on":false}', hang: false };
  const url = await listening(async (request, response) => {
    const body = (await bodyOf(request)).toString("utf8");
    if (request.method === "PUT") {
      state.text = body;
      if (state.hang) return;
    }
    response.end(state.text);
  });
  return { state, url };
}

async function guard(home: string) {
  const child = spawn(process.execPath, [MAIN, "guard", "--settings", join(home, "guard.json")]);
  const ended = once(child, "close");
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  const url = await new Promise<string>((done, fail) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      const at = / at (http:\S+)/.exec(said)?.[1];
      if (at !== undefined) done(at);
    });
    child.on("close", () => fail(new Error(said)));
  });
  return { child, url, ended, said: () => said };
}

it("P1 held in the request until two others signed exactly it; RO1 killed in the middle, it says so", async () => {
  const engine = await api();
  const server = await serving(folder(), await freePort(), /set up your organisation.*\n/);
  const { origin } = server;
  const keys = await founded(origin, server.setUp);
  const bo = await signedIn(origin, keys.get("bo"));
  const token = await bo.call("POST", "/api/v1/tokens", {
    ...{ name: "the guard", repository: "guard:flags", verbs: ["gate", "read"] },
  });
  expect([token.status, token.body["detail"]]).toEqual([200, undefined]);
  const home = folder();
  mkdirSync(join(home, "state"));
  put(home, {
    token: String(token.body["secret"]),
    CODEOWNERS: "* @payments\n",
    "interlock/policy.yaml": POLICY,
    "interlock/people.yaml": PEOPLE,
    "state/interlock-trust.txt": `log ${server.verifierKey}\nquorum none\n`,
    "guard.json": JSON.stringify({
      ...{ version: 1, name: "flags", kind: "http", listen: { address: "127.0.0.1:0" } },
      ...{ upstream: { url: engine.url }, server: origin, tokenFile: "token", state: "state" },
      policy: { folder: "." },
      caller: { from: "header", header: "x-asker", peers: ["127.0.0.1"] },
      rules: [{ method: "PUT", path: "/flag", after: "body" }],
    }),
  });
  const first = await guard(home);
  const send = (url: string, body: string, wait = 0) =>
    fetched(`${url}/flag`, {
      ...{ method: "PUT", body },
      headers: {
        ...{ "x-asker": "ana@example.com", "content-type": "application/json" },
        prefer: `wait=${wait}`,
      },
    });
  const held = await send(first.url, '{"on": true}');
  expect(held.json).toMatchObject({ code: "GUARD_HELD", missing: [{ rule: "two-people" }] });
  const change = String(held.json.change);
  const shown = await bo.call("GET", `/api/v1/changes/${change}`);
  expect(shown.body).toMatchObject({
    facts: { change: { subject: "PUT /flag", repository: "guard:flags" } },
    review: { authors: ["ana"], reviewers: ["bo", "cy"] },
  });

  const ana = await signedIn(origin, keys.get("ana"));
  expect((await ana.approve(change)).body).toMatchObject({ code: "NOT_ALLOWED" });
  const signed = async (id: string) => {
    for (const person of ["bo", "cy"])
      expect((await (await signedIn(origin, keys.get(person))).approve(id)).status).toBe(200);
  };
  const waiting = send(first.url, '{"on": true}', 50);
  await signed(change);
  const done = await waiting;
  expect([done.status, done.headers.get("interlock-change")]).toEqual([200, change]);
  expect(engine.state.text).toBe('{"on": true}');

  // The same change once more, from the same state, is another; killed after it took effect.
  Object.assign(engine.state, { text: '{"on":false}', hang: true });
  const again = await send(first.url, '{"on": true}');
  expect([again.status, again.json.change === change]).toEqual([409, false]);
  await signed(String(again.json.change));
  const lost = send(first.url, '{"on": true}').catch(() => null);
  await expect.poll(() => engine.state.text, { timeout: 30_000 }).toBe('{"on": true}');
  first.child.kill("SIGKILL");
  await Promise.all([lost, first.ended]);
  const journal = readFileSync(join(home, "state", "guard-journal.jsonl"), "utf8");
  writeFileSync(join(home, "state", "guard-journal.jsonl"), `${journal}{"torn`);
  engine.state.hang = false;
  const second = await guard(home);
  expect(second.said()).toContain("ALARM: it is not known what came of `PUT /flag`");
  expect((await send(second.url, '{"on":true}')).status).toBe(200);
  const lines = readFileSync(join(home, "state", "guard-journal.jsonl"), "utf8").split("\n");
  expect(lines.filter((line) => line.startsWith('{"version":1')).length).toBe(5);
  second.child.kill("SIGTERM");
  expect(await second.ended).toEqual([0, null]);
});
