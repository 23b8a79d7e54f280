/** A server that judges for the stand-in of GitHub, in the process of the test. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type GithubGiven, openGithub, type Report } from "@interlock/server";
import type { EngineUnderTest } from "@interlock/testkit";
import { expect } from "vitest";
import { type ForgeServer, filesFor, forgeServer } from "../forge-server.ts";
import type { Files } from "../scratch.ts";
import { APP, APP_KEY, type CheckRun, type Github, github, SECRET, signed } from "./stand-in.ts";

export const FILES: Files = filesFor("github");

export type World = ForgeServer & {
  readonly hub: Github;
  readonly deliver: (event: string, payload: object, headers?: Headers_) => Promise<number>;
  /** The check that a commit shows for a target. */
  readonly check: (head: string, branch?: string) => CheckRun | undefined;
  /** Tells of a pull request and waits until it is judged. */
  readonly judged: (number: number, event?: string) => Promise<CheckRun | undefined>;
  readonly mirror: string;
};
type Headers_ = Readonly<Record<string, string | string[] | undefined>>;

export type WorldTerms = {
  readonly files?: Files;
  readonly protect?: readonly string[];
  readonly secrets?: readonly string[];
  readonly before?: (hub: Github) => void;
  readonly shown?: (report: Report) => Report;
  readonly unread?: () => string | null;
  readonly teams?: GithubGiven["teams"];
  /** Persons whom the ledger knows, each with the account on GitHub. */
  readonly persons?: readonly string[];
};

export async function world(engine: EngineUnderTest, terms: WorldTerms = {}): Promise<World> {
  const hub = await github({ ...FILES, ...terms.files });
  terms.before?.(hub);
  const { teams = {}, persons = [] } = terms;
  const given: GithubGiven = {
    ...{ teams, appId: APP, key: APP_KEY, api: `${hub.url}/api`, web: hub.url },
    secrets: (terms.secrets ?? [SECRET]).map((secret) => Buffer.from(secret)),
    repositories: [
      { name: "acme/shop", id: 77, protect: terms.protect ?? ["main"], deployments: true },
    ],
  };
  const server = await forgeServer(engine, {
    ...{ shown: terms.shown, unread: terms.unread },
    forgeTeams: Object.entries(teams).map(([team, { id }]) => ({ team, group: `github:${id}` })),
    persons: persons.map((id) => ({ id, accounts: [`github:${id}`] })),
    open: (around) => openGithub(around, given),
    ended: () => expect(hub.wrong).toEqual([]),
  });
  const { app, settled } = server;
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
  const check: World["check"] = (head, branch = "main") =>
    hub.runs.findLast((run) => run.head_sha === head && run.name === `interlock (${branch})`);
  return {
    ...server,
    ...{ hub, deliver, check, mirror: join(server.mirrors, "github", "77.git") },
    judged: async (number, event = "pull_request") => {
      expect(await deliver(event, { action: "any", pull_request: { number } })).toBe(202);
      await settled();
      const pull = hub.pulls.get(number);
      return pull === undefined ? undefined : check(pull.headSha, pull.baseRef);
    },
  };
}
