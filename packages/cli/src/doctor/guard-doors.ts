// SPDX-License-Identifier: Apache-2.0
/** Ways past a guard: an engine that others can write to, secrets that others can read, what goes unasked. */
import { statSync } from "node:fs";
import { unfinished } from "../guard/journal.ts";
import { readSettings, type Settings } from "../guard/settings.ts";
import { type Examined, type Found, type Look, listed, seen, together } from "./door.ts";

/** Throws `GateError` for settings that cannot be read. */
export async function examineGuard(path: string): Promise<Examined> {
  const settings = readSettings(path);
  return together([
    seen(engineDoors(settings)),
    await engineLook(settings),
    secretDoors(settings),
    seen(askingDoors(settings)),
    seen(journalDoors(settings)),
  ]);
}

function* engineDoors({ upstream }: Settings): Generator<Found> {
  if (upstream.authorizationFile === undefined && upstream.cert === undefined)
    yield {
      id: "guard-without-credential",
      says: `the guard shows \`${upstream.url}\` no credential of its own`,
      why: "callers bring what the engine lets in, and can go to the engine with it",
      next: "give the engine's credential to the guard alone: `upstream.authorizationFile`, or `cert` and `key`",
    };
}

/** For a whole answer of an engine that is there. */
const ANSWER_MS = 5_000;

/** Asks etcd for one key without a credential; of other APIs nobody knows what may be asked. */
async function engineLook({ kind, upstream }: Settings): Promise<Look> {
  if (kind === "http" || upstream.ca !== undefined)
    return {
      doors: [],
      unseen: [`whether \`${upstream.url}\` answers others: ask it without a credential`],
    };
  const asked = await fetch(new URL("/v3/kv/range", upstream.url), {
    method: "POST",
    body: JSON.stringify({ key: Buffer.from("\0").toString("base64"), keys_only: true }),
    redirect: "error",
    signal: AbortSignal.timeout(ANSWER_MS),
  }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (typeof asked === "string")
    return { doors: [], unseen: [`\`${upstream.url}\` does not answer: ${asked}`] };
  return seen(
    asked
      ? [
          {
            id: "guard-engine-open",
            says: `\`${upstream.url}\` answers whoever reaches it`,
            why: "whoever is in that network writes there without the guard",
            next: "turn its authentication on (`etcdctl auth enable`), or ask for client certificates",
          },
        ]
      : [],
  );
}

/** Read by the group or by others. */
const SHARED = 0o077;

function secretDoors({ tokenFile, upstream, listen, caller }: Settings): Look {
  const files = [tokenFile, upstream.authorizationFile, upstream.key, listen.key, caller.file];
  const doors: Found[] = [];
  const unseen: string[] = [];
  for (const file of files) {
    if (file === undefined) continue;
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) unseen.push(`\`${file}\` is not there`);
    else if (process.platform !== "win32" && (found.mode & SHARED) !== 0)
      doors.push({
        id: "guard-secret-readable",
        says: `others on this machine can read \`${file}\``,
        why: "whoever reads it speaks for the guard, or as one of its callers",
        next: `chmod 600 ${file}`,
      });
  }
  return { doors, unseen };
}

function* askingDoors({
  caller,
  allowIfDown = [],
  leases,
  rules = [],
}: Settings): Generator<Found> {
  if (allowIfDown.length > 0)
    yield {
      id: "guard-if-down",
      says: `while the server is away what the policy lets go on goes on for tiers ${allowIfDown.join(", ")}`,
      why: "nobody is asked then; it is on record afterwards",
      next: "take the tiers out of `allowIfDown`",
    };
  if (caller.from === "nothing")
    yield {
      id: "guard-caller-unknown",
      says: "nobody knows who asks (`caller.from` is `nothing`)",
      why: "no change has an author, so that no approval counts and every policy that asks for one holds all",
      next: "name callers by certificate, secret or a header of your proxy",
    };
  if (leases === true)
    yield {
      id: "guard-leases",
      says: "keys may be put under leases",
      why: "what a lease lets vanish later nobody is asked about",
      next: "take `leases` out when nobody needs it",
    };
  const weak = rules.filter(({ versions }) => versions !== "if-match");
  if (weak.length > 0)
    yield {
      id: "guard-read-again",
      says: `${listed(weak.map(({ method, path }) => `${method} ${path}`))} cannot be tied to what was judged`,
      why: "between reading again and writing somebody else may write; the guard only tells of it",
      next: "give them `versions: if-match` where the API compares versions",
    };
}

function* journalDoors({ state }: Settings): Generator<Found> {
  const open = unfinished(state);
  if (open.length > 0)
    yield {
      id: "guard-unfinished",
      says: `of ${listed(open)} nobody knows whether it was carried out`,
      why: "the guard ended, or is at it, between sending it and hearing of it",
      next: "compare what the engine holds with the journal's `before` and `after`",
    };
}
