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
  applyConfigMap,
  createConfigMap,
  getConfigMap,
  ownedByOthers,
} from "./api.ts";
import { type ConfigMap, dataOf, FENCE, heldOf, REMEMBERED, WRITTEN } from "./object.ts";
import type { Place } from "./settings.ts";

/** How often an object is looked at anew because somebody wrote it meanwhile. */
const TRIES = 16;
/** Of a key of a ConfigMap (`IsConfigMapKey`). */
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;
/** Of all values of a ConfigMap together; the API server refuses more. */
const DATA_BYTES = 1 << 20;

type Step =
  | { readonly kind: "ended"; readonly outcome: WriteOutcome }
  | { readonly kind: "look anew" }
  | { readonly kind: "apply"; readonly found: ConfigMap };

export async function writeConfigMap(api: Api, place: Place, batch: Batch): Promise<WriteOutcome> {
  const failure = overLimit(batch) ?? overConfigMap(batch);
  if (failure !== null) return { kind: "refused", failure };
  return api.client.write(async (ask) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const step = await look(ask, api, place, batch);
      if (step.kind === "ended") return step.outcome;
      if (step.kind === "look anew") continue;
      const content = contentOf(step.found, batch);
      const reply = await applyConfigMap(ask, api, place, content);
      const outcome = outcomeOf(reply, batch);
      if (outcome !== null) return outcome;
    }
    return { kind: "away", failure: apiAway("the object is written by others all the time") };
  });
}

function overConfigMap({ items }: Batch): TargetFailure | null {
  const wrong = items.find(({ key }) => !isConfigMapKey(key));
  return wrong === undefined ? null : keyFault(wrong.key);
}

export const isConfigMapKey = (key: string): boolean =>
  KEY.test(key) && key !== "." && !key.startsWith("..");

export const keyFault = (key: string): TargetFailure =>
  refused(
    `\`${shown(key)}\` cannot be a key of a ConfigMap`,
    "use 1 to 253 letters, digits, `-`, `_` or `.`, not beginning with `..`",
  );

async function look(ask: Ask, api: Api, place: Place, batch: Batch): Promise<Step> {
  const got = await getConfigMap(api, place);
  if (!got.ok) {
    const kind = got.failure.code === "TARGET_AWAY" ? "away" : "refused";
    return { kind: "ended", outcome: { kind, failure: got.failure } };
  }
  const outcome = judge(got.value, batch);
  if (outcome !== null) return { kind: "ended", outcome };
  if (got.value !== null) return { kind: "apply", found: got.value };
  // An empty object first, so that what is applied to it can carry a resourceVersion as always. It is
  // created: an apply of nothing would take away what somebody with our name applied meanwhile.
  const made = await createConfigMap(ask, api, place);
  const isThere = made.kind === "answer" && (made.status < 300 || made.status === 409);
  if (isThere) return { kind: "look anew" };
  if (made.kind === "answer" && made.status < 500 && made.status !== 429)
    return { kind: "ended", outcome: { kind: "refused", failure: apiRefused(made) } };
  // An object that is empty is no effect on any key.
  const why = made.kind === "answer" ? `status ${made.status}` : made.why;
  return { kind: "ended", outcome: { kind: "away", failure: apiAway(why) } };
}

/** What an object as it stands says of a batch; `null`: it may be applied. */
function judge(found: ConfigMap | null, batch: Batch): WriteOutcome | null {
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
  const bytes = [...after(found, batch)].reduce(
    (sum, [key, { length }]) => sum + key.length + length,
    0,
  );
  return bytes <= DATA_BYTES ? null : { kind: "refused", failure: tooLarge(bytes) };
}

const tooLarge = (bytes: number): TargetFailure => ({
  code: "TARGET_LIMIT",
  message: `the ConfigMap would have ${bytes} bytes, ${DATA_BYTES} are allowed`,
  help: "give the cell fewer or smaller keys",
});

/** Everything that the object is to hold, whoever owns it. */
function after(found: ConfigMap | null, { items }: Batch): ReadonlyMap<string, Uint8Array> {
  const values = new Map(found?.values);
  for (const { key, value } of items)
    if (value === null) values.delete(key);
    else values.set(key, value);
  return values;
}

/** An apply removes what its manager applied before and leaves out now, so all of that is in it again. */
function contentOf(found: ConfigMap, batch: Batch): Readonly<Record<string, Json>> {
  const named = new Set(batch.items.map(({ key }) => key));
  const ours = [...after(found, batch)].filter(([key]) => named.has(key) || found.applied.has(key));
  const written = [batch.idempotencyKey, ...found.written].slice(0, REMEMBERED);
  return {
    metadata: {
      resourceVersion: found.resourceVersion,
      annotations: { [FENCE]: String(batch.fence), [WRITTEN]: written.join(",") },
    },
    ...dataOf(new Map(ours)),
  };
}

/** `null`: the object was written since it was looked at, so nothing was done. */
function outcomeOf(reply: Reply, batch: Batch): WriteOutcome | null {
  if (reply.kind === "unsent") return { kind: "away", failure: apiAway(reply.why) };
  if (reply.kind === "lost") return { kind: "unknown", failure: apiAway(reply.why) };
  if (reply.status >= 200 && reply.status < 300) return { kind: "written" };
  if (reply.status === 409) {
    const owned = ownedByOthers(reply);
    if (owned === null) return null;
    const keys = batch.items.map(({ key }) => key).filter((key) => owned.includes(key));
    if (keys.length > 0) return { kind: "conflict", keys, done: [] };
    return { kind: "refused", failure: apiRefused(reply) };
  }
  // It was deleted meanwhile.
  if (reply.status === 404) return null;
  if (reply.status === 429) return { kind: "away", failure: apiAway("too many requests") };
  if (reply.status >= 500) return { kind: "unknown", failure: apiAway(`status ${reply.status}`) };
  return { kind: "refused", failure: apiRefused(reply) };
}
