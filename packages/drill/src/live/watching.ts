// SPDX-License-Identifier: Apache-2.0
/** Whoever runs the drill may watch in a browser, with a passkey of their own. */
import type { Closing } from "./children.ts";
import type { Person } from "./people.ts";
import { waited } from "./shop.ts";

const LOOK_MS = 1_000;

/** Resolves once whoever watches was let in, or is not going to be. */
export type Watcher = Promise<void>;

/** Prints a link of an invitation; whoever takes it is let in by bo and cy. */
export async function inviteToWatch(
  { ends, tell }: { readonly ends: Closing; readonly tell: (says: string, link?: string) => void },
  people: ReadonlyMap<string, Person>,
): Promise<{ readonly watcher: Watcher }> {
  const [ana, bo, cy] = ["ana", "bo", "cy"].map((id) => people.get(id));
  if (ana === undefined || bo === undefined || cy === undefined)
    throw new Error("invariant broken: a founder is missing");
  const made = await ana.call({
    ...{ method: "POST", path: "/api/v1/proposals" },
    body: {
      ...{ kind: "person", person: "visitor", name: "Visitor" },
      ...{ accounts: ["email:visitor@example.com"], reason: "to watch the drill" },
    },
  });
  const { proposal } = made["proposal"] as { readonly proposal: string }; // as described
  tell("to watch in a browser, make a passkey there, and sign in with it", String(made["link"]));
  const over = new AbortController();
  const looking = (async () => {
    while (await waited(LOOK_MS, over.signal)) {
      const shown = await ana
        .call({ method: "GET", path: `/api/v1/proposals/${proposal}` })
        .catch(() => null);
      if (shown === null || (shown["keys"] as readonly unknown[]).length === 0) continue; // as described
      try {
        for (const one of [bo, cy]) await one.endorse(proposal);
        tell("bo and cy have let you in: sign in");
      } catch (error) {
        tell(`you could not be let in: ${error instanceof Error ? error.message : String(error)}`);
      }
      return;
    }
  })();
  ends.add(async () => {
    over.abort();
    await looking;
  });
  // Held in an object: an async function would wait for a promise that it returns.
  return { watcher: looking };
}

/** Nothing goes out before somebody can see it, but no drill waits for ever for nobody. */
export async function untilWatched(
  watcher: Watcher,
  { tell, over }: { readonly tell: (says: string) => void; readonly over: AbortSignal },
): Promise<void> {
  tell(`the change waits until you are there, ${WAIT_MS / 60_000} minutes at most`);
  let there = false;
  void watcher.then(() => {
    there = true;
  });
  for (const end = Date.now() + WAIT_MS; !there && Date.now() < end; )
    if (!(await waited(LOOK_MS, over))) return;
}

/** For a link that is read, opened, and a passkey made. */
const WAIT_MS = 180_000;
