/** A server that judges for the stand-in of GitLab, in the process of the test. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type GitlabGiven, openGitlab, type Report, signingKey } from "@interlock/server";
import type { EngineUnderTest } from "@interlock/testkit";
import { expect } from "vitest";
import { type ForgeServer, filesFor, forgeServer } from "../forge-server.ts";
import type { Files } from "../scratch.ts";
import {
  CHECK,
  type Gitlab,
  gitlab,
  type NoteState,
  type RequestState,
  SIGNING_TOKEN,
  type StatusState,
  signatureOf,
  TOKEN,
} from "./stand-in.ts";

export const FILES: Files = filesFor("gitlab");

export type Shown = {
  readonly status: StatusState | undefined;
  /** What the external status check shows. */
  readonly check: string;
  readonly notes: readonly NoteState[];
};

export type World = ForgeServer & {
  readonly lab: Gitlab;
  readonly deliver: (event: string, payload: object) => Promise<number>;
  /** What a merge request shows now. */
  readonly shown: (iid: number) => Shown;
  /** Tells of a merge request, waits until it is judged, and gives the status and its description. */
  readonly judged: (iid: number) => Promise<string>;
  readonly mirror: string;
};

export type WorldTerms = {
  readonly files?: Files;
  readonly protect?: string[];
  readonly statusCheckId?: number | null;
  readonly shown?: (report: Report) => Report;
  readonly unread?: () => string | null;
};

export async function world(engine: EngineUnderTest, terms: WorldTerms = {}): Promise<World> {
  const lab = await gitlab({ ...FILES, ...terms.files });
  const { protect = ["main"], statusCheckId = CHECK } = terms;
  const key = signingKey(SIGNING_TOKEN);
  if (key === null) throw new Error("no key");
  const given: GitlabGiven = {
    ...{ url: lab.url, token: TOKEN, secrets: { kind: "signing", keys: [key] } },
    projects: [{ id: 77, path: "acme/shop", protect, statusCheckId }],
  };
  const server = await forgeServer(engine, {
    ...{ shown: terms.shown, unread: terms.unread },
    open: (around) => openGitlab(around, given),
    ended: () => expect(lab.wrong).toEqual([]),
  });
  const deliver: World["deliver"] = async (event, payload) => {
    const body = JSON.stringify({ project: { id: 77 }, ...payload });
    const [id, timestamp] = [randomUUID(), Math.floor(Date.now() / 1_000)];
    const reply = await server.app.inject({
      ...{ method: "POST", url: "/api/v1/forges/gitlab", payload: body },
      headers: {
        ...{ "content-type": "application/json", "x-gitlab-event": event, "webhook-id": id },
        "webhook-timestamp": String(timestamp),
        "webhook-signature": signatureOf(body, id, timestamp),
      },
    });
    return reply.statusCode;
  };
  const shown: World["shown"] = (iid) => {
    const request = lab.requests.get(iid);
    const name = `interlock (${request?.target_branch ?? ""})`;
    return {
      status: lab.statuses.findLast((one) => one.sha === request?.sha && one.name === name),
      check: request?.check ?? "",
      notes: (request?.notes ?? []).filter(({ author }) => author.username === "interlock"),
    };
  };
  return {
    ...server,
    ...{ lab, deliver, shown, mirror: join(server.mirrors, "gitlab", "77.git") },
    judged: async (iid) => {
      const event = { object_kind: "merge_request", object_attributes: { iid } };
      expect(await deliver("Merge Request Hook", event)).toBe(202);
      await server.settled();
      const { status } = shown(iid);
      return `${status?.status} ${status?.description}`;
    },
  };
}

/** A merge request of ana's, on a branch of its own. */
export function change(w: World, branch: string): number {
  w.lab.push(branch, { [`${branch}.txt`]: "new\n" }, "ana");
  return w.lab.open(branch, "ana").iid;
}

export function request(w: World, iid: number): RequestState {
  const found = w.lab.requests.get(iid);
  if (found === undefined) throw new Error("no merge request");
  return found;
}
