// SPDX-License-Identifier: Apache-2.0
import type { Endpoint } from "@interlock/protocol";
import { QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import type { z } from "zod";
import { call, type Failure, type Given } from "./call.ts";

/** What a page has of something it asked for. */
export type Loaded<T> =
  | { readonly kind: "loading"; readonly again: () => void }
  | { readonly kind: "failed"; readonly failure: Failure; readonly again: () => void }
  | {
      readonly kind: "there";
      readonly value: T;
      /** When it was answered, milliseconds since 1970 UTC. */
      readonly at: number;
      /** Why it could not be asked for again; what is shown is then older than it seems. */
      readonly stale: Failure | null;
      readonly again: () => void;
    };

export type Asking = {
  /** Asks again this often while the page is visible. */
  readonly everyMs?: number;
  /** False leaves it loading until what it depends on is there. */
  readonly when?: boolean;
  /** Asks again only when a person or an act of theirs wants it: nothing moves under the pointer. */
  readonly steady?: boolean;
};

/** The form in which TanStack Query takes a failure; nothing else is thrown in here. */
class Failed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: 2_000,
        refetchOnWindowFocus: true,
        networkMode: "always",
      },
      mutations: { retry: false },
    },
  });
}

/** Asks for something and keeps it fresh; all parts of a page that ask the same share one answer. */
export function useLoaded<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
>(endpoint: Endpoint<P, Q, B, A>, given: Given<P, Q, B>, asking: Asking = {}): Loaded<z.output<A>> {
  const { data, error, dataUpdatedAt, refetch } = useQuery({
    queryKey: [endpoint.id, given.params, given.query, given.secret],
    queryFn: async ({ signal }) => {
      const outcome = await call(endpoint, { ...given, signal });
      if (!outcome.ok) throw new Failed(outcome.failure);
      return outcome.value;
    },
    enabled: asking.when ?? true,
    refetchInterval: asking.everyMs ?? false,
    ...(asking.steady === true ? { refetchOnWindowFocus: false } : {}),
  });
  const again = () => void refetch();
  const failure = failureOf(error);
  // A session that ended shows nothing more, not even what it was shown before.
  if (data === undefined || failure?.code === "SIGN_IN_NEEDED" || failure?.code === "NOT_ALLOWED")
    return failure === null ? { kind: "loading", again } : { kind: "failed", failure, again };
  return { kind: "there", value: data, at: dataUpdatedAt, stale: failure, again };
}

/** Lets everything be asked for again that came from an operation. */
export function useForget(): (...endpoints: readonly Pick<Endpoint, "id">[]) => Promise<void> {
  const client = useQueryClient();
  return async (...endpoints) => {
    await Promise.all(endpoints.map(({ id }) => client.invalidateQueries({ queryKey: [id] })));
  };
}

function failureOf(error: Error | null): Failure | null {
  if (error === null) return null;
  if (error instanceof Failed) return error.failure;
  return {
    code: "SERVER_FAULT",
    message: `this page failed: ${error.message}`,
    help: "reload the page",
  };
}
