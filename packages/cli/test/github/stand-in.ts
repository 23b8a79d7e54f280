/** A stand-in of GitHub: its API over HTTP and its Git, which check what we send. */
import { createHash, createHmac, generateKeyPairSync, verify } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { bodyOf, listening } from "../gate-server.ts";
import { commitAs, type GitHttp, gitBackend } from "../git-http.ts";
import { type Files, folder, git, repository } from "../scratch.ts";
import { routes } from "./stand-in-routes.ts";

export type User = { readonly login: string; readonly id: number; readonly type: string };
const NAMES = ["ana", "bo", "cy", "dee"];
export const USERS: Readonly<Record<string, User>> = Object.fromEntries([
  ...NAMES.map((login, i) => [login, { login, id: 100 + i, type: "User" }]),
  ["robot", { login: "robot[bot]", id: 900, type: "Bot" }],
  ["eve", { login: "eve", id: 901, type: "User" }],
]);
export const user = (name: string): User => {
  const found = USERS[name];
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
};

export type PullState = {
  number: number;
  state: "open" | "closed";
  updated_at: string;
  user: User;
  headRef: string;
  headSha: string;
  headRepo: { id: number; full_name: string } | null;
  baseRef: string;
  merge_commit_sha: string | null;
  merged_at: string | null;
};
export type ReviewState = {
  id: number;
  user: User | null;
  state: string;
  commit_id: string;
  submitted_at: string;
  author_association: string;
  body: string;
};
export type CheckRun = {
  readonly id: number;
  readonly name: string;
  readonly head_sha: string;
  conclusion: string;
  external_id: string;
  details_url: string;
  title: string;
  summary: string;
  readonly annotations: { path: string; annotation_level: string; message: string }[];
};

export type State = {
  readonly repositoryId: number;
  readonly name: string;
  readonly appId: number;
  readonly bare: string;
  readonly pulls: Map<number, PullState>;
  readonly reviews: Map<number, ReviewState[]>;
  readonly events: Map<number, object[]>;
  /** Newest first. */
  readonly activity: {
    before: string;
    after: string;
    ref: string;
    activity_type: string;
    actor: User | null;
    id: number;
  }[];
  readonly runs: CheckRun[];
  readonly deployments: Map<number, { id: number; sha: string; environment: string }>;
  /** Teams of the organisation, by slug. */
  readonly teams: Map<string, { id: number; members: User[] }>;
  readonly answers: { run: number; environment_name: string; state?: string; comment: string }[];
  readonly tokens: Map<string, Readonly<Record<string, string>>>;
  /** Every request, `METHOD path`. */
  readonly asked: string[];
  /** Tokens that were made, and answers that were not sent again. */
  count: { notModified: number; tokens: number };
  /** What was wrong with requests; every test expects none. */
  readonly wrong: string[];
  pageSize: number;
  /** Answers instead of the stand-in, for what breaks. */
  broken: (method: string, path: string) => Broken | null;
};
/** `cut`: no answer; `slow`: the right one, late; `taken`: it is done, and nobody hears of it. */
export type Broken =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | { readonly status: "cut" | "taken" }
  | { readonly status: "slow"; readonly ms: number };

export const APP = 4711;
export const SECRET = "webhook-secret-canary-51c0";
const KEYS = generateKeyPairSync("rsa", { modulusLength: 2_048 });
export const APP_KEY = KEYS.privateKey;

export const ZERO = "0".repeat(40);
let serial = 5_000;
export const nextId = (): number => ++serial;
/** Moves on with every change, as GitHub's does; in whole seconds. */
let clock = Date.parse("2026-03-02T09:00:00Z");
const tick = (): string => {
  clock += 1_000;
  return new Date(clock).toISOString().replace(".000Z", "Z");
};

export type Github = State & {
  readonly url: string;
  readonly work: string;
  /** Commits files on a branch as somebody and pushes it. */
  readonly push: (branch: string, files: Files, by: string, more?: PushTerms) => string;
  readonly open: (headRef: string, by: string, baseRef?: string) => PullState;
  readonly review: (
    pull: number,
    by: string,
    state: string,
    more?: Partial<ReviewState>,
  ) => ReviewState;
  readonly dismiss: (pull: number, review: number, by: string) => void;
  readonly tip: (branch: string) => string;
  /** Merges a pull request into a place of the queue: a branch, and its head. */
  readonly queue: (pull: number, base: string) => { ref: string; head: string };
};
export type PushTerms = {
  readonly author?: string;
  readonly force?: boolean;
  readonly from?: string;
  readonly message?: string;
  /** Of another repository: nothing here tells who pushed. */
  readonly fork?: boolean;
};

export async function github(files: Files): Promise<Github> {
  const top = folder();
  const first = repository(files);
  const bare = join(top, "acme", "shop.git");
  git(first, "clone", "-q", "--bare", first, bare);
  git(bare, "config", "uploadpack.allowAnySHA1InWant", "true");
  git(bare, "config", "uploadpack.allowFilter", "true");
  const work = join(top, "work");
  git(top, "clone", "-q", bare, work);
  const state: State = {
    ...{ repositoryId: 77, name: "acme/shop", appId: APP, bare },
    ...{ pulls: new Map(), reviews: new Map(), events: new Map(), activity: [], runs: [] },
    ...{
      deployments: new Map(),
      teams: new Map(),
      answers: [],
      tokens: new Map(),
      asked: [],
      wrong: [],
    },
    ...{ count: { notModified: 0, tokens: 0 }, pageSize: 100, broken: () => null },
  };
  const url = await listening((request, response) => void serve(state, top, request, response));
  return Object.assign(state, acting(state, work), { url, work });
}

async function serve(
  state: State,
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? "";
  if (!path.startsWith("/api/")) return await gitBackend(backendOf(state, root), request, response);
  const body = (await bodyOf(request)).toString("utf8");
  const method = request.method ?? "";
  state.asked.push(`${method} ${path.replace("/api", "")}`);
  const broken = state.broken(method, path);
  if (broken?.status === "cut") return void request.socket.destroy();
  if (broken?.status === "slow") await new Promise((later) => setTimeout(later, broken.ms));
  if (broken !== null && typeof broken.status === "number") {
    response.writeHead(broken.status, { "content-type": "application/json", ...broken.headers });
    response.end(broken.body ?? '{"message":"broken"}');
    return;
  }
  if (request.headers["x-github-api-version"] === undefined) state.wrong.push("no API version");
  if (request.headers["user-agent"] === undefined) state.wrong.push("no user agent");
  const answer = routes(state, {
    ...{ method, path: path.slice("/api".length), url: `http://${request.headers.host}` },
    authorization: request.headers.authorization ?? "",
    body: body === "" ? null : (JSON.parse(body) as Readonly<Record<string, unknown>>),
  });
  if (broken?.status === "taken") return void request.socket.destroy();
  const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
  const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 20)}"`;
  if (method === "GET" && request.headers["if-none-match"] === etag) {
    state.count.notModified++;
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
  mayFetch: (name, token) =>
    name === "x-access-token" && state.tokens.get(token)?.["contents"] === "read",
  wrong: (what) => void state.wrong.push(what),
});

/** Whether this is the App that it says it is (RFC 7515). */
export function isApp(authorization: string): boolean {
  const [header = "", claims = "", signature = ""] = authorization
    .replace("Bearer ", "")
    .split(".");
  const good = verify(
    ...(["sha256", Buffer.from(`${header}.${claims}`), KEYS.publicKey] as const),
    Buffer.from(signature, "base64url"),
  );
  const { alg } = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as { alg: string };
  const { iss, iat, exp } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as {
    readonly iss: string;
    readonly iat: number;
    readonly exp: number;
  };
  return good && alg === "RS256" && iss === String(APP) && exp - iat <= 600 && exp > iat;
}

function acting(state: State, work: string): Omit<Github, keyof State | "url" | "work"> {
  const tip = (branch: string): string => git(state.bare, "rev-parse", `refs/heads/${branch}`);
  const touch = (number: number): void => {
    const pull = state.pulls.get(number);
    if (pull !== undefined) pull.updated_at = tick();
  };
  const move = (branch: string, before: string, after: string, by: string): void => {
    const ref = `refs/heads/${branch}`;
    const activity_type = before === ZERO ? "branch_creation" : "push";
    state.activity.unshift({ id: nextId(), before, after, ref, activity_type, actor: user(by) });
  };
  return {
    tip,
    push: (
      branch,
      files,
      by,
      { author = by, force = false, from = "origin/main", message, fork } = {},
    ) => {
      const exists = git(state.bare, "branch", "--list", branch) !== "";
      const before = exists ? tip(branch) : ZERO;
      git(work, "fetch", "-q", "origin");
      git(work, "checkout", "-q", "-B", branch, exists && !force ? `origin/${branch}` : from);
      git(work, "config", "user.name", author);
      const head = commitAs(work, files, author, message ?? `change ${branch}`);
      git(work, "push", "-q", ...(force ? ["--force"] : []), "origin", branch);
      if (fork !== true) move(branch, before, head, by);
      for (const pull of state.pulls.values())
        if (pull.headRef === branch && pull.state === "open") {
          pull.headSha = head;
          touch(pull.number);
        }
      return head;
    },
    open: (headRef, by, baseRef = "main") => {
      const number = state.pulls.size + 1;
      const pull: PullState = {
        ...{ number, state: "open", updated_at: tick(), user: user(by), headRef, baseRef },
        headSha: tip(headRef),
        headRepo: { id: state.repositoryId, full_name: state.name },
        ...{ merge_commit_sha: null, merged_at: null },
      };
      state.pulls.set(number, pull);
      return pull;
    },
    review: (number, by, review, more = {}) => {
      const pull = state.pulls.get(number);
      const made: ReviewState = {
        ...{ id: nextId(), user: user(by), state: review, body: `${by} says ${review}` },
        ...{ commit_id: pull?.headSha ?? "", submitted_at: tick(), author_association: "MEMBER" },
        ...more,
      };
      state.reviews.set(number, [...(state.reviews.get(number) ?? []), made]);
      touch(number);
      return made;
    },
    dismiss: (number, id, by) => {
      const review = state.reviews.get(number)?.find((one) => one.id === id);
      if (review === undefined) throw new Error("no such review");
      const before = review.state.toLowerCase();
      review.state = "DISMISSED";
      const dismissed_review = { review_id: id, state: before, dismissal_message: "gone" };
      const event = { event: "review_dismissed", actor: user(by), dismissed_review };
      state.events.set(number, [...(state.events.get(number) ?? []), event]);
      touch(number);
    },
    queue: (number, base) => {
      const pull = state.pulls.get(number);
      if (pull === undefined) throw new Error("no such pull request");
      git(work, "fetch", "-q", "origin");
      git(work, "checkout", "-q", "--detach", base);
      git(work, "merge", "-q", "--no-ff", "-m", `Merge pull request #${number}`, pull.headSha);
      const head = git(work, "rev-parse", "HEAD");
      const name = `gh-readonly-queue/${pull.baseRef}/pr-${number}-${base}`;
      git(work, "push", "-q", "origin", `${head}:refs/heads/${name}`);
      return { ref: `refs/heads/${name}`, head };
    },
  };
}

export const signed = (body: Buffer | string, secret = SECRET): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
