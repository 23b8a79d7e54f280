// SPDX-License-Identifier: Apache-2.0
/** Calls operations of a server's API, and takes nothing for granted that comes back. */
import { GateError } from "@interlock/core";
import { PROBLEM, type Problem } from "@interlock/protocol";
import { jsonOf } from "../files/json.ts";
import { readBody } from "../judge/http-body.ts";

/** A server, and as whom it is asked. */
export type Remote = {
  /** Origin, without a path. */
  readonly server: string;
  /** Goes into `Authorization`; `null`: as anybody. */
  readonly secret: string | null;
  readonly timeoutMs: number;
};

/** An operation of `@interlock/protocol`, as far as a client needs it. */
export type Operation<T> = {
  readonly method: string;
  readonly path: string;
  readonly answer: {
    readonly safeParse: (
      value: unknown,
    ) => { readonly success: true; readonly data: T } | { readonly success: false };
  };
};

export type Given = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
};

/** `away`: nothing that can be used came back, whatever the reason. */
export type Called<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "away"; readonly says: string };

const ANSWER_MAX = 32 * 1024 * 1024;
/** The server is busy or broken, not of another opinion (RFC 9110 section 15.6). */
const BROKEN = 500;

/** Calls once. Never throws for what the network or the server does. */
export async function call<T>(
  remote: Remote,
  operation: Operation<T>,
  given: Given = {},
): Promise<Called<T>> {
  try {
    const response = await fetch(urlOf(remote.server, operation.path, given), {
      method: operation.method,
      headers: {
        accept: "application/json",
        ...(remote.secret === null ? {} : { authorization: `Bearer ${remote.secret}` }),
        ...(given.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      // Wherever a redirect leads, the secret must not go there.
      redirect: "error",
      signal: AbortSignal.timeout(remote.timeoutMs),
    });
    const content = await readBody(response, ANSWER_MAX);
    if (content === null) return { kind: "away", says: `its answer is over ${ANSWER_MAX} bytes` };
    return read(response.status, jsonOf(content.toString("utf8")), operation);
  } catch (error) {
    return { kind: "away", says: whyNot(error, remote) };
  }
}

function urlOf(server: string, path: string, { params = {}, query = {} }: Given): string {
  const filled = path.replace(/:([a-z]+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const url = new URL(`${server}${filled}`);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

function read<T>(status: number, content: unknown, operation: Operation<T>): Called<T> {
  if (status === 200) {
    const answer = operation.answer.safeParse(content);
    return answer.success
      ? { kind: "answered", value: answer.data }
      : { kind: "away", says: "its answer is not the one that the protocol describes" };
  }
  const problem = PROBLEM.safeParse(content);
  if (!problem.success) return { kind: "away", says: `it answered ${status} without saying why` };
  const { code, detail } = problem.data;
  return status >= BROKEN
    ? { kind: "away", says: `${code}: ${detail}` }
    : { kind: "refused", problem: problem.data };
}

function whyNot(error: unknown, { timeoutMs }: Remote): string {
  if (!(error instanceof Error)) throw error;
  if (error.name === "TimeoutError") return `it gave no answer within ${timeoutMs} ms`;
  // `fetch failed` has the reason beneath it. by (GT15): no message of these repeats a header.
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause && typeof cause.code === "string" ? `${cause.code}: ` : "";
  return `${code}${cause.message || error.message}`;
}

/** The answer, or a `GateError` with the server's own code and help. */
export async function asked<T>(
  remote: Remote,
  operation: Operation<T>,
  given: Given = {},
): Promise<T> {
  return answerOf(await call(remote, operation, given), remote);
}

export function answerOf<T>(called: Called<T>, { server }: Remote): T {
  switch (called.kind) {
    case "answered":
      return called.value;
    case "refused":
      throw refusal(called.problem);
    case "away":
      throw new GateError(
        "SERVER_UNREACHABLE",
        `\`${server}\` is away: ${called.says}`,
        "try again when it answers; `--server` names another one",
      );
  }
}

const refusal = ({ code, detail, help }: Problem): GateError =>
  code === "SIGN_IN_NEEDED"
    ? new GateError(code, detail, "run `interlock login`, or give a token with `--token-file`")
    : new GateError(code, detail, help);
