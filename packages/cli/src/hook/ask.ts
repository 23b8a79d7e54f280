// SPDX-License-Identifier: Apache-2.0
/** Asks the server about a change. */
import type { Facts, JudgingPolicy } from "@interlock/core";
import { gate, type Place, PROBLEM, type submit } from "@interlock/protocol";
import { jsonOf } from "../files/json.ts";
import { readBody } from "../judge/http-body.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { Settings } from "./settings.ts";

export type Question = {
  readonly place: Place;
  readonly facts: Facts;
  readonly policies: readonly JudgingPolicy[];
};

/**
 * `away`: no answer that can be used, for whatever reason, so that the policy's `ifDown` speaks. `refused`:
 * the server is there and will not judge this, as with a token that it does not know.
 */
export type Reply =
  | { readonly kind: "judged"; readonly answer: Answer }
  | { readonly kind: "refused"; readonly says: string; readonly help: string }
  | { readonly kind: "away"; readonly what: Missing; readonly says: string };

/** A server that answers that its store is away is there, and can record nothing. */
export type Missing = "server" | "database";

const ANSWER_MAX = 32 * 1024 * 1024;
const REASON_MAX = 2_000;
/** The server is busy or broken, not of another opinion (RFC 9110 section 15.6). */
const BROKEN = 500;
const TOO_MANY_REQUESTS = 429;
/** Codes by which a server says that it cannot record anything, and so judges nothing. */
const OF_STORE = /^STORE_/;

/** Where to ask, and with which secret. */
export type Asking = Pick<Settings, "server" | "token" | "timeoutMs">;

/** Asks once; a push is asked again by whoever pushes. Never throws for what the network does. */
export async function ask(
  question: Question,
  settings: Asking,
  operation: typeof gate | typeof submit = gate,
): Promise<Reply> {
  const body = JSON.stringify({
    place: question.place,
    facts: question.facts,
    policies: judges(question.policies),
  });
  const url = `${settings.server.replace(/\/+$/, "")}${operation.path}`;
  try {
    const response = await fetch(url, {
      method: operation.method,
      headers: {
        authorization: `Bearer ${settings.token}`,
        "content-type": "application/json",
        accept: "application/json",
      },
      body,
      // Wherever a redirect leads, the token must not go there.
      redirect: "error",
      signal: AbortSignal.timeout(settings.timeoutMs),
    });
    const content = await readBody(response, ANSWER_MAX);
    if (content === null) return TOO_LONG;
    return read(response.status, content.toString("utf8"), question);
  } catch (error) {
    return { kind: "away", what: "server", says: whyNot(error, settings) };
  }
}

function read(status: number, content: string, { facts }: Question): Reply {
  if (status === 200) {
    const answer = readAnswer(content, facts);
    return typeof answer === "string"
      ? { kind: "away", what: "server", says: answer }
      : { kind: "judged", answer };
  }
  const problem = PROBLEM.safeParse(jsonOf(content));
  if (!problem.success) return unexplained(status);
  const { code, detail, help } = problem.data;
  return status >= BROKEN || status === TOO_MANY_REQUESTS
    ? {
        kind: "away",
        what: OF_STORE.test(code) ? "database" : "server",
        says: `${code}: ${detail}`,
      }
    : { kind: "refused", says: `${code}: ${detail}`, help };
}

/** Whoever pushes can make a change whose answer is as long: that must not count as an absence. */
const TOO_LONG: Reply = {
  kind: "refused",
  says: `its answer is longer than ${ANSWER_MAX} bytes`,
  help: "split the change",
};

/** Nor may what a proxy refuses, such as a request that is too large for it. */
function unexplained(status: number): Reply {
  const says = `it answered ${status} without saying why`;
  const refused = status >= 400 && status < BROKEN && status !== TOO_MANY_REQUESTS;
  return refused
    ? { kind: "refused", says, help: "split the change if it is large, or check the server's URL" }
    : { kind: "away", what: "server", says };
}

/** Policies as they are sent. Four at most fit: of several files that cannot be read, one role has one reason. */
export function judges(policies: readonly JudgingPolicy[]): readonly object[] {
  const readable = policies.flatMap((p) =>
    p.kind === "policy" ? [{ role: p.role, policy: p.policy.policy }] : [],
  );
  const unreadable = (["in-force", "proposed"] as const).flatMap((role) => {
    const because = policies.flatMap((p) =>
      p.kind === "unreadable" && p.role === role ? [p.because] : [],
    );
    return because.length === 0
      ? []
      : [{ role, unreadable: because.join("; ").slice(0, REASON_MAX).toWellFormed() }];
  });
  return [...readable, ...unreadable];
}

function whyNot(error: unknown, { timeoutMs }: Asking): string {
  if (!(error instanceof Error)) throw error;
  if (error.name === "TimeoutError") return `it gave no answer within ${timeoutMs} ms`;
  // `fetch failed` has the reason beneath it. by (GT15): no message of these repeats a header.
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause && typeof cause.code === "string" ? `${cause.code}: ` : "";
  return `${code}${cause.message || error.message}`;
}
