/** A server that judges for the stand-in of GitHub, in the process of the test. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import {
  exceptionsBook,
  type GithubGiven,
  headFile,
  httpApp,
  type Ledger,
  logKey,
  NO_IDENTITY,
  openGate,
  openGithub,
  openHearing,
  openLedger,
  peopleBook,
  type Report,
} from "@interlock/server";
import type { Store } from "@interlock/store";
import { type EngineUnderTest, opened } from "@interlock/testkit";
import { expect, onTestFinished } from "vitest";
import { gather } from "../../src/forge/gather.ts";
import { checkReport } from "../../src/forge/report.ts";
import { START } from "../pushing.ts";
import { type Files, folder } from "../scratch.ts";
import { APP, APP_KEY, type CheckRun, type Github, github, SECRET, signed } from "./stand-in.ts";

const PEOPLE = `persons:
${["ana", "bo", "cy", "dee"]
  .map((p) => `  - { id: ${p}, accounts: [${p}@example.com, "github:${p}"], teams: [payments] }`)
  .join("\n")}
`;
export const FILES: Files = { ...START, "interlock/people.yaml": PEOPLE };

export const ORIGIN = "https://interlock.example.com";

export type World = {
  readonly hub: Github;
  readonly app: ReturnType<typeof httpApp>;
  readonly store: Store;
  readonly ledger: Ledger;
  /** What was told to whoever runs the server. */
  readonly trouble: string[];
  readonly deliver: (event: string, payload: object, headers?: Headers_) => Promise<number>;
  /** Until nothing is to be done any more. */
  readonly settled: () => Promise<void>;
  /** The check that a commit shows for a target. */
  readonly check: (head: string, branch?: string) => CheckRun | undefined;
  /** Tells of a pull request and waits until it is judged. */
  readonly judged: (number: number, event?: string) => Promise<CheckRun | undefined>;
  /** Starts another server on the same database, with a mirror of its own. */
  readonly second: () => Promise<void>;
  readonly mirror: string;
};
type Headers_ = Readonly<Record<string, string | string[] | undefined>>;

export type WorldTerms = {
  readonly files?: Files;
  readonly protect?: readonly string[];
  readonly secrets?: readonly string[];
  readonly before?: (hub: Github) => void;
  /** Changes what is shown. */
  readonly shown?: (report: Report) => Report;
  /** Says why nothing can be gathered; `null`: it can. */
  readonly unread?: () => string | null;
};

export async function world(engine: EngineUnderTest, terms: WorldTerms = {}): Promise<World> {
  const hub = await github({ ...FILES, ...terms.files });
  terms.before?.(hub);
  const home = await engine.home();
  const store = await opened(home.place);
  const data = folder();
  const key = logKey(generateKeyPairSync("ed25519").privateKey, "interlock.example.com/log");
  const ledger = openLedger({
    ...{ store, key, memory: headFile(join(data, "head")), witnesses: [], periodMs: 20 },
    now: Date.now,
    fetch: () => Promise.reject(new Error("there is no witness")),
    onFailure: (failure) => {
      throw new Error(failure.message);
    },
  });
  const unproven = () => undefined;
  const book = peopleBook(store, unproven);
  const gate = openGate({
    ...{ store, ledger, now: Date.now, origin: ORIGIN, identity: NO_IDENTITY },
    book,
    exceptions: exceptionsBook(store, book, unproven),
    hearing: openHearing(unproven),
    decided: () => undefined,
  });
  const trouble: string[] = [];
  const given: GithubGiven = {
    ...{ appId: APP, key: APP_KEY, api: `${hub.url}/api`, web: hub.url },
    secrets: (terms.secrets ?? [SECRET]).map((secret) => Buffer.from(secret)),
    repositories: [
      { name: "acme/shop", id: 77, protect: terms.protect ?? ["main"], deployments: true },
    ],
  };
  const open = (mirrors: string) =>
    openGithub(
      {
        ...{ store, gate, now: Date.now, origin: ORIGIN, pollMs: 250 },
        joinPeople: (people) => Promise.resolve(people),
        report: (judged) => (terms.shown ?? ((report) => report))(checkReport(judged)),
        gather: async (request, stop) => {
          const message = terms.unread?.() ?? null;
          if (message === null) return await inProcess(request, stop);
          return { ok: false, failure: { code: "JUDGING_STOPPED", message, help: "mend it" } };
        },
        mirrors: join(data, mirrors),
        onTrouble: (message) => void trouble.push(message),
      },
      given,
    );
  const forges = [await open("mirrors")];
  const app = httpApp({ origin: ORIGIN, log: false });
  forges[0]?.routes(app);
  onTestFinished(async () => {
    for (const forge of forges) await forge.close();
    await app.close();
    await ledger.close();
    await store.close();
    home.remove();
    expect(hub.wrong).toEqual([]);
  });
  const deliver: World["deliver"] = async (event, payload, headers = {}) => {
    const body = JSON.stringify({ repository: { id: 77, full_name: "acme/shop" }, ...payload });
    const reply = await app.inject({
      ...{ method: "POST", url: "/api/v1/forges/github", payload: body },
      headers: {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": signed(body),
        ...headers,
      },
    });
    return reply.statusCode;
  };
  const settled = () => noJobs(store);
  const check: World["check"] = (head, branch = "main") =>
    hub.runs.findLast((run) => run.head_sha === head && run.name === `interlock (${branch})`);
  await settled();
  return {
    ...{ hub, app, store, ledger, trouble, deliver, settled, check },
    mirror: join(data, "mirrors", "github", "77.git"),
    second: async () => {
      forges.push(await open("mirrors-2"));
    },
    judged: async (number, event = "pull_request") => {
      expect(await deliver(event, { action: "any", pull_request: { number } })).toBe(202);
      await settled();
      const pull = hub.pulls.get(number);
      return pull === undefined ? undefined : check(pull.headSha, pull.baseRef);
    },
  };
}

/** As the child process of the command does it. */
const inProcess: Parameters<typeof openGithub>[0]["gather"] = async (request) => {
  try {
    return { ok: true, value: await gather(request) };
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    const { code, message, help } = error;
    return { ok: false, failure: { code, message, help } };
  }
};

async function noJobs(store: Store): Promise<void> {
  for (;;) {
    const due = await store.db
      .selectFrom("forge_job")
      .select(["subject", "due_at", "lease"])
      .execute();
    if (!due.some((job) => job.lease !== null || job.due_at <= Date.now())) return;
    await new Promise((done) => setTimeout(done, 10));
  }
}
