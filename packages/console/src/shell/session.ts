// SPDX-License-Identifier: Apache-2.0
import { type Me, peopleApi, signInApi } from "@interlock/protocol";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect } from "react";
import { call } from "../api/call.ts";
import { type Loaded, useLoaded } from "../api/loaded.ts";

/** A session can be ended from elsewhere; a page that is left open finds out within this time. */
const LOOK_MS = 60_000;

export const useSite = () => useLoaded(peopleApi.site, {});

/** Who is signed in, asked from time to time. */
export function useSession(): Loaded<Me> {
  const session = useLoaded(signInApi.me, {}, { everyMs: LOOK_MS });
  useAskedOnRefusal(session);
  return session;
}

/** Whatever else says that nobody is signed in makes the session be asked for at once. */
function useAskedOnRefusal({ kind, again }: Loaded<Me>): void {
  const client = useQueryClient();
  useEffect(
    () =>
      client.getQueryCache().subscribe(({ type, query }) => {
        if (type !== "updated" || query.queryKey[0] === signInApi.me.id) return;
        const { error } = query.state;
        if (kind === "there" && isSignedOut(error)) again();
      }),
    [client, kind, again],
  );
}

const isSignedOut = (error: unknown): boolean =>
  error instanceof Error &&
  "failure" in error &&
  typeof error.failure === "object" &&
  error.failure !== null &&
  "code" in error.failure &&
  error.failure.code === "SIGN_IN_NEEDED";

/** Whoever is signed in, for everything inside of the shell. */
export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("invariant broken: a page of the shell without a person");
  return me;
}

/** Ends the session; what was loaded for its person is gone from this browser's memory too. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    const outcome = await call(signInApi.signOut, {});
    // Whoever is signed out already has what they wanted.
    if (!outcome.ok && outcome.failure.code !== "SIGN_IN_NEEDED") return;
    client.clear();
    window.location.assign("/sign-in");
  }, [client]);
}
