// SPDX-License-Identifier: Apache-2.0
/**
 * Against a model that knows of a rollout only what people see: where it stands, and which acts it
 * takes. Targets and the ledger answer at once and truthfully here; `simulation.ts` has the faults.
 */
import type { RolloutEvent } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { begun, digest, MINUTE, PLAN, Walk, wave } from "./plans.ts";

type Model = {
  phase: "proposed" | "running" | "halted" | "going-back" | "completed" | "gone-back" | "withdrawn";
  paused: boolean;
  /** Waves that were written. */
  waves: number;
  marked: boolean;
  /** It was halted on its way back. */
  backwards: boolean;
  /** A bake went by while it was paused. */
  baked: boolean;
};

const WAVES = 2;
/** Past the bake of one wave, and what its write and its analysis take. */
const STRETCH = 11 * MINUTE;

type Command = fc.Command<Model, Walk>;

class Ask implements Command {
  readonly name: string;
  private readonly event: (walk: Walk) => RolloutEvent;
  private readonly takes: (model: Model) => boolean;
  private readonly leads: (model: Model) => void;

  constructor(
    name: string,
    event: (walk: Walk) => RolloutEvent,
    [takes, leads]: readonly [takes: (model: Model) => boolean, leads: (model: Model) => void],
  ) {
    this.name = name;
    this.event = event;
    this.takes = takes;
    this.leads = leads;
  }

  /** Where some cells are back and others are not, it depends on them what a mark forbids. */
  check = (model: Readonly<Model>) =>
    !this.name.startsWith("mark") || (model.phase !== "going-back" && !model.backwards);

  run(model: Model, walk: Walk): void {
    const told = walk.tell(this.event(walk));
    expect(told.ok).toBe(this.takes(model));
    if (told.ok) this.leads(model);
    walk.answer();
    agrees(model, walk);
  }

  toString = () => this.name;
}

class Pass implements Command {
  check = () => true;

  run(model: Model, walk: Walk): void {
    walk.pass(STRETCH);
    if (model.phase === "running" && model.paused && model.waves > 0) model.baked = true;
    if (model.phase === "running" && !model.paused) next(model);
    if (model.phase === "going-back") model.phase = "gone-back";
    agrees(model, walk);
  }

  toString = () => "a bake goes by";
}

function agrees(model: Model, walk: Walk): void {
  // Where nothing has been written there is nothing to go back, which takes no time.
  if (model.phase === "going-back" && walk.state.phase === "gone-back") model.phase = "gone-back";
  expect(walk.state.phase).toBe(model.phase);
  expect(walk.state.paused && model.phase === "running").toBe(
    model.paused && model.phase === "running",
  );
  const exposed = [...walk.held.values()].filter(({ version }) => version === "v2").length;
  if (model.phase === "gone-back") expect(exposed).toBe(0);
  else if (model.phase !== "going-back" && !model.backwards) expect(exposed).toBe(model.waves);
}

const inside =
  (...phases: readonly Model["phase"][]) =>
  (model: Model) =>
    phases.includes(model.phase);

function next(model: Model): void {
  model.baked = false;
  if (model.waves === WAVES) model.phase = "completed";
  else model.waves++;
}

/** A halt ends a bake, a pause does not. */
const goOn = (model: Model): void => {
  const { phase, baked } = model;
  model.paused = false;
  model.baked = false;
  enter(model);
  if (phase === "running" && baked) next(model);
};

const enter = (model: Model): void => {
  model.phase = "running";
  if (model.waves === 0 && !model.paused) model.waves = 1;
};

const ASKS: readonly Ask[] = [
  new Ask(
    "approve",
    (walk) => ({
      kind: "approved",
      persons: ["ana", "bo"],
      entry: digest("d"),
      index: walk.index++,
    }),
    [
      (model) =>
        ["running", "halted"].includes(model.phase) ||
        (model.phase === "proposed" && !model.marked),
      (model) => {
        if (model.phase === "proposed") enter(model);
      },
    ],
  ),
  new Ask("pause", () => ({ kind: "pause", by: "cee" }), [
    inside("running", "proposed"),
    (model) => {
      model.paused = true;
    },
  ]),
  new Ask("resume", () => ({ kind: "resume", by: "cee" }), [
    (model) => model.phase === "running" && model.paused,
    goOn,
  ]),
  new Ask(
    "resume with an approval",
    (walk) => ({
      kind: "resume",
      by: "cee",
      approval: { persons: ["dee"], entry: digest("a"), index: walk.index++ },
    }),
    [
      (model) =>
        (model.phase === "halted" && !model.backwards) ||
        (model.phase === "running" && model.paused),
      goOn,
    ],
  ),
  new Ask("halt", () => ({ kind: "halt", by: "cee", because: "looks wrong" }), [
    inside("proposed", "running", "going-back"),
    (model) => {
      model.backwards = model.phase === "going-back";
      model.phase = model.phase === "proposed" ? "withdrawn" : "halted";
    },
  ]),
  new Ask("go back", () => ({ kind: "go-back", by: "cee", to: "", anyway: false }), [
    (model) =>
      ["running", "halted", "completed"].includes(model.phase) &&
      (model.waves === 0 || !model.marked),
    (model) => {
      model.phase = "going-back";
      model.paused = false;
    },
  ]),
  new Ask("mark what it had as bad", () => ({ kind: "marked-bad", version: "v1", by: "dee" }), [
    () => true,
    (model) => {
      model.marked = true;
    },
  ]),
];

describe("a rollout and its model", () => {
  it("agree on what is taken, what is refused and what it leads to", () => {
    const plan = {
      ...PLAN,
      cells: PLAN.cells.slice(0, WAVES),
      waves: [wave({ a: 1_000_000 }), wave({ b: 1_000_000 })],
      // One cell at a time goes back, so that going back takes time as a bake does.
      back: { batchPpm: 1, everyMs: MINUTE, jitterMs: 5_000 },
    };
    const commands = fc.commands([...ASKS, new Pass(), new Pass()].map(fc.constant<Command>), {
      maxCommands: 25,
    });
    fc.assert(
      fc.property(commands, (all) => {
        const model: Model = {
          phase: "proposed",
          paused: false,
          waves: 0,
          marked: false,
          backwards: false,
          baked: false,
        };
        const walk = new Walk(begun(plan));
        walk.tell({ kind: "leased", fence: 1 });
        fc.modelRun(() => ({ model, real: walk }), all);
      }),
      { numRuns: 300 },
    );
  });
});
