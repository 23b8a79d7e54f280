// SPDX-License-Identifier: Apache-2.0
/** What two people of a live drill agree upon: a policy, and the description of the control plane. */
import { stringify } from "yaml";
import type { Place } from "./place.ts";
import { LIVE_CELLS, type Scenario } from "./scenario.ts";

export const PEOPLE = ["ana", "bo", "cy"] as const;
export const BRANCH = "refs/heads/main";
export const TARGET = "cells";

/** Files of the repository before the change. */
export function firstFiles(scenario: Scenario): Readonly<Record<string, string>> {
  const persons = PEOPLE.map((id) => ({ id, accounts: [`${id}@example.com`], teams: ["shop"] }));
  const policy = {
    ...{ policy: "drill", version: 1, mode: "enforce" },
    rules: [
      {
        ...{ id: "two-people", title: "Two people besides the authors sign with a passkey" },
        ...{ when: "true", covers: true },
        require: { approvals: { count: 2, from: "owners", via: "passkey" } },
        motive: "in the drill both are fooled",
      },
    ],
  };
  return {
    CODEOWNERS: "* @shop\n",
    "interlock/policy.yaml": stringify(policy),
    "interlock/people.yaml": stringify({ persons }),
    [pathOf(scenario)]: scenario.before,
  };
}

export const pathOf = ({ key }: Scenario): string => `config/${key}`;

export type Signals =
  | { readonly kind: "push" }
  | { readonly kind: "prometheus"; readonly url: string };

/**
 * Of all orders: what waves of 1, 10, 40 and 100 % risk by the plan's own estimate with a thousand
 * orders a minute, and a little more. With more of them a bake tells more.
 */
const BUDGET_MINUTES = 0.5;

/** As short as signals can be, since a halt waits for the end of one. */
const SLOT_MS = 1_000;

/** The description in YAML. Its figures are those of a small shop in a hurry; nothing of it is special to a drill. */
export function description(given: {
  readonly scenario: Scenario;
  readonly place: Pick<Place, "kind" | "settings">;
  readonly signals: Signals;
  readonly repository: string;
  readonly ordersPerMinute: number;
}): string {
  const { scenario, place, signals, repository, ordersPerMinute } = given;
  const { system } = scenario;
  const slots = { slotMs: SLOT_MS, settleMs: 0, keepDays: 1 };
  const signal = (name: string, measures: string, weight: string) => ({
    ...{ name, system, kind: signals.kind, measures },
    settings: { ...slots, ...countersOf(signals, measures) },
    ...{ unit: name, fresh: "30s", minimumSamples: 30, weight },
  });
  return stringify({
    version: 1,
    targets: [{ name: TARGET, kind: place.kind, settings: place.settings }],
    systems: [
      {
        ...{ name: system, tier: 1, ordersPerMinute, asyncFailure: "1m" },
        lossBudget: Math.ceil(ordersPerMinute * BUDGET_MINUTES),
        cells: LIVE_CELLS.map(({ id, region, sharePpm }) => ({
          ...{ id, region, share: `${sharePpm / 10_000}%`, runs: `${system}-1` },
        })),
      },
    ],
    configSets: [
      {
        ...{ name: "shop", system, target: TARGET, owner: "shop", repository, ref: BRANCH },
        files: [{ path: "config/{key}", key: "{key}" }],
        schema: { type: "object" },
        limits: { keys: 10, valueBytes: 10_000, growth: "100%", shrink: "50%" },
      },
    ],
    signals: [signal("orders", "orders", "70%"), signal("errors", "errors", "30%")],
  });
}

/** Wave by wave one cell more, however wide a wave the budget would allow. */
export const WAVES = LIVE_CELLS.map(({ id }, i) => ({
  name: `wave ${i + 1}`,
  cells: [id],
  bake: { ms: 600_000, samples: 30, marginPpm: 20_000 },
}));

function countersOf(signals: Signals, measures: string): object {
  const of = measures === "errors" ? { of: "requests_total" } : {};
  const own = `${measures}_total`;
  return signals.kind === "push"
    ? { metric: own, ...of }
    : { url: signals.url, counter: own, ...of };
}
