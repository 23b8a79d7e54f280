// SPDX-License-Identifier: Apache-2.0
/** What people ask of a rollout, and when it is refused. */
import { append, lastId, notify } from "./edit.ts";
import type { Request, RolloutEvent } from "./event.ts";
import type { RolloutFailure, RolloutFailureCode } from "./failure.ts";
import type { RolloutState } from "./state.ts";
import { goBack, halt } from "./stop.ts";
import { cellsToGoBack, withoutWayBack } from "./way-back.ts";

export type Asked =
  | { readonly ok: true; readonly state: RolloutState }
  | {
      readonly ok: false;
      readonly failure: RolloutFailure;
      readonly record: { readonly event: string; readonly by: string; readonly because: string };
    };

type Of<K extends Request["kind"]> = Extract<Request, { readonly kind: K }>;
type Handlers = { readonly [K in Request["kind"]]: (state: RolloutState, asked: Of<K>) => Asked };

const HANDLERS: Handlers = {
  approved,
  pause,
  resume,
  halt: stop,
  "go-back": back,
  adopted,
  "marked-bad": markedBad,
  withdraw,
};

export const isRequest = (event: RolloutEvent): event is Request =>
  Object.hasOwn(HANDLERS, event.kind);

export function request(state: RolloutState, asked: Request): Asked {
  // The table pairs each kind with its own handler, which the compiler cannot follow.
  const handler = HANDLERS[asked.kind] as (state: RolloutState, asked: Request) => Asked;
  return handler(state, asked);
}

const done = (state: RolloutState): Asked => ({ ok: true, state });

function refuse(
  asked: Request,
  [code, message, help]: readonly [code: RolloutFailureCode, message: string, help: string],
): Asked {
  const by = "by" in asked ? asked.by : "";
  return {
    ok: false,
    failure: { code, message, help },
    record: { event: asked.kind, by, because: code },
  };
}

const notNow = (state: RolloutState, asked: Request): Asked =>
  refuse(asked, [
    "ROLLOUT_NOT_NOW",
    `the rollout is \`${state.phase}\`, so that \`${asked.kind}\` has no place`,
    "look at where it stands and what it waits for",
  ]);

/** By the decision, or by a second person later on. Without a way back nothing begins. */
function approved(state: RolloutState, asked: Of<"approved">): Asked {
  if (asked.persons.length === 0) return notNow(state, asked);
  const persons = [...new Set([...state.persons, ...asked.persons])].sort();
  const hold = state.hold === "second-person" && persons.length > 1 ? "none" : state.hold;
  if (state.phase === "running" || state.phase === "halted")
    return done({ ...state, persons, hold });
  if (state.phase !== "proposed") return notNow(state, asked);
  const stuck = withoutWayBack(state, state.cells, "");
  if (stuck !== null) return noWayBack(asked, stuck.id, stuck.content.version);
  return done({ ...state, persons, decision: asked.entry, phase: "running" });
}

const noWayBack = (asked: Request, cell: string, version: string): Asked =>
  refuse(asked, [
    "ROLLOUT_NO_WAY_BACK",
    `\`${version}\` is no proven state of \`${cell}\``,
    asked.kind === "approved"
      ? "begin from what the cells hold: revert on the branch what went back, as a change that two people approve"
      : "name a version that passed its bake and was never halted",
  ]);

/** INVARIANT (pause-wins): a wave whose entry is not durable when the pause comes writes nothing before it ends. */
function pause(state: RolloutState, asked: Of<"pause">): Asked {
  if (state.phase !== "running" && state.phase !== "proposed") return notNow(state, asked);
  const { resuming: _, ...rest } = state;
  return done(append({ ...rest, paused: true }, "rollout-paused", { by: asked.by }));
}

/** Holds that end when what was asked of the ledger is asked again, and taken. */
const WAITING: ReadonlySet<RolloutState["hold"]> = new Set(["entry-refused", "break-glass-over"]);

/** A pause ends by anybody's word; a halt by an approval that was given after it. */
function resume(state: RolloutState, asked: Of<"resume">): Asked {
  const waits = state.paused || WAITING.has(state.hold);
  if (state.phase === "running" && waits) return going(state, asked);
  if (state.phase !== "halted" || state.halt?.during !== "running") return notNow(state, asked);
  const { approval } = asked;
  const { index } = state.halt;
  if (
    approval === undefined ||
    approval.persons.length === 0 ||
    index === undefined ||
    approval.index <= index
  )
    return refuse(asked, [
      "ROLLOUT_APPROVAL_OLD",
      "it was halted, and no approval has been given since",
      "ask for an approval that was given after the halt was recorded",
    ]);
  if (state.cells.some(({ conflict }) => conflict !== undefined)) return notNow(state, asked);
  const persons = [...new Set([...state.persons, ...approval.persons])].sort();
  return going({ ...state, persons }, asked);
}

function going(state: RolloutState, { by }: Of<"resume">): Asked {
  if (state.resuming !== undefined) return done(state);
  const asked = append(state, "rollout-resumed", { by });
  return done({ ...asked, resuming: lastId(asked) });
}

/** by (halt-wins): whoever asks, whenever. */
function stop(state: RolloutState, asked: Of<"halt">): Asked {
  if (state.phase === "running" || state.phase === "going-back") return done(halt(state, asked));
  if (state.phase === "proposed") return done({ ...halt(state, asked), phase: "withdrawn" });
  return notNow(state, asked);
}

function back(state: RolloutState, asked: Of<"go-back">): Asked {
  if (
    state.phase === "going-back" &&
    state.back !== undefined &&
    asked.anyway &&
    asked.to === state.back.to
  )
    return done({ ...state, back: { ...state.back, anyway: true } });
  if (state.phase !== "running" && state.phase !== "halted" && state.phase !== "completed")
    return notNow(state, asked);
  const cells = cellsToGoBack(state, asked.to);
  const stuck = withoutWayBack(state, cells, asked.to);
  if (stuck !== null) return noWayBack(asked, stuck.id, asked.to === "" ? "what it had" : asked.to);
  return done(goBack(state, asked));
}

function adopted(state: RolloutState, { version, fits, entry }: Of<"adopted">): Asked {
  const one = {
    version,
    kind: "baseline",
    entry,
    fits: [...fits].sort(),
    halted: false,
    bad: false,
  } as const;
  return done({ ...state, proven: [...state.proven, one] });
}

/** Of the version that goes out: it stops. Of any: nobody goes back to it. */
function markedBad(state: RolloutState, { version, by, because = "" }: Of<"marked-bad">): Asked {
  const proven = state.proven.map((one) => (one.version === version ? { ...one, bad: true } : one));
  const marked = { ...state, proven };
  return done(
    version === state.plan.version && state.phase === "running"
      ? halt(marked, { by, because: ["it was marked bad", because].filter(Boolean).join(": ") })
      : marked,
  );
}

function withdraw(state: RolloutState, asked: Of<"withdraw">): Asked {
  if (state.phase !== "proposed") return notNow(state, asked);
  return done(notify({ ...state, phase: "withdrawn" }, "halted", asked.because));
}
