// SPDX-License-Identifier: Apache-2.0
/**
 * A batch is one apply of one object, so it takes effect whole. It carries the resourceVersion at which
 * its versions and its fence were looked at: had anybody written the object since, the API server
 * answers 409, and everything is looked at anew.
 */
import type { Json } from "@interlock/digest";
import { refused, shown } from "../failure.ts";
import { overLimit } from "../limits.ts";
import type { Batch, TargetFailure, WriteOutcome } from "../target.ts";
import type { Ask, Reply } from "../web/client.ts";
import {
  type Api,
  apiAway,
  apiDamaged,
  apiRefused,
  applyObject,
  createObject,
  getObject,
  noObject,
  ownedByOthers,
} from "./api.ts";
import type { Form } from "./form.ts";
import { FENCE, type Found, heldOf, REMEMBERED, WRITTEN } from "./object.ts";
import type { Place } from "./settings.ts";

/** How often an object is looked at anew because somebody wrote it meanwhile. */
const TRIES = 16;
type Step =
  | { readonly kind: "ended"; readonly outcome: WriteOutcome }
  | { readonly kind: "look anew" }
  | { readonly kind: "apply"; readonly found: Found };

export async function writeObject(api: Api, place: Place, batch: Batch): Promise<WriteOutcome> {
  const { form } = api.settings;
  const failure = overLimit(batch) ?? form.batchFault(batch);
  if (failure !== null) return { kind: "refused", failure };
  return api.client.write(async (ask) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const step = await look(ask, api, place, batch);
      if (step.kind === "ended") return step.outcome;
      if (step.kind === "look anew") continue;
      const content = contentOf(form, step.found, batch);
      const reply = await applyObject(ask, api, place, content);
      const outcome = outcomeOf(api, reply, batch);
      if (outcome !== null) return outcome;
    }
    return { kind: "away", failure: apiAway("the object is written by others all the time") };
  });
}

async function look(ask: Ask, api: Api, place: Place, batch: Batch): Promise<Step> {
  const got = await getObject(api, place);
  if (!got.ok) {
    const kind = got.failure.code === "TARGET_AWAY" ? "away" : "refused";
    return { kind: "ended", outcome: { kind, failure: got.failure } };
  }
  const { form } = api.settings;
  if (got.value === null && !form.creates)
    return { kind: "ended", outcome: { kind: "refused", failure: noObject(api, place) } };
  const outcome = judge(form, got.value, batch);
  if (outcome !== null) return { kind: "ended", outcome };
  if (got.value !== null) return { kind: "apply", found: got.value };
  // An empty object first, so that what is applied to it can carry a resourceVersion as always. It is
  // created: an apply of nothing would take away what somebody with our name applied meanwhile.
  const made = await createObject(ask, api, place);
  const isThere = made.kind === "answer" && (made.status < 300 || made.status === 409);
  if (isThere) return { kind: "look anew" };
  if (made.kind === "answer" && made.status < 500 && made.status !== 429)
    return { kind: "ended", outcome: { kind: "refused", failure: apiRefused(made) } };
  // An object that is empty is no effect on any key.
  const why = made.kind === "answer" ? `status ${made.status}` : made.why;
  return { kind: "ended", outcome: { kind: "away", failure: apiAway(why) } };
}

/** What an object as it stands says of a batch; `null`: it may be applied. */
function judge(form: Form, found: Found | null, batch: Batch): WriteOutcome | null {
  const fence = found === null ? 0 : found.fence;
  if (fence === null) return { kind: "refused", failure: apiDamaged(`the annotation ${FENCE}`) };
  if (found?.written.includes(batch.idempotencyKey) === true) return { kind: "already" };
  if (fence > batch.fence) return { kind: "fenced", fence };
  const keys = batch.items
    .filter(({ key, value, over }) => {
      const held = heldOf(found?.values.get(key));
      // What others own stays when it is left out of an apply: it is theirs to delete.
      const isKept = value === null && held !== null && found?.foreign.has(key) === true;
      return (held?.version ?? null) !== over || isKept;
    })
    .map(({ key }) => key);
  if (keys.length > 0) return { kind: "conflict", keys, done: [] };
  if (found === null) return null;
  const failure = strangeFault(found) ?? form.objectFault(found.object, batch, after(found, batch));
  return failure === null ? null : { kind: "refused", failure };
}

/**
 * INVARIANT (nothing-taken-away): an apply of ours leaves nothing out that our field manager applied
 * once, since the API server would take that away; what is no key is for a person to hand back.
 */
function strangeFault({ strange }: Found): TargetFailure | null {
  const [first] = strange;
  if (first === undefined) return null;
  const more = strange.length === 1 ? "" : ` and ${strange.length - 1} more fields`;
  return refused(
    `our field manager owns \`${shown(first)}\`${more}, which an apply of keys would take away`,
    "apply those fields under another field manager, or let Interlock use one of its own",
  );
}

/** Everything that the object is to hold, whoever owns it. */
function after(found: Found, { items }: Batch): ReadonlyMap<string, Uint8Array> {
  const values = new Map(found.values);
  for (const { key, value } of items)
    if (value === null) values.delete(key);
    else values.set(key, value);
  return values;
}

/** An apply removes what its manager applied before and leaves out now, so all of that is in it again. */
function contentOf(form: Form, found: Found, batch: Batch): Readonly<Record<string, Json>> {
  const named = new Set(batch.items.map(({ key }) => key));
  const ours = [...after(found, batch)].filter(([key]) => named.has(key) || found.applied.has(key));
  const written = [batch.idempotencyKey, ...found.written].slice(0, REMEMBERED);
  return {
    metadata: {
      resourceVersion: found.resourceVersion,
      annotations: { [FENCE]: String(batch.fence), [WRITTEN]: written.join(",") },
    },
    ...form.contentOf(new Map(ours)),
  };
}

/** `null`: the object was written since it was looked at, so nothing was done. */
function outcomeOf(api: Api, reply: Reply, batch: Batch): WriteOutcome | null {
  if (reply.kind === "unsent") return { kind: "away", failure: apiAway(reply.why) };
  if (reply.kind === "lost") return { kind: "unknown", failure: apiAway(reply.why) };
  if (reply.status >= 200 && reply.status < 300) return { kind: "written" };
  if (reply.status === 409) {
    const owned = ownedByOthers(api, reply);
    if (owned === null) return null;
    const { owners } = owned;
    const keys = batch.items.map(({ key }) => key).filter((key) => owned.keys.includes(key));
    if (keys.length > 0) return { kind: "conflict", keys, done: [], owners };
    const what = `what Interlock keeps in the object beside these keys belongs to ${owners.join(", ")}`;
    return { kind: "refused", failure: refused(what, "hand it over: docs/reference/targets.md") };
  }
  // It was deleted meanwhile.
  if (reply.status === 404) return null;
  if (reply.status === 429) return { kind: "away", failure: apiAway("too many requests") };
  if (reply.status >= 500) return { kind: "unknown", failure: apiAway(`status ${reply.status}`) };
  return { kind: "refused", failure: apiRefused(reply) };
}
