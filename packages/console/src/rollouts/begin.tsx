// SPDX-License-Identifier: Apache-2.0
import { deliveriesOf, readDescription } from "@interlock/controlplane";
import type { ChangeEntry } from "@interlock/digest";
import { controlPlaneApi, type RolloutListed, rolloutsApi } from "@interlock/protocol";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { z } from "zod";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Refused } from "../parts/states.tsx";
import { useNames } from "../people/names.ts";
import { PlannedWaves } from "./planned-waves.tsx";
import { emergencyWords, isOver, lossWords, share, standingOf } from "./words.ts";

type Change = { readonly id: string; readonly repository: string; readonly target: string };
type Plan = z.output<typeof rolloutsApi.planRollout.answer>;

/** The way out of an allowed change: where its files go, the plan and what it costs, and the beginning. */
export function BeginRollouts({
  change,
  entries,
}: {
  readonly change: Change;
  readonly entries: readonly ChangeEntry[];
}) {
  const described = useLoaded(controlPlaneApi.descriptionInForce, {});
  const text = described.kind === "there" ? (described.value.inForce?.text ?? null) : null;
  const systems = useMemo(
    () => (text === null ? [] : systemsOf(text, { change, entries })),
    [text, change, entries],
  );
  const rollouts = useLoaded(rolloutsApi.rollouts, { query: { change: change.id } });
  const own = rollouts.kind === "there" ? rollouts.value.rollouts : [];
  // Until it is known what is under way, nothing is offered twice.
  if (systems.length === 0 || rollouts.kind === "loading") return null;
  return (
    <section className="section" aria-labelledby="rollouts">
      <h2 id="rollouts">Bring it to its cells</h2>
      <UnderWay own={own} />
      {systems.map((one) => {
        const before = own.filter(({ system }) => system === one.system);
        if (before.some((rollout) => !isOver(rollout))) return null;
        return <Begin key={one.system} change={change.id} {...one} last={before[0] ?? null} />;
      })}
    </section>
  );
}

/** What became of the last one, for whoever thinks of another. */
const AGAIN: Partial<Readonly<Record<RolloutListed["phase"], string>>> = {
  completed: "It has been there: another one is for cells that got something else since.",
  "gone-back": "It went back: another one takes an approval by passkey given since.",
  withdrawn: "It was withdrawn before anything was written.",
};

type Reached = {
  readonly system: string;
  readonly cells: number;
  /** Whether the system has an emergency lane. */
  readonly lane: boolean;
};

/** The systems that the change's files are delivered to, and how many of their cells. */
function systemsOf(
  text: string,
  { change, entries }: { readonly change: Change; readonly entries: readonly ChangeEntry[] },
): readonly Reached[] {
  const read = readDescription("control-plane.yaml", text);
  if (!read.ok) return [];
  const { configSets, systems } = read.description;
  const { repository, target: ref } = change;
  const { deliveries } = deliveriesOf(read.description, { repository, ref, entries });
  return systems.flatMap(({ name, emergency }) => {
    const sets = new Set(configSets.filter((one) => one.system === name).map((one) => one.name));
    const cells = new Set(deliveries.filter(({ set }) => sets.has(set)).map(({ cell }) => cell));
    const lane = emergency !== undefined;
    return cells.size === 0 ? [] : [{ system: name, cells: cells.size, lane }];
  });
}

function UnderWay({ own }: { readonly own: readonly RolloutListed[] }) {
  if (own.length === 0) return null;
  return (
    <ul className="tasks">
      {own.map((one) => {
        const { meaning, word } = standingOf(one);
        return (
          <li key={one.rollout}>
            <Badge meaning={meaning}>{word}</Badge>
            <Link to="/rollouts/$rollout" params={{ rollout: one.rollout }} data-row>
              {one.system}, wave {Math.min(one.wave + 1, one.waves)} of {one.waves}
            </Link>
            <span className="muted">{share(one.exposurePpm)} of orders</span>
          </li>
        );
      })}
    </ul>
  );
}

function Begin({
  change,
  system,
  cells,
  lane,
  last,
}: Reached & { readonly change: string; readonly last: RolloutListed | null }) {
  const [planned, plan] = useAct<Plan>();
  const ask = (emergency: boolean) =>
    void plan(() =>
      call(rolloutsApi.planRollout, {
        body: { change, system, ...(emergency ? { emergency } : {}) },
      }),
    );
  return (
    <div className="proposal">
      <p>
        <strong>{system}</strong>{" "}
        <span className="muted">
          {cells} {cells === 1 ? "cell" : "cells"} read what this change has in its files
        </span>
      </p>
      {last !== null && <p>{AGAIN[last.phase] ?? "It was begun before."}</p>}
      <button type="button" aria-disabled={planned.kind === "pending"} onClick={() => ask(false)}>
        {planned.kind === "pending"
          ? "Pending: the cells are read …"
          : `Plan the rollout to ${system}${last === null ? "" : " again"}`}
      </button>{" "}
      {lane && (
        <button type="button" aria-disabled={planned.kind === "pending"} onClick={() => ask(true)}>
          Plan it in the emergency lane of {system}
        </button>
      )}
      {planned.kind === "failed" && <Refused failure={planned.failure} />}
      {planned.kind === "done" && <Planned {...{ change, system, plan: planned.value }} />}
    </div>
  );
}

/** Chosen once for one plan: whoever presses twice begins one rollout. */
const once = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

function Planned({
  change,
  system,
  plan,
}: {
  readonly change: string;
  readonly system: string;
  readonly plan: Plan;
}) {
  const forget = useForget();
  const navigate = useNavigate();
  const [key] = useState(once);
  const [act, start] = useAct<z.output<typeof rolloutsApi.beginRollout.answer>>();
  const names = useNames();
  const { emergency, waves } = plan;
  const [first] = waves;
  const begin = async () => {
    const asked = emergency === null ? {} : { emergency: true };
    const body = { change, system, once: key, waves, ...asked };
    const begun = await start(() => call(rolloutsApi.beginRollout, { body }));
    if (begun?.ok !== true) return;
    await forget(rolloutsApi.rollouts);
    await navigate({
      to: "/rollouts/$rollout",
      params: { rollout: begun.value.rollout },
    });
  };
  return (
    <>
      {emergency !== null && <p>In the emergency lane, {emergencyWords(emergency, names)}.</p>}
      <PlannedWaves waves={waves} />
      <p>
        Lost if this is bad: <strong>{lossWords(plan.loss)}</strong>
      </p>
      <button
        type="button"
        className="primary"
        aria-disabled={act.kind === "pending"}
        onClick={() => void begin()}
      >
        {act.kind === "pending"
          ? "Pending: until it is durable …"
          : `Begin, as its operator: ${first?.cells.join(", ") ?? "nothing"} first`}
      </button>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </>
  );
}
