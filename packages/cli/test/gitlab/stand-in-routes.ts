/** What the stand-in answers: the documented shapes. */
import { git } from "../scratch.ts";
import {
  CHECK,
  everybody,
  nextId,
  type RequestState,
  type State,
  tick,
  type User,
  user,
} from "./stand-in.ts";

export type Request = {
  readonly method: string;
  /** Below the root of the API, with its query. */
  readonly path: string;
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>> | null;
};
export type Answer = { readonly status: number; readonly body?: unknown; readonly link?: string };

const GONE: Answer = { status: 404, body: { message: "404 Not Found" } };
const ok = (body: unknown): Answer => ({ status: 200, body });

type Run = (state: State, given: readonly string[], request: Request) => Answer;
type Route = { readonly method: string; readonly at: RegExp; readonly run: Run };

export function routes(state: State, request: Request): Answer {
  const [path = ""] = request.path.split("?");
  for (const { method, at, run } of ROUTES) {
    const match = at.exec(path);
    if (match === null || method !== request.method) continue;
    return run(state, match.slice(1).map(decodeURIComponent), request);
  }
  state.wrong.push(`no such call: ${request.method} ${path}`);
  return GONE;
}

const P = "/projects/77";
const M = `${P}/merge_requests/([0-9]+)`;
const route = (method: string, path: string, run: Run): Route => ({
  ...{ method, run },
  at: new RegExp(`^${path}$`),
});

const queryOf = ({ path }: Request): URLSearchParams => new URLSearchParams(path.split("?")[1]);

function paged(state: State, request: Request, items: readonly unknown[]): Answer {
  const query = queryOf(request);
  const size = Math.min(Number(query.get("per_page") ?? 20), state.pageSize);
  const page = Number(query.get("page") ?? 1);
  query.set("page", String(page + 1));
  const next = `${request.url}/api/v4${request.path.split("?")[0]}?${query}`;
  return {
    ...ok(items.slice((page - 1) * size, page * size)),
    ...(page * size < items.length ? { link: `<${next}>; rel="next"` } : {}),
  };
}

const basic = ({ id, username, state }: User): object => ({ id, username, state, name: username });

const shape = (state: State, request: RequestState, whole: boolean): object => ({
  ...{ iid: request.iid, state: request.state, updated_at: request.updated_at, title: "a title" },
  ...{ author: basic(request.author), source_branch: request.source_branch, draft: false },
  ...{ target_branch: request.target_branch, source_project_id: request.source_project_id },
  ...{ target_project_id: state.id, sha: request.sha },
  ...(whole ? { head_pipeline: request.head_pipeline } : {}),
});

const inRequest =
  (
    run: (
      request: RequestState,
      state: State,
      request_: Request,
      rest: readonly string[],
    ) => Answer,
  ): Run =>
  (state, [iid = "", ...rest], request) => {
    const found = state.requests.get(Number(iid));
    return found === undefined ? GONE : run(found, state, request, rest);
  };

const ROUTES: readonly Route[] = [
  route("GET", "/user", () => ok({ ...basic(user("interlock")), bot: true })),
  route("GET", "/users/([0-9]+)", (_state, [id]) => {
    const found = everybody().find((one) => one.id === Number(id));
    return found === undefined ? GONE : ok({ ...basic(found), bot: found.bot });
  }),
  route("GET", P, ({ id, path, settings }) =>
    ok({ id, path_with_namespace: path, default_branch: "main", ...settings }),
  ),
  route("GET", `${P}/repository/branches/([^/]+)`, ({ bare }, [name = ""]) => {
    const sha = git(bare, "for-each-ref", "--format=%(objectname)", `refs/heads/${name}`);
    return sha === "" ? GONE : ok({ name, commit: { id: sha } });
  }),
  route("GET", `${P}/merge_requests`, (state, _given, request) => {
    const query = queryOf(request);
    const open = [...state.requests.values()].filter(
      (one) =>
        one.state === query.get("state") &&
        one.target_branch === (query.get("target_branch") ?? one.target_branch) &&
        one.source_branch === (query.get("source_branch") ?? one.source_branch),
    );
    return paged(
      state,
      request,
      open.map((one) => shape(state, one, false)),
    );
  }),
  route(
    "GET",
    M,
    inRequest((found, state) => ok(shape(state, found, true))),
  ),
  route(
    "GET",
    `${M}/approvals`,
    inRequest(({ iid, approved_by }) =>
      ok({
        ...{ iid, approved: approved_by.length > 0, approvals_required: 0 },
        approved_by: approved_by.map(({ user: by, ...rest }) => ({ user: basic(by), ...rest })),
      }),
    ),
  ),
  route(
    "GET",
    `${M}/versions`,
    inRequest(({ versions }, state, request) => paged(state, request, versions)),
  ),
  route(
    "GET",
    `${M}/reviewers`,
    inRequest(({ reviewers }, state, request) =>
      paged(
        state,
        request,
        reviewers.map(({ user: by, ...rest }) => ({ user: basic(by), ...rest })),
      ),
    ),
  ),
  route(
    "GET",
    `${M}/notes`,
    inRequest(({ notes }, state, request) => {
      const filter = queryOf(request).get("activity_filter");
      const wanted = notes.filter(
        ({ system }) => filter === null || system === (filter === "only_activity"),
      );
      return paged(
        state,
        request,
        wanted.map((one) => ({ ...one, author: basic(one.author) })),
      );
    }),
  ),
  route(
    "POST",
    `${M}/notes`,
    inRequest((found, state, { body }) => {
      const made = {
        ...{ id: nextId(), body: textOf(state, body), author: user("interlock") },
        ...{ created_at: tick(1_000), system: false },
      };
      found.notes.push(made);
      found.updated_at = made.created_at;
      return { status: 201, body: { ...made, author: basic(made.author) } };
    }),
  ),
  route(
    "PUT",
    `${M}/notes/([0-9]+)`,
    inRequest((found, state, { body }, [id]) => {
      const note = found.notes.find((one) => one.id === Number(id));
      if (note === undefined) return GONE;
      note.body = textOf(state, body);
      found.updated_at = tick(1_000);
      return ok({ ...note, author: basic(note.author) });
    }),
  ),
  route(
    "GET",
    `${M}/status_checks`,
    inRequest(({ check }) => ok([{ id: CHECK, name: "interlock", status: check }])),
  ),
  route(
    "POST",
    `${M}/status_check_responses`,
    inRequest((found, state, { body }) => {
      const { sha, external_status_check_id, status, ...more } = body ?? {};
      if (external_status_check_id !== CHECK) return GONE;
      if (!["passed", "failed", "pending"].includes(String(status)) || Object.keys(more).length > 0)
        state.wrong.push(`status check: ${JSON.stringify(body)}`);
      if (sha !== found.sha) return { status: 409, body: { message: "409 Conflict" } };
      found.check = String(status);
      return { status: 201, body: { id: nextId() } };
    }),
  ),
  route("GET", `${P}/members/all/([0-9]+)`, ({ members }, [id]) => {
    const access_level = members.get(Number(id));
    return access_level === undefined ? GONE : ok({ id: Number(id), access_level });
  }),
  route("GET", `${P}/events`, (state, _given, request) => {
    if (queryOf(request).get("action") !== "pushed") state.wrong.push("all events");
    return paged(state, request, state.events);
  }),
  route("GET", `${P}/repository/commits/([0-9a-f]+)/statuses`, (state, [sha], request) => {
    const query = queryOf(request);
    const found = state.statuses.filter(
      (one) =>
        one.sha === sha &&
        !one.retried &&
        one.name === (query.get("name") ?? one.name) &&
        one.ref === (query.get("ref") ?? one.ref),
    );
    return paged(
      state,
      request,
      found.map((one) => ({ ...one, author: basic(one.author) })),
    );
  }),
  route("POST", `${P}/statuses/([0-9a-f]+)`, (state, [sha = ""], { body }) => {
    postStatus(state, { sha, by: user("interlock"), body: body ?? {} });
    return { status: 201, body: { id: nextId() } };
  }),
];

/** GitLab would do what such a line says. */
function textOf(state: State, body: Request["body"]): string {
  const text = body?.["body"];
  if (typeof text !== "string" || text === "" || text.length > 1_000_000 || /^\s*\//m.test(text)) {
    state.wrong.push("a note");
    return "";
  }
  return text;
}

const FIELDS = ["state", "ref", "name", "description", "target_url", "pipeline_id"];
type PostedStatus = {
  readonly sha: string;
  readonly by: User;
  readonly body: Readonly<Record<string, unknown>>;
};

/** The rules of GitLab's reference for commit statuses. Of one name the older ones count as retried. */
export function postStatus(state: State, { sha, by, body }: PostedStatus): void {
  const text = (field: string): string => String(body[field] ?? "");
  const bad = (what: string): void => void state.wrong.push(`status: ${what}`);
  for (const field of Object.keys(body)) if (!FIELDS.includes(field)) bad(`unknown ${field}`);
  if (!["success", "failed", "pending"].includes(text("state"))) bad(text("state"));
  if (text("name") === "" || text("ref") === "") bad("no name or ref");
  for (const field of ["description", "target_url"])
    if ([...text(field)].length > 255) bad(`${field} is too long`);
  git(state.bare, "cat-file", "-e", sha);
  const pipeline_id = body["pipeline_id"] === undefined ? null : Number(body["pipeline_id"]);
  const heads = [...state.requests.values()].map(({ head_pipeline }) => head_pipeline);
  if (
    pipeline_id !== null &&
    !heads.some((p) => p?.id === pipeline_id && p.sha === sha && p.ref === body["ref"])
  )
    bad("no such pipeline");
  for (const one of state.statuses)
    if (one.sha === sha && one.ref === body["ref"] && one.name === body["name"]) one.retried = true;
  state.statuses.push({
    ...{ id: nextId(), sha, ref: text("ref"), name: text("name"), status: text("state") },
    ...{ description: text("description"), target_url: text("target_url"), pipeline_id },
    ...{ author: by, retried: false },
  });
}
