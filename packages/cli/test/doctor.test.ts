/** Each door on a real repository: shown while it is open, gone once it is closed. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { examine } from "../src/doctor/doctor.ts";
import { DOORS } from "../src/doctor/door.ts";
import { doorsOf } from "../src/doctor/people-doors.ts";
import { placeOf } from "../src/hook/install.ts";
import { listening, TOKEN } from "./gate-server.ts";
import { install, POLICY, running, START } from "./pushing.ts";
import { commit, folder, git, MAIN, repository } from "./scratch.ts";

const LETTING = `${POLICY}ifDown: [{ tier: 3, then: proceed }]\n`;
const SIGNATURE = (name: string) => `— ${name} ${Buffer.alloc(68, 1).toString("base64")}`;
const WITNESSED = `shop/log\n3\n${Buffer.alloc(32, 7).toString("base64")}\n\n${SIGNATURE("shop/log")}\n${SIGNATURE("witness.example.com")}\n`;

/** What a server shows of itself, to be spoilt by a case. */
const HEALTHY = {
  ready: 200,
  founded: true,
  gate: "INPUT_INVALID",
  checkpoint: WITNESSED as string | null,
  date: () => new Date(),
};

function problem(code: string) {
  const status = code === "INPUT_INVALID" ? 400 : 401;
  return { type: "about:blank", title: "no", status, detail: "no", code, help: "ask" };
}

async function standIn() {
  const shows = { ...HEALTHY };
  const url = await listening((request, response) => {
    request.resume();
    const send = (status: number, body: unknown) =>
      response
        .writeHead(status, { date: shows.date().toUTCString() })
        .end(typeof body === "string" ? body : JSON.stringify(body));
    if (request.url === "/readyz") send(shows.ready, { ok: false, message: "the log is behind" });
    else if (request.url === "/api/v1/site")
      send(200, { founded: shows.founded, tenant: shows.founded ? "Shop" : null });
    else if (request.url === "/api/v1/gate") send(problem(shows.gate).status, problem(shows.gate));
    else if (request.url === "/log/checkpoint")
      send(shows.checkpoint === null ? 404 : 200, shows.checkpoint ?? "not found\n");
    else send(404, {});
  });
  return { url, shows };
}

type Stand = Awaited<ReturnType<typeof stand>>;

/** A bare repository without an open door. */
async function stand(more: readonly string[] = [], files = START) {
  const { url, shows } = await standIn();
  const work = repository(files);
  const bare = join(folder(), "shop.git");
  git(work, "clone", "-q", "--bare", "--no-hardlinks", work, bare);
  git(bare, "config", "--unset-all", "remote.origin.url");
  git(bare, "config", "receive.fsckObjects", "true");
  git(bare, "config", "receive.denyNonFastForwards", "true");
  execFileSync("chmod", ["-R", "go-w", bare]);
  await install(bare, url, more);
  const home = folder();
  const doctor = async (...args: readonly string[]) =>
    await running(home, [process.execPath, MAIN, "doctor", "--repo", bare, ...args], {
      HOME: home,
    });
  const doors = async () => (await examine(await placeOf(bare))).doors.map(({ id }) => id);
  const config = (...args: readonly string[]) => void git(bare, "config", ...args);
  const path = (name: string) => join(bare, name);
  return { url, shows, work, bare, home, doctor, doors, config, path };
}

type Turn = (at: Stand) => void | Promise<void>;
type Case = readonly [id: string, open: Turn, close: Turn];

const rewrite = (path: string, change: (text: string) => string): void =>
  writeFileSync(path, change(readFileSync(path, "utf8")));
const again = ({ bare, url }: Stand, ...more: readonly string[]) => install(bare, url, more);
const HOOK = "hooks/pre-receive";
const landing =
  (policy: string): Turn =>
  ({ bare, work }) => {
    commit(work, { "interlock/policy.yaml": policy }, "another policy");
    git(bare, "fetch", "-q", work, "+main:main");
  };

const CASES: readonly Case[] = [
  ["hook-missing", ({ path }) => rmSync(path(HOOK)), (at) => again(at)],
  [
    "hook-changed",
    ({ path }) => rewrite(path(HOOK), (text) => text.replace("exec ", "exit 0\nexec ")),
    (at) => again(at),
  ],
  [
    "hook-not-run",
    ({ path }) => chmodSync(path(HOOK), 0o644),
    ({ path }) => chmodSync(path(HOOK), 0o755),
  ],
  [
    "hook-program-gone",
    ({ path }) => rewrite(path(HOOK), (text) => text.replace("interlock.js'", "gone.js'")),
    (at) => again(at),
  ],
  ["settings-missing", ({ path }) => rmSync(path("interlock.json")), (at) => again(at)],
  [
    "hooks-elsewhere",
    ({ config, home }) => config("core.hooksPath", home),
    ({ config }) => config("--unset", "core.hooksPath"),
  ],
  [
    "landed-while-away",
    ({ path }) => writeFileSync(path("interlock-away.jsonl"), "{}\n"),
    ({ path }) => rmSync(path("interlock-away.jsonl")),
  ],
  [
    "token-readable",
    ({ path }) => chmodSync(path("interlock.json"), 0o644),
    ({ path }) => chmodSync(path("interlock.json"), 0o600),
  ],
  ...["hooks", HOOK, "objects", "objects/info", "refs/heads", "HEAD", "config"].map(
    (name): Case => [
      "files-writable",
      ({ path }) => void execFileSync("chmod", ["o+w", path(name)]),
      ({ path }) => void execFileSync("chmod", ["o-w", path(name)]),
    ],
  ),
  [
    "folder-replaceable",
    ({ bare }) => chmodSync(join(bare, ".."), 0o777),
    ({ bare }) => chmodSync(join(bare, ".."), 0o700),
  ],
  [
    "program-writable",
    ({ path, home }) => {
      writeFileSync(join(home, "interlock.js"), "");
      chmodSync(join(home, "interlock.js"), 0o666);
      rewrite(path(HOOK), (text) =>
        text.replace(/'[^']*interlock\.js'/, `'${join(home, "interlock.js")}'`),
      );
    },
    ({ home }) => chmodSync(join(home, "interlock.js"), 0o644),
  ],
  ...["http.receivepack", "daemon.receivepack"].map(
    (key): Case => [
      "push-without-name",
      ({ config }) => config(key, "true"),
      ({ config }) => config("--unset-all", key),
    ],
  ),
  ...["+refs/*:refs/*", "+refs/heads/main:refs/heads/main", "refs/heads/*:refs/heads/*"].map(
    (spec): Case => [
      "fetched-over",
      ({ config }) => config("remote.up.fetch", spec),
      ({ config }) => config("--unset-all", "remote.up.fetch"),
    ],
  ),
  [
    "proc-receive",
    ({ config }) => config("receive.procReceiveRefs", "refs/for"),
    ({ config }) => config("--unset-all", "receive.procReceiveRefs"),
  ],
  [
    "worktree",
    ({ bare, home }) => void git(bare, "worktree", "add", "-q", "--detach", join(home, "tree")),
    ({ bare, home }) => void git(bare, "worktree", "remove", join(home, "tree")),
  ],
  [
    "alternates",
    ({ path, work }) =>
      writeFileSync(path("objects/info/alternates"), `${join(work, ".git/objects")}\n`),
    ({ path }) => rmSync(path("objects/info/alternates")),
  ],
  [
    "objects-unchecked",
    ({ config }) => config("receive.fsckObjects", "false"),
    ({ config }) => config("receive.fsckObjects", "true"),
  ],
  [
    "history-rewritable",
    ({ config }) => config("--unset", "receive.denyNonFastForwards"),
    ({ config }) => config("receive.denyNonFastForwards", "true"),
  ],
  [
    "default-branch-unprotected",
    (at) => again(at, "--protect", "release/*"),
    (at) => again(at, "--protect", "main", "release/*"),
  ],
  [
    "refs-unprotected",
    ({ bare }) => void git(bare, "branch", "wild", "main"),
    ({ bare }) => void git(bare, "branch", "-D", "wild"),
  ],
  ["if-down-open", landing(LETTING), landing(POLICY)],
  ["policy-observes", landing(POLICY.replace("enforce", "observe")), landing(POLICY)],
  [
    "server-not-ready",
    ({ shows }) => void Object.assign(shows, { ready: 503 }),
    ({ shows }) => void Object.assign(shows, HEALTHY),
  ],
  [
    "not-founded",
    ({ shows }) => void Object.assign(shows, { founded: false }),
    ({ shows }) => void Object.assign(shows, HEALTHY),
  ],
  ...["SIGN_IN_NEEDED", "NOT_ALLOWED"].map(
    (gate): Case => [
      "token-refused",
      ({ shows }) => void Object.assign(shows, { gate }),
      ({ shows }) => void Object.assign(shows, HEALTHY),
    ],
  ),
  [
    "ledger-not-published",
    ({ shows }) => void Object.assign(shows, { checkpoint: null }),
    ({ shows }) => void Object.assign(shows, HEALTHY),
  ],
  [
    "no-witness",
    ({ shows }) =>
      void Object.assign(shows, { checkpoint: WITNESSED.split("\n").toSpliced(-2, 1).join("\n") }),
    ({ shows }) => void Object.assign(shows, HEALTHY),
  ],
  [
    "clock-skew",
    ({ shows }) => void Object.assign(shows, { date: () => new Date(Date.now() - 3_600_000) }),
    ({ shows }) => void Object.assign(shows, HEALTHY),
  ],
];

describe("doctor", () => {
  /** Without an open door: each case leaves it as it found it. */
  let closed: Stand;
  beforeAll(async () => {
    closed = await stand();
  });

  it.each(CASES)("%s", async (id, open, close) => {
    await open(closed);
    expect(await closed.doors()).toContain(id);
    await close(closed);
    expect(await closed.doors()).toEqual([]);
  });

  it("files-writable: by another account that owns a folder", async () => {
    const at = await stand();
    if (process.getuid?.() !== 0) return;
    chownSync(at.path("refs"), 65_534, 0);
    expect(await at.doors()).toEqual(["files-writable"]);
  });

  it("exit code 0 without an open door", async () => {
    const at = await stand();
    const { status, says } = await at.doctor();
    expect([status, says]).toEqual([0, expect.stringMatching(/no open door was found\n$/)]);
  });

  it("server-away: nothing is taken for closed that was not looked at", async () => {
    const at = await stand();
    await install(at.bare, "http://127.0.0.1:1");
    const { status, says } = await at.doctor();
    expect([status, says]).toEqual([1, expect.stringMatching(/high +server-away/)]);
    expect(says).toContain("not looked at: the server's clock, founding, token, ledger and people");
    expect(says).toContain("not looked at: people and keys: this terminal is not signed in");
    expect(says).not.toContain(TOKEN);
  });

  it("each door says why it matters and what to do", async () => {
    const at = await stand();
    rmSync(at.path(HOOK));
    mkdirSync(at.path("worktrees/x"), { recursive: true });
    const { says } = await at.doctor();
    expect(says).toMatch(
      /critical {2}hook-missing {2}.*\n +every push lands without being judged\n +next: interlock hook install/,
    );
    expect(says).toMatch(/open doors: 1 critical, 1 high\n$/);
  });

  it("is for bare repositories", async () => {
    const dir = repository(START);
    const ran = await running(dir, [process.execPath, MAIN, "doctor"]);
    expect([ran.status, ran.says]).toEqual([64, expect.stringContaining("not a bare repository")]);
  });
});

describe("doctor: people", () => {
  const NOW = 1_000;
  const key = (more: object = {}) => ({
    ...{ credential: "k", enrolledAt: 0, index: 0, usableFrom: 0, revokedAt: null },
    ...{ synchronised: false, ...more },
  });
  const person = (id: string, ...keys: ReturnType<typeof key>[]) => ({
    ...{ person: id, name: id, active: true, accounts: [], keys },
  });
  const good = ["ana", "bo", "cy"].map((id) => person(id, key(), key()));
  it.each([
    ["no door", good, []],
    ["too few", good.slice(1), ["too-few-people"]],
    [
      "one has left",
      [...good.slice(1), { ...person("ana", key(), key()), active: false }],
      ["too-few-people"],
    ],
    [
      "one is cooling down",
      [...good.slice(1), person("ana", key({ usableFrom: 2_000 }), key({ usableFrom: 2_000 }))],
      ["too-few-people"],
    ],
    ["one key", [...good, person("dee", key(), key({ revokedAt: 5 }))], ["one-key-only"]],
    [
      "synchronised",
      [...good, person("dee", key(), key({ synchronised: true }))],
      ["synchronised-keys"],
    ],
  ])("%s", (_name, people, ids) => {
    expect([...doorsOf(people, NOW)].map(({ id }) => id)).toEqual(ids);
  });
});

describe("doctor --if-down", () => {
  const TIERS = ["--protect", "main:1", "web:3"];
  const THRICE = ["waits", "waits", "waits"];
  const LETS = { ...START, "interlock/policy.yaml": LETTING };

  it("not-the-outage: shows what the policy lets go on, and the rehearsal does exactly that", async () => {
    const at = await stand(TIERS, LETS);
    git(at.bare, "branch", "web", "main");
    const before = git(at.bare, "for-each-ref");
    const { status, says } = await at.doctor("--if-down", "--rehearse");
    expect([status, says]).toEqual([0, expect.any(String)]);
    const table = (ref: string, ...rows: readonly string[]) =>
      new RegExp([ref, "  while … is away +server +database +witness +forge", ...rows].join("\n"));
    const one = "  a change of Tier 1 +waits +waits +waits +without reviews";
    const waits = "waits +waits +is judged +without reviews";
    expect(says).toMatch(table("refs/heads/main \\(Tier 1\\)", one));
    expect(says).toMatch(
      table(
        "refs/heads/web \\(Tier 3\\)",
        one,
        `  a change of Tier 2 +${waits}`,
        "  a change of Tier 3 +goes on +goes on +is judged +without reviews",
      ),
    );
    for (const away of ["server", "database"]) {
      expect(says).toContain(
        `a push to refs/heads/main while the ${away} is away waits, as declared`,
      );
      expect(says).toContain(
        `a push to refs/heads/web while the ${away} is away goes on, as declared`,
      );
    }
    expect(says).toMatch(/is away: .*STORE_UNREACHABLE: the database is away, as rehearsed/);
    // Where the server is away nobody else can come to listen meanwhile.
    expect(says).toMatch(/`http:\/\/127\.0\.0\.1:\d+` is away: UND_ERR_SOCKET/);
    expect(says).toMatch(/main, signed by two, while the database is away goes on, as declared/);
    expect(says).toContain("signed in an emergency by rehearsal-one and rehearsal-two");
    expect(git(at.bare, "for-each-ref")).toBe(before);
    expect(await at.doors()).toEqual(["if-down-open"]);
    expect(says).not.toContain(TOKEN);
  });

  it("never-without: a policy that denies waits even where the tier goes on", async () => {
    const at = await stand(["--protect", "main:3"], LETS);
    commit(at.work, { "interlock/policy.yaml": "policy: [" }, "break it");
    git(at.bare, "fetch", "-q", at.work, "+main:main");
    const { status, says } = await at.doctor("--if-down", "--rehearse", "--json");
    const { rehearsed } = JSON.parse(says);
    expect(rehearsed.map((one: { happened: string }) => one.happened)).toEqual(THRICE);
    expect([status, rehearsed[0].said]).toEqual([
      0,
      expect.stringContaining("the policy cannot be read"),
    ]);
  });

  it("writes to no folder of hooks that others share", async () => {
    const at = await stand(TIERS, LETS);
    writeFileSync(join(at.home, ".gitconfig"), `[core]\n\thooksPath = ${at.home}/shared\n`);
    const { says } = await at.doctor("--if-down", "--rehearse");
    expect(says).toContain("waits, as declared");
    expect(() => readFileSync(join(at.home, "shared/pre-receive"))).toThrow();
  });
});

it("docs/operate/doctor.md names every door with its severity, and each has a case here", () => {
  const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
  const page = read("../../../docs/operate/doctor.md");
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| ([a-z]+) \|/gm)].map((m) => [m[1], m[2]]);
  expect(Object.fromEntries(rows)).toEqual(DOORS);
  const own = read("./doctor.test.ts") + read("./unrecorded-text.test.ts");
  const shown = (id: string) => own.includes(`"${id}"`) || own.includes(`${id}:`);
  expect(Object.keys(DOORS).filter((id) => !shown(id))).toEqual([]);
});
