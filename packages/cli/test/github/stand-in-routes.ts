/** What the stand-in answers: the documented shapes, for tokens that may see them. */
import { git } from "../scratch.ts";
import { type CheckRun, isApp, nextId, type PullState, type State } from "./stand-in.ts";

export type Request = {
  readonly method: string;
  /** Below the root of the API, with its query. */
  readonly path: string;
  readonly url: string;
  readonly authorization: string;
  readonly body: Readonly<Record<string, unknown>> | null;
};
export type Answer = { readonly status: number; readonly body?: unknown; readonly link?: string };

const GONE: Answer = { status: 404, body: { message: "Not Found" } };

type Route = {
  readonly method: string;
  readonly at: RegExp;
  /** `app`: the App itself; else the permission that the token needs. */
  readonly needs: string;
  readonly run: (state: State, given: readonly string[], request: Request) => Answer;
};

export function routes(state: State, request: Request): Answer {
  const [path = ""] = request.path.split("?");
  for (const { method, at, needs, run } of ROUTES) {
    const match = at.exec(path);
    if (match === null || method !== request.method) continue;
    if (!mayCall(state, request.authorization, needs)) {
      state.wrong.push(`${method} ${path} without ${needs}`);
      return { status: 403, body: { message: "Resource not accessible by integration" } };
    }
    return run(state, match.slice(1).map(decodeURIComponent), request);
  }
  state.wrong.push(`no such call: ${request.method} ${path}`);
  return GONE;
}

function mayCall(state: State, authorization: string, needs: string): boolean {
  if (needs === "app") return isApp(authorization);
  const granted = state.tokens.get(authorization.replace("Bearer ", ""));
  const [permission = "", level = ""] = needs.split(":");
  const has = granted?.[permission];
  return has === level || has === "write";
}

const R = "/repos/acme/shop";
const route = (method: string, path: string, needs: string, run: Route["run"]): Route => ({
  ...{ method, needs, run },
  at: new RegExp(`^${path}$`),
});

function paged(state: State, request: Request, items: readonly unknown[]): Answer {
  const query = new URLSearchParams(request.path.split("?")[1]);
  const size = Math.min(Number(query.get("per_page") ?? 30), state.pageSize);
  const from = Number(query.get("after") ?? 0);
  query.set("after", String(from + size));
  const next = `${request.url}/api${request.path.split("?")[0]}?${query}`;
  return {
    ...{ status: 200, body: items.slice(from, from + size) },
    ...(from + size < items.length ? { link: `<${next}>; rel="next", <${next}>; rel="last"` } : {}),
  };
}

const pullOf = (state: State, pull: PullState): object => ({
  ...{ number: pull.number, state: pull.state, updated_at: pull.updated_at, user: pull.user },
  ...{ title: "a title", merged_at: pull.merged_at, merge_commit_sha: pull.merge_commit_sha },
  head: { ref: pull.headRef, sha: pull.headSha, repo: pull.headRepo, label: "acme:x" },
  base: {
    ref: pull.baseRef,
    // As it was when the pull request was opened or pushed to: not the tip.
    sha: "0".repeat(40),
    repo: { id: state.repositoryId, full_name: state.name },
  },
});

const ROUTES: readonly Route[] = [
  route("GET", "/orgs/acme/installation", "app", ({ appId }) => ({
    status: 200,
    body: { id: 31, app_id: appId, account: {} },
  })),
  route("GET", "/orgs/acme/teams/([^/]+)", "members:read", ({ teams }, [slug = ""]) => {
    const team = teams.get(slug);
    return team === undefined ? GONE : { status: 200, body: { id: team.id, slug, name: slug } };
  }),
  route(
    "GET",
    "/orgs/acme/teams/([^/]+)/members",
    "members:read",
    (state, [slug = ""], request) => {
      const team = state.teams.get(slug);
      return team === undefined ? GONE : paged(state, request, team.members);
    },
  ),
  route("GET", `${R}/installation`, "app", ({ appId }) => ({
    status: 200,
    body: { id: 31, app_id: appId, account: {} },
  })),
  route("POST", "/app/installations/31/access_tokens", "app", (state, _given, { body }) => {
    const { repository_ids, permissions } = body as {
      repository_ids?: number[];
      permissions: Record<string, string>;
    };
    const ofTeams = JSON.stringify(permissions) === '{"members":"read"}';
    if (
      !(ofTeams && repository_ids === undefined) &&
      JSON.stringify(repository_ids) !== `[${state.repositoryId}]`
    )
      state.wrong.push("a token for more than the one repository");
    const token = `ghs_canary${nextId()}`;
    state.tokens.set(token, permissions);
    state.count.tokens++;
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    return { status: 201, body: { token, expires_at, repositories: [{ id: state.repositoryId }] } };
  }),
  route("GET", R, "metadata:read", ({ repositoryId, name }) => ({
    status: 200,
    body: { id: repositoryId, full_name: name, default_branch: "main" },
  })),
  route("GET", `${R}/git/ref/heads/(.+)`, "contents:read", ({ bare }, [branch = ""]) => {
    const sha = git(bare, "for-each-ref", "--format=%(objectname)", `refs/heads/${branch}`);
    return sha === ""
      ? GONE
      : { status: 200, body: { ref: `refs/heads/${branch}`, object: { type: "commit", sha } } };
  }),
  route(
    "GET",
    `${R}/git/matching-refs/heads/(.+)`,
    "contents:read",
    (state, [prefix = ""], request) => {
      const rows = git(
        state.bare,
        "for-each-ref",
        "--format=%(objectname) %(refname)",
        "refs/heads",
      );
      const refs = rows
        .split("\n")
        .map((row) => row.split(" "))
        .filter(([, ref = ""]) => ref.startsWith(`refs/heads/${prefix}`))
        .map(([sha, ref]) => ({ ref, object: { type: "commit", sha } }));
      return paged(state, request, refs);
    },
  ),
  route("GET", `${R}/pulls`, "pull_requests:read", (state, _given, request) => {
    const query = new URLSearchParams(request.path.split("?")[1]);
    const base = query.get("base");
    const pulls = [...state.pulls.values()]
      .filter((pull) => pull.state === query.get("state"))
      .filter((pull) => base === null || pull.baseRef === base);
    return paged(
      state,
      request,
      pulls.map((pull) => pullOf(state, pull)),
    );
  }),
  route("GET", `${R}/pulls/([0-9]+)`, "pull_requests:read", (state, [number]) => {
    const pull = state.pulls.get(Number(number));
    return pull === undefined ? GONE : { status: 200, body: pullOf(state, pull) };
  }),
  route("GET", `${R}/pulls/([0-9]+)/reviews`, "pull_requests:read", (state, [number], request) =>
    paged(state, request, state.reviews.get(Number(number)) ?? []),
  ),
  route("GET", `${R}/issues/([0-9]+)/events`, "pull_requests:read", (state, [number], request) =>
    paged(state, request, [
      { event: "labeled", actor: null },
      ...(state.events.get(Number(number)) ?? []),
    ]),
  ),
  route("GET", `${R}/activity`, "contents:read", (state, _given, request) => {
    const ref = new URLSearchParams(request.path.split("?")[1]).get("ref");
    return paged(
      state,
      request,
      state.activity.filter((one) => one.ref === ref),
    );
  }),
  route("GET", `${R}/commits/([0-9a-f]+)/check-runs`, "checks:read", (state, [sha], request) => {
    const query = new URLSearchParams(request.path.split("?")[1]);
    if (query.get("app_id") !== String(state.appId)) state.wrong.push("check runs of other Apps");
    const runs = state.runs.filter(
      (run) => run.head_sha === sha && run.name === query.get("check_name"),
    );
    const latest = runs.slice(-1).map(({ id, external_id }) => ({ id, external_id }));
    return { status: 200, body: { total_count: latest.length, check_runs: latest } };
  }),
  route("GET", `${R}/commits/([0-9a-f]+)/pulls`, "pull_requests:read", (state, [sha], request) =>
    paged(
      state,
      request,
      [...state.pulls.values()]
        .filter(({ merge_commit_sha }) => merge_commit_sha === sha)
        .map((pull) => pullOf(state, pull)),
    ),
  ),
  route("POST", `${R}/check-runs`, "checks:write", (state, _given, { body }) => {
    const given = checked(state, body, ["name", "head_sha"]);
    const run: CheckRun = { ...given, id: nextId(), annotations: [...given.annotations] };
    state.runs.push(run);
    return { status: 201, body: { id: run.id, external_id: run.external_id } };
  }),
  route("PATCH", `${R}/check-runs/([0-9]+)`, "checks:write", (state, [id], { body }) => {
    const run = state.runs.find((one) => one.id === Number(id));
    if (run === undefined) return GONE;
    const { annotations, name: _name, head_sha: _head, ...given } = checked(state, body, []);
    if (body?.["status"] === undefined) run.title = given.title;
    else Object.assign(run, given);
    run.annotations.push(...annotations);
    return { status: 200, body: { id: run.id, external_id: run.external_id } };
  }),
  route("GET", `${R}/deployments/([0-9]+)`, "deployments:read", (state, [id]) => {
    const found = state.deployments.get(Number(id));
    return found === undefined ? GONE : { status: 200, body: found };
  }),
  route(
    "POST",
    `${R}/actions/runs/([0-9]+)/deployment_protection_rule`,
    "deployments:write",
    (state, [run], { body }) => {
      const {
        environment_name,
        state: said,
        comment,
      } = body as {
        environment_name: string;
        state?: string;
        comment: string;
      };
      if (said !== undefined && !["approved", "rejected"].includes(said))
        state.wrong.push(`a deployment is ${said}`);
      state.answers.push({
        ...{ run: Number(run), environment_name, comment },
        ...(said === undefined ? {} : { state: said }),
      });
      return { status: 204 };
    },
  ),
];

const CONCLUSIONS = [
  "success",
  "failure",
  "neutral",
  "cancelled",
  "skipped",
  "timed_out",
  "action_required",
];
const LEVELS = ["notice", "warning", "failure"];

/** The rules of GitHub's reference for check runs. */
function checked(
  state: State,
  body: Readonly<Record<string, unknown>> | null,
  required: readonly string[],
): Omit<CheckRun, "id"> {
  const given = { ...body } as Record<string, unknown>;
  const bad = (what: string): void => void state.wrong.push(`check run: ${what}`);
  for (const field of required) if (typeof given[field] !== "string") bad(`no ${field}`);
  const known = [
    "name",
    "head_sha",
    "status",
    "conclusion",
    "completed_at",
    "details_url",
    "external_id",
    "output",
  ];
  for (const field of Object.keys(given)) if (!known.includes(field)) bad(`unknown ${field}`);
  const output = given["output"] as { title?: string; summary?: string; annotations?: object[] };
  if (typeof output?.title !== "string" || output.title.length > 255) bad("its title");
  if (typeof output?.summary !== "string" || output.summary.length > 65_535) bad("its summary");
  const conclusion = given["conclusion"];
  const running = given["status"] === "in_progress";
  if (running && (conclusion !== undefined || given["completed_at"] !== undefined))
    bad("a conclusion of what goes on");
  if (given["status"] !== undefined && !running && !CONCLUSIONS.includes(String(conclusion)))
    bad("its conclusion");
  if (given["head_sha"] !== undefined) git(state.bare, "cat-file", "-e", String(given["head_sha"]));
  const annotations = (output?.annotations ?? []) as {
    path: string;
    start_line: number;
    end_line: number;
    annotation_level: string;
    message: string;
  }[];
  if (annotations.length > 50) bad(`${annotations.length} annotations at once`);
  for (const { path, start_line, end_line, annotation_level, message } of annotations)
    if (
      path === "" ||
      start_line < 1 ||
      end_line < start_line ||
      !LEVELS.includes(annotation_level) ||
      message === ""
    )
      bad("an annotation");
  return {
    ...{ name: String(given["name"]), head_sha: String(given["head_sha"]) },
    conclusion: running ? "none yet" : String(conclusion),
    ...{ external_id: String(given["external_id"]) },
    details_url: String(given["details_url"]),
    ...{ title: output?.title ?? "", summary: output?.summary ?? "", annotations },
  };
}
