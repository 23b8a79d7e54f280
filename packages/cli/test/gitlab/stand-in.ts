/** A stand-in of GitLab: its API over HTTP and its Git, which check what we send. */
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { bodyOf, listening } from "../gate-server.ts";
import { commitAs, type GitHttp, gitBackend } from "../git-http.ts";
import { type Files, folder, git, repository } from "../scratch.ts";
import { routes } from "./stand-in-routes.ts";

export type User = {
  readonly id: number;
  readonly username: string;
  readonly bot: boolean;
  readonly state: string;
};
const someone = (id: number, username: string, bot = false, state = "active"): User => ({
  ...{ id, username, bot, state },
});
const USERS: Readonly<Record<string, User>> = {
  ...Object.fromEntries(
    ["ana", "bo", "cy", "dee"].map((name, i) => [name, someone(100 + i, name)]),
  ),
  robot: someone(900, "project_77_bot_1f", true),
  eve: someone(901, "eve"),
  interlock: someone(902, "interlock", true),
};
export const user = (name: string): User => {
  const found = USERS[name];
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
};
export const everybody = (): readonly User[] => Object.values(USERS);

export type RequestState = {
  readonly iid: number;
  state: "opened" | "closed" | "merged";
  updated_at: string;
  readonly author: User;
  readonly source_branch: string;
  target_branch: string;
  source_project_id: number;
  sha: string;
  head_pipeline: { id: number; sha: string; ref: string } | null;
  readonly versions: { id: number; head_commit_sha: string; created_at: string }[];
  approved_by: { user: User; approved_at?: string }[];
  reviewers: { user: User; state: string }[];
  readonly notes: NoteState[];
  check: string;
};
export type NoteState = {
  readonly id: number;
  body: string;
  readonly author: User;
  readonly created_at: string;
  readonly system: boolean;
};
export type StatusState = {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly name: string;
  readonly status: string;
  readonly description: string;
  readonly target_url: string | null;
  readonly pipeline_id: number | null;
  readonly author: User;
  retried: boolean;
};

export type State = {
  readonly id: number;
  path: string;
  readonly bare: string;
  readonly requests: Map<number, RequestState>;
  /** Newest first. */
  readonly events: object[];
  readonly statuses: StatusState[];
  readonly members: Map<number, number>;
  /** Every request, `METHOD path`. */
  readonly asked: string[];
  /** What was wrong with requests; every test expects none. */
  readonly wrong: string[];
  pageSize: number;
  /** Of the project and its branches, as doctors read them. */
  settings: Readonly<Record<string, unknown>>;
  /** Answers instead of the stand-in, for what breaks. */
  broken: (method: string, path: string) => Broken | null;
};
export type Broken = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export const TOKEN = "glpat-canary-77aa51";
export const CHECK = 9;
/** As GitLab makes them: `whsec_` and 32 bytes in base64. */
export const SIGNING_TOKEN = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let serial = 5_000;
export const nextId = (): number => ++serial;
/** Moves on by a minute with whatever is done. */
let clock = Date.now() - 30 * 86_400_000;
export const tick = (ms = 60_000): string => {
  clock += ms;
  return new Date(clock).toISOString();
};

export type Gitlab = State & {
  readonly url: string;
  /** Commits files on a branch as somebody and pushes it. */
  readonly push: (branch: string, files: Files, by: string, more?: PushTerms) => string;
  readonly open: (branch: string, by: string, target?: string) => RequestState;
  readonly approve: (iid: number, by: string, after?: number) => void;
  readonly unapprove: (iid: number, by: string) => void;
  readonly objects: (iid: number, by: string) => void;
  readonly note: (iid: number, by: string, body: string, system?: boolean) => void;
  readonly tip: (branch: string) => string;
};
export type PushTerms = {
  readonly author?: string;
  readonly force?: boolean;
  readonly from?: string;
  readonly message?: string;
  /** With many other refs: GitLab's record does not name this one. */
  readonly bulk?: boolean;
  /** GitLab has not got to it yet. */
  readonly unread?: boolean;
};

export async function gitlab(files: Files): Promise<Gitlab> {
  const top = folder();
  const first = repository(files);
  const bare = join(top, "acme", "shop.git");
  git(first, "clone", "-q", "--bare", first, bare);
  git(bare, "config", "uploadpack.allowAnySHA1InWant", "true");
  const work = join(top, "work");
  git(top, "clone", "-q", bare, work);
  const state: State = {
    ...{ id: 77, path: "acme/shop", bare, requests: new Map(), events: [], statuses: [] },
    ...{ asked: [], wrong: [], pageSize: 100, broken: () => null, settings: {} },
    members: new Map(["ana", "bo", "cy", "dee"].map((name) => [user(name).id, 30])),
  };
  const url = await listening((request, response) => void serve(state, top, request, response));
  return Object.assign(state, acting(state, work), { url });
}

async function serve(
  state: State,
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? "";
  if (!path.startsWith("/api/v4/"))
    return await gitBackend(backendOf(state, root), request, response);
  const body = (await bodyOf(request)).toString("utf8");
  const method = request.method ?? "";
  state.asked.push(`${method} ${path.replace("/api/v4", "")}`);
  const broken = state.broken(method, path);
  if (broken !== null) {
    response.writeHead(broken.status, { "content-type": "application/json", ...broken.headers });
    response.end(broken.body ?? '{"message":"broken"}');
    return;
  }
  if (request.headers["user-agent"] === undefined) state.wrong.push("no user agent");
  if (request.headers.authorization !== `Bearer ${TOKEN}`) state.wrong.push("another token");
  const answer = routes(state, {
    ...{ method, path: path.slice("/api/v4".length), url: `http://${request.headers.host}` },
    body: body === "" ? null : (JSON.parse(body) as Readonly<Record<string, unknown>>),
  });
  const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
  const etag = `W/"${createHash("sha256").update(text).digest("hex").slice(0, 20)}"`;
  if (method === "GET" && request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(answer.status, {
    "content-type": "application/json",
    ...(method === "GET" && answer.status === 200 ? { etag } : {}),
    ...(answer.link === undefined ? {} : { link: answer.link }),
  });
  response.end(text);
}

const backendOf = (state: State, root: string): GitHttp => ({
  root,
  mayFetch: (name, token) => name === "oauth2" && token === TOKEN,
  wrong: (what) => void state.wrong.push(what),
});

function acting(state: State, work: string): Omit<Gitlab, keyof State | "url"> {
  const tip = (branch: string): string => git(state.bare, "rev-parse", `refs/heads/${branch}`);
  const of = (iid: number): RequestState => {
    const found = state.requests.get(iid);
    if (found === undefined) throw new Error("no such merge request");
    return found;
  };
  const note = (iid: number, by: string, body: string, system = false): void => {
    const created_at = tick();
    of(iid).notes.push({ id: nextId(), body, author: user(by), created_at, system });
    of(iid).updated_at = created_at;
  };
  return {
    ...{ tip, note },
    push: (branch, files, by, more = {}) => {
      const { author = by, force = false, from = "origin/main", bulk, unread, message } = more;
      const exists = git(state.bare, "branch", "--list", branch) !== "";
      const before = exists ? tip(branch) : null;
      git(work, "fetch", "-q", "origin");
      git(work, "checkout", "-q", "-B", branch, exists && !force ? `origin/${branch}` : from);
      git(work, "config", "user.name", author);
      const head = commitAs(work, files, author, message ?? `change ${branch}`);
      git(work, "push", "-q", ...(force ? ["--force"] : []), "origin", branch);
      const push_data =
        bulk === true
          ? { action: "pushed", ref_type: "branch", ref_count: 9, ref: null, commit_to: null }
          : { action: before === null ? "created" : "pushed", ref_type: "branch", ref: branch };
      const ids = bulk === true ? {} : { commit_from: before, commit_to: head };
      state.events.unshift({
        ...{ id: nextId(), action_name: "pushed to", author: user(by) },
        push_data: { commit_count: 1, ...push_data, ...ids },
      });
      for (const request of state.requests.values())
        if (request.source_branch === branch && unread !== true) moved(request, head);
      return head;
    },
    open: (source_branch, by, target_branch = "main") => {
      const request: RequestState = {
        ...{ iid: state.requests.size + 1, state: "opened", updated_at: tick() },
        ...{ author: user(by), source_branch, target_branch, source_project_id: state.id },
        ...{ sha: "", head_pipeline: null, versions: [], approved_by: [], reviewers: [] },
        ...{ notes: [], check: "pending" },
      };
      state.requests.set(request.iid, request);
      moved(request, tip(source_branch));
      return request;
    },
    approve: (iid, by, after = 60_000) => {
      const request = of(iid);
      request.approved_by = request.approved_by.filter((one) => one.user !== user(by));
      request.approved_by.push({ user: user(by), approved_at: tick(after) });
      for (const one of request.reviewers) if (one.user === user(by)) one.state = "approved";
      note(iid, by, "approved this merge request", true);
    },
    unapprove: (iid, by) => {
      const request = of(iid);
      request.approved_by = request.approved_by.filter((one) => one.user !== user(by));
      note(iid, by, "unapproved this merge request", true);
    },
    objects: (iid, by) => {
      const request = of(iid);
      request.approved_by = request.approved_by.filter((one) => one.user !== user(by));
      request.reviewers = request.reviewers.filter((one) => one.user !== user(by));
      request.reviewers.push({ user: user(by), state: "requested_changes" });
      note(iid, by, "requested changes", true);
    },
  };
}

function moved(request: RequestState, head: string): void {
  const created_at = tick();
  Object.assign(request, { sha: head, updated_at: created_at, check: "pending" });
  request.versions.unshift({ id: nextId(), head_commit_sha: head, created_at });
}

/** As docs.gitlab.com shows a receiver that verifies. Seconds since 1970. */
export const signatureOf = (body: string, id: string, timestamp: number): string => {
  const key = Buffer.from(SIGNING_TOKEN.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return `v1,${mac}`;
};
