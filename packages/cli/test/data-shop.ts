// SPDX-License-Identifier: Apache-2.0
/** A database, people whose changes two have to sign, and the terminal of one of them. */
import { freePort, sharedPostgres } from "@interlock/testkit";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { founded, serving, signedIn } from "./organisation.ts";
import { commit, folder, git, interlock, repository } from "./scratch.ts";
import { logIn, terminal, tokenFor } from "./terminal.ts";

const FILES = {
  CODEOWNERS: "* @payments\n",
  "interlock/policy.yaml": `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides the authors sign with a passkey
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners, via: passkey } }
    motive: the guide
`,
  "interlock/people.yaml": `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`,
};
const TABLE = `create table promise (id int primary key, region text not null, days int not null);
insert into promise select i, case when i % 2 = 0 then 'north' else 'south' end, i from generate_series(1, 40) i`;

export async function database() {
  const server = await sharedPostgres();
  if (server === null) return null;
  const url = server.newDatabase();
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  onTestFinished(() => db.end());
  await db.query(TABLE);
  const rows = async () =>
    (await db.query("select id, region, days from promise order by id")).rows.map((r) =>
      Object.values(r).join(),
    );
  /** How many sessions drive a data fix. */
  const drives = async (): Promise<number> => {
    const own = "database = (select oid from pg_database where datname = current_database())";
    const locks = `select count(*)::int as n from pg_locks where locktype = 'advisory' and ${own}`;
    return (await db.query(locks)).rows[0].n;
  };
  return { url, db, rows, drives };
}

type Served = { readonly origin: string; readonly setUp: string };

/** A server of its own process, and the secret to set it up with. */
const servedAlone = async () =>
  await serving(folder(), await freePort(), /set up your organisation.*\n/);

/** People, a repository whose changes two have to sign, and the terminal of one of them. */
export async function shop(url: string, served: Promise<Served> = servedAlone()) {
  const server = await served;
  const { origin } = server;
  const keys = await founded(origin, server.setUp);
  const work = repository(FILES);
  const bare = folder();
  git(bare, "init", "-q", "--bare", "-b", "main");
  git(work, "remote", "add", "origin", bare);
  git(work, "push", "-q", "origin", "main");
  const [ana, bo, cy] = [
    await signedIn(origin, keys.get("ana")),
    await signedIn(origin, keys.get("bo")),
    await signedIn(origin, keys.get("cy")),
  ];
  const hers = terminal(folder(), work, { INTERLOCK_DATABASE_SHOP: url });
  await logIn(hers, origin, ana);
  const secret = await tokenFor(bo, JSON.parse(interlock(work, "facts", "HEAD").stdout));
  const pipeline = terminal(folder(), work, { INTERLOCK_TOKEN: secret });
  const brought = async (path: string, text: string) => {
    commit(work, { [path]: text }, `add ${path}`);
    const to = ["--base", "origin/main", "--target", "main", "--pusher", "ana@example.com"];
    const gate = async () =>
      JSON.parse((await pipeline.run("gate", "--server", origin, ...to, "--json")).says);
    const { change } = await gate();
    const land = async () => {
      for (const who of [bo, cy]) expect((await who.approve(change)).status).toBe(200);
      expect(await gate()).toMatchObject({ effective: "allow" });
      git(work, "push", "-q", "origin", "main");
    };
    const again = async () => expect((await bo.approve(change)).status).toBe(200);
    return { change: String(change), land, again };
  };
  const entries = async (run: string) => (await ana.call("GET", `/api/v1/data-runs/${run}`)).body;
  return { work, hers, ana, bo, brought, entries };
}
