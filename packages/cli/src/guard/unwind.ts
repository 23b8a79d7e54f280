// SPDX-License-Identifier: Apache-2.0
/**
 * A change that the guard carried out, taken away again: a request like any other, which is worked out,
 * judged and journalled as such. Only keys that still hold what the change wrote get back what they
 * held; what somebody wrote since stays.
 */
import { type Landed, landingsOf } from "./landed.ts";
import type { Asked, Effect, Engine, Plan } from "./plan.ts";
import { refused, type Worked, worked } from "./refusal.ts";

/** `restore`: it gets back what it held. `keep`: it was written since. `done`: it holds that already. */
export type KeyDecision = {
  readonly key: string;
  readonly decision: "restore" | "keep" | "done";
  readonly because: string;
};

export type Unwinding = {
  readonly of: Omit<Landed, "effects">;
  readonly keys: readonly KeyDecision[];
  /** What would bring back the keys to restore; `null`: there is none. */
  readonly plan: Plan | null;
};

export type UnwindTerms = { readonly engine: Engine; readonly state: string };

/** Below it, the change: as the server calls it, its digest, or its id in the journal. */
export const UNWIND_PATH = "/.well-known/interlock/unwind/";

/** The state moves while it is looked at: so often is it looked at again. */
const LOOKS_MAX = 3;

/** Works out what an unwind would do now; `headers` are the caller's. */
export async function unwindingOf(
  name: string,
  headers: Asked["headers"],
  { engine, state }: UnwindTerms,
): Promise<Worked<Unwinding>> {
  const { landed, since } = await landingsOf(state, name);
  if (landed === null)
    return refused(
      "GUARD_UNKNOWN_CHANGE",
      `this guard carried out no change \`${name}\``,
      "name it as `interlock-change` of its answer did, or by its id in the guard's journal",
    );
  const { effects: own, ...of } = landed;
  // Beside what was written: how often, which is no key of the engine.
  const written = own.filter(({ path }) => !path.endsWith("/@again"));
  const credentials = { authorization: headers["authorization"] };
  let keys = [...new Set(written.map(({ key }) => key))];
  const decided = new Map<string, KeyDecision>();
  for (let look = 0; look < LOOKS_MAX; look++) {
    const left = written.filter(({ key }) => keys.includes(key));
    const back = engine.backOf(left);
    if (!back.ok) return back;
    const asked: Asked = {
      ...back.value.asked,
      headers: { ...back.value.asked.headers, ...credentials },
    };
    const route = engine.routeOf(asked);
    if (route.kind === "refused") return { ok: false, refusal: route.refusal };
    const plan = await engine.planOf(asked);
    if (!plan.ok) return plan;
    for (const key of keys)
      decided.set(
        key,
        decisionOf(key, { left, now: plan.value.effects, since, alike: back.value.alike }),
      );
    const restored = keys.filter((key) => decided.get(key)?.decision === "restore");
    const made = { of, keys: [...decided.values()] };
    if (restored.length === 0) return worked({ ...made, plan: null });
    if (restored.length === keys.length) {
      const title = `unwind of ${of.change ?? of.id}: ${plan.value.title}`;
      return worked({ ...made, plan: { ...plan.value, title } });
    }
    keys = restored;
  }
  return refused(
    "GUARD_RACED",
    "its keys are being written while they are looked at",
    "ask again when whoever writes them has stopped",
  );
}

type Around = {
  readonly left: readonly Effect[];
  /** Only what is not as it was before the change. */
  readonly now: readonly Effect[];
  readonly since: ReadonlyMap<string, Omit<Landed, "effects">>;
  readonly alike: (a: Uint8Array | null, b: Uint8Array | null) => boolean;
};

function decisionOf(key: string, { left, now, since, alike }: Around): KeyDecision {
  const differs = now.filter((one) => one.key === key);
  if (differs.length === 0)
    return { key, decision: "done", because: "it holds what it held before" };
  const written = left.filter((one) => one.key === key);
  const strange = differs.find(({ path, before }) => {
    const own = written.find((one) => one.path === path);
    return own === undefined || !alike(own.after, before);
  });
  if (strange === undefined)
    return { key, decision: "restore", because: "it still holds what the change wrote" };
  const later = written.map(({ path }) => since.get(path)).findLast((one) => one !== undefined);
  const who =
    later === undefined
      ? "it was written since, past this guard"
      : `\`${later.change ?? later.id}\` wrote it since, by ${later.by ?? "somebody unknown"} at ${new Date(later.at).toISOString()}: ${later.title}`;
  return { key, decision: "keep", because: who };
}
