// SPDX-License-Identifier: Apache-2.0
/** The server of a gated repository, as far as it shows itself. */
import { gate, PROBLEM, peopleApi } from "@interlock/protocol";
import { parseNote } from "@interlock/tlog";
import { jsonOf } from "../files/json.ts";
import type { Settings } from "../hook/settings.ts";
import { readBody } from "../judge/http-body.ts";
import { call } from "../remote/client.ts";
import { type Found, type Look, seen } from "./door.ts";
import { targetDoors } from "./target-doors.ts";

const ANSWER_MAX = 1_000_000;
/** What `Date` of HTTP and a slow network leave open, with room; signatures and sessions count minutes. */
const SKEW_MS = 60_000;

export type Plain = {
  readonly status: number;
  readonly body: Buffer;
  readonly date: number | null;
};

export async function serverDoors({ server, token, timeoutMs }: Settings): Promise<Look> {
  const origin = server.replace(/\/+$/, "");
  const get = (path: string) => plain(`${origin}${path}`, timeoutMs);
  const ready = await get("/readyz");
  if (typeof ready === "string") return away(origin, ready);
  const site = await call({ server: origin, secret: null, timeoutMs }, peopleApi.site);
  const founded = site.kind === "answered" && site.value.founded;
  const asked = await asGate(origin, token, timeoutMs);
  const checkpoint = await get("/log/checkpoint");
  const metrics = await get("/metrics");
  return seen([
    ...skewed(ready),
    ...stopped(ready, origin),
    ...(founded ? [] : [unfounded(origin)]),
    ...refusedToken(asked, origin),
    ...(typeof checkpoint === "string" ? [] : published(checkpoint, founded)),
    ...(typeof metrics === "string" ? [] : targetDoors(metrics)),
  ]);
}

/** A text says why there is no answer. */
async function plain(
  url: string,
  timeoutMs: number,
  init: RequestInit = {},
): Promise<Plain | string> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { ...init, redirect: "error", signal });
    const body = await readBody(response, ANSWER_MAX);
    const date = Date.parse(response.headers.get("date") ?? "");
    if (body === null) return `its answer is over ${ANSWER_MAX} bytes`;
    return { status: response.status, body, date: Number.isNaN(date) ? null : date };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.cause instanceof Error ? error.cause.message : error.message;
  }
}

/** Nothing of the body is there to be judged: the answer tells only what the token may. */
const asGate = (origin: string, token: string, timeoutMs: number) =>
  plain(`${origin}${gate.path}`, timeoutMs, {
    method: gate.method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
  });

const away = (origin: string, says: string): Look => ({
  doors: [
    {
      id: "server-away",
      says: `\`${origin}\` does not answer: ${says}`,
      why: "nothing is judged now: each protected ref waits or goes on as `allowIfDown` says",
      next: "start it; `interlock doctor --if-down` shows what goes on meanwhile",
    },
  ],
  unseen: ["the server's clock, founding, token, ledger and people: it does not answer"],
});

function* skewed({ date }: Plain): Generator<Found> {
  const skew = date === null ? 0 : Math.abs(date - Date.now());
  if (skew > SKEW_MS)
    yield {
      id: "clock-skew",
      says: `the clocks of this machine and of the server are ${Math.round(skew / 1_000)} seconds apart`,
      why: "freezes, windows and the ends of approvals hold by the server's clock, and what people read by theirs",
      next: "timedatectl set-ntp true, on both",
    };
}

function* stopped({ status, body }: Plain, origin: string): Generator<Found> {
  const said = jsonOf(body.toString("utf8"));
  if (status !== 200)
    yield {
      id: "server-not-ready",
      says: `the server cannot decide: ${messageIn(said) ?? ""}`,
      why: "no push is judged, and every protected ref waits",
      next: `see ${origin}/readyz and the server's log`,
    };
  const publishing = typeof said === "object" && said !== null && "publishing" in said;
  const why = publishing ? messageIn(said.publishing) : null;
  if (why !== null)
    yield {
      id: "ledger-not-published",
      says: `the server signs no checkpoint of its ledger: ${why}`,
      why: "decisions are made and recorded where no witness sees them yet",
      next: `see ${origin}/healthz/ledger and docs/operate/backup.md`,
    };
}

const messageIn = (said: unknown): string | null =>
  typeof said === "object" && said !== null && "message" in said ? String(said.message) : null;

const unfounded = (origin: string): Found => ({
  id: "not-founded",
  says: "no organisation is founded on this server",
  why: "whoever finds the set-up link first founds it, and nobody can approve until then",
  next: `open the set-up link that \`interlock serve\` prints for ${origin}`,
});

function* refusedToken(answer: Plain | string, origin: string): Generator<Found> {
  if (typeof answer === "string") return;
  const problem = PROBLEM.safeParse(jsonOf(answer.body.toString("utf8")));
  const code = problem.success ? problem.data.code : null;
  if (code !== "SIGN_IN_NEEDED" && code !== "NOT_ALLOWED") return;
  yield {
    id: "token-refused",
    says: "the server does not take the token of this repository",
    why: "no push is judged, and every protected ref waits",
    next: `make a token with the verb \`gate\` on ${origin} and install the hook again`,
  };
}

function* published({ status, body }: Plain, founded: boolean): Generator<Found> {
  const note = status === 200 ? parseNote(body) : null;
  if (note === null || !note.ok) {
    if (founded)
      yield {
        id: "ledger-not-published",
        says: "the server publishes no checkpoint of its ledger",
        why: "what is recorded can be rewritten while nobody else has seen it",
        next: "see why under /readyz and in the server's log",
      };
    return;
  }
  // Its own signature, and one of each witness that has seen it.
  if (note.value.signatures.length < 2)
    yield {
      id: "no-witness",
      says: "no witness has signed the newest checkpoint",
      why: "whoever owns the server could show different ledgers to different people",
      next: "interlock witness on another machine, and interlock serve --witnesses FILE",
    };
}
