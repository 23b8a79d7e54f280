// SPDX-License-Identifier: Apache-2.0
import type { FailureCode } from "@interlock/core";
import { type Endpoint, PROBLEM } from "@interlock/protocol";
import type { z } from "zod";
import { heardDate } from "./clock.ts";

/** Why something did not happen, and what a person does next. */
export type Failure = {
  readonly code: FailureCode;
  readonly message: string;
  readonly help: string;
};

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

type Part<Name extends string, Schema extends z.ZodType> =
  Record<never, never> extends z.input<Schema>
    ? { readonly [name in Name]?: z.input<Schema> }
    : { readonly [name in Name]: z.input<Schema> };

/** What an operation takes; what it can do without may be left out. */
export type Given<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Part<
  "params",
  P
> &
  Part<"query", Q> &
  Part<"body", B> & {
    /** Of a one-time link; without it the session of the browser speaks. */
    readonly secret?: string;
    readonly signal?: AbortSignal;
  };

/**
 * Calls an operation of the API. Whatever goes wrong is a failure with a code: `SERVER_UNREACHABLE`
 * when nothing answered, `SERVER_FAULT` when the answer is not what the description says.
 */
export async function call<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
>(endpoint: Endpoint<P, Q, B, A>, given: Given<P, Q, B>): Promise<Outcome<z.output<A>>> {
  const { method } = endpoint;
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(urlOf(endpoint.path, given.params, given.query), {
      method,
      redirect: "error",
      signal: given.signal ?? null,
      headers: headersOf(method, given.secret),
      body: method === "POST" ? JSON.stringify(given.body ?? {}) : null,
    });
    heardDate(response.headers.get("date"));
    answer = await response.json();
  } catch (error) {
    if (given.signal?.aborted) throw error;
    return { ok: false, failure: UNREACHABLE };
  }
  if (!response.ok) return { ok: false, failure: failureIn(answer) };
  const read = endpoint.answer.safeParse(answer);
  return read.success ? { ok: true, value: read.data } : { ok: false, failure: NOT_AS_DESCRIBED };
}

function headersOf(method: string, secret: string | undefined): Record<string, string> {
  return {
    accept: "application/json",
    ...(method === "POST" ? { "content-type": "application/json" } : {}),
    ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
  };
}

function urlOf(path: string, params: unknown, query: unknown): string {
  const filled = path.replace(/:([a-z]+)/gi, (_, name: string) =>
    encodeURIComponent(textOf(params, name) ?? ""),
  );
  const asked = new URLSearchParams();
  for (const name of Object.keys(query ?? {})) {
    const text = textOf(query, name);
    if (text !== null) asked.set(name, text);
  }
  return asked.size === 0 ? filled : `${filled}?${asked}`;
}

function textOf(of: unknown, name: string): string | null {
  const value = typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
  return value === undefined || value === null ? null : String(value);
}

function failureIn(answer: unknown): Failure {
  const problem = PROBLEM.safeParse(answer);
  if (!problem.success) return NOT_AS_DESCRIBED;
  const { code, detail: message, help } = problem.data;
  return { code, message, help };
}

const UNREACHABLE: Failure = {
  code: "SERVER_UNREACHABLE",
  message: "the server does not answer",
  help: "check your connection; enforcement points go on by the last signed policy",
};

const NOT_AS_DESCRIBED: Failure = {
  code: "SERVER_FAULT",
  message: "the server answered something that this page cannot read",
  help: "reload the page: it may be older than the server",
};
