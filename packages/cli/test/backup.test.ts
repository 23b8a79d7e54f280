/** docs/operate/backup.md on both engines, with its own commands and a server that is really stopped. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { approvals } from "@interlock/core";
import {
  ENGINES,
  type EngineUnderTest,
  factsOf,
  freePort,
  person,
  policyOf,
  postgresBinaries,
  rule,
} from "@interlock/testkit";
import { expect, it } from "vitest";
import { textOf } from "./deployed.ts";
import { founded, serving, signedIn } from "./organisation.ts";
import { folder } from "./scratch.ts";

const REPOSITORY = "repository:example";
const POLICY = policyOf([
  rule("one-person", { covers: true, require: [approvals(1, "owners", { via: "passkey" })] }),
]);
const PEOPLE = ["ana", "bo", "cy"].map((id) =>
  person(id, { accounts: [`email:${id}@example.com`], teams: ["payments"] }),
);

/** What an enforcement point asks about the nth change. */
function question(n: number) {
  const facts = factsOf({ people: { persons: PEOPLE, machines: [] } });
  const digest = n.toString(16).padStart(64, "b");
  const [base, head, merge] = ["1", "2", "3"].map((one) => one.repeat(40));
  return {
    place: {
      ...{ repository: REPOSITORY, target: "refs/heads/main", environment: "unknown" },
      ...{ base, head, merge },
    },
    facts: { ...facts, change: { ...facts.change, digest, pushedBy: ["person:ana"] } },
    policies: [{ role: "in-force", policy: POLICY }],
  };
}

const COMMANDS = [...textOf("docs/operate/backup.md").matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  (match) => match[1] ?? "",
);

/** Runs the commands of the page that hold a word, with its places taken for ours. */
function asWritten(word: string, data: string, backup: string, url = ""): void {
  const [found = "", ...others] = COMMANDS.filter((block) => block.includes(word));
  expect([word, others]).toEqual([word, []]);
  const command = found.replaceAll("DATA/", `${data}/`).replaceAll("BACKUP/", `${backup}/`);
  const PATH = [postgresBinaries() ?? "", process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH, DATABASE_URL: url };
  const done = spawnSync("sh", ["-eu", "-c", command], { cwd: backup, env, encoding: "utf8" });
  expect([command, done.status, done.stderr]).toEqual([command, 0, ""]);
}

/** A database that can be backed up to a new place, and put back from there. */
async function database({ name, home }: EngineUnderTest, data: string) {
  const urls = join(data, "url");
  const fresh = async () => {
    const { place } = await home();
    if (!("url" in place)) throw new Error("this engine has no URL");
    writeFileSync(urls, `${place.url}\n`);
    return place.url;
  };
  let url = name === "postgres" ? await fresh() : "";
  return {
    more: name === "postgres" ? ["--database-file", urls] : [],
    /** Postgres is not stopped for it. */
    running: name === "postgres",
    backUp: () => {
      const backup = folder();
      if (name === "postgres") asWritten("pg_dump", data, backup, url);
      else asWritten("cp -a DATA/database BACKUP/\n", data, backup);
      return backup;
    },
    restore: async (backup: string) => {
      if (name === "embedded") return asWritten("rm -r DATA/database", data, backup);
      url = await fresh();
      asWritten("pg_restore", data, backup, url);
    },
  };
}

type Answer = { readonly status: number; readonly body: unknown };

async function get(origin: string, path: string): Promise<Answer> {
  const response = await fetch(`${origin}${path}`);
  const text = await response.text();
  return { status: response.status, body: path.startsWith("/log/") ? text : JSON.parse(text) };
}

/** Asks again until the answer is as wanted; after a minute gives what it is. */
async function until(ask: () => Promise<Answer>, wanted: (answer: Answer) => boolean) {
  for (const end = Date.now() + 60_000; ; ) {
    const answer = await ask();
    if (wanted(answer) || Date.now() > end) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
}

const sizeOf = (checkpoint: unknown): number => Number(String(checkpoint).split("\n")[1]);

/** The checkpoint over all that is durable by now. */
async function published(origin: string) {
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  const least = Number(/^interlock_ledger_entries ([0-9]+)$/m.exec(metrics)?.[1]);
  const ask = () => get(origin, "/log/checkpoint");
  const { body } = await until(ask, (answer) => sizeOf(answer.body) >= least);
  expect(sizeOf(body)).toBeGreaterThanOrEqual(least);
  return String(body);
}

it.each(ENGINES)(
  "P9 on $name: an old backup is decided on and not signed over, a newer one is signed on",
  async (engine) => {
    const data = folder();
    const port = await freePort();
    const place = await database(engine, data);
    const start = (more: readonly string[] = []) =>
      serving(data, port, /log key .*\n/, [...place.more, ...more]);

    const first = await serving(data, port, /set up your organisation.*\n/, place.more);
    const { origin } = first;
    const keys = await founded(origin, first.setUp);
    const bo = await signedIn(origin, keys.get("bo"));
    const asked = { name: "the hook", repository: REPOSITORY, verbs: ["gate"] };
    const token = String((await bo.call("POST", "/api/v1/tokens", asked)).body["secret"]);
    const decide = async (n: number) => {
      const { status, body } = await bo.call("POST", "/api/v1/gate", question(n), token);
      expect([status, body["detail"]]).toEqual([200, undefined]);
      expect(body["decision"]).toMatchObject({ effective: "hold" });
    };
    await decide(1);
    const early = sizeOf(await published(origin));
    const hot = place.running ? place.backUp() : null;
    await first.stop();
    const old = hot ?? place.backUp();

    const second = await start();
    await decide(2);
    await decide(3);
    const before = await published(origin);
    const late = sizeOf(before);
    expect(late).toBe(early + 2);
    await second.stop();
    const newer = place.backUp();
    const head = readFileSync(join(data, "log-head"), "utf8");
    expect(head).toMatch(new RegExp(`^${late} [0-9a-f]{64}\n$`));

    const refuses = async () => {
      const server = await start();
      const published = () => get(origin, "/healthz/ledger");
      const answer = await until(published, ({ status }) => status === 503);
      expect(answer).toMatchObject({ status: 503, body: { code: "LEDGER_BEHIND" } });
      const publishing = { ok: false, code: "LEDGER_BEHIND" };
      expect(await get(origin, "/readyz")).toMatchObject({
        ...{ status: 200, body: { ok: true, publishing } },
      });
      await decide(4);
      expect(sizeOf((await get(origin, "/log/checkpoint")).body)).toBeLessThan(late);
      expect(await (await fetch(`${origin}/metrics`)).text()).toContain(
        "interlock_ledger_stopped 1",
      );
      expect(await server.stop()).toBe(0);
      expect(readFileSync(join(data, "log-head"), "utf8")).toBe(head);
    };
    await place.restore(old);
    await refuses();

    rmSync(join(data, "log-head"));
    const reader = folder();
    writeFileSync(join(reader, "checkpoint"), before);
    asWritten("checkpoint", data, reader);
    expect(readFileSync(join(data, "log-head"), "utf8")).toBe(head);
    await place.restore(old);
    await refuses();

    await place.restore(newer);
    const back = await start();
    expect(back.verifierKey).toBe(first.verifierKey);
    await decide(5);
    expect(sizeOf(await published(origin))).toBe(late + 1);
    expect(
      await until(
        () => get(origin, "/healthz/ledger"),
        ({ status }) => status === 200,
      ),
    ).toEqual({
      ...{ status: 200, body: { ok: true, witnessesAway: [] } },
    });
    expect(await back.stop()).toBe(0);
  },
  600_000,
);
