// SPDX-License-Identifier: Apache-2.0
/** A shop without a Prometheus tells its counters itself. */
import { GateError } from "@interlock/core";
import type { Closing } from "./children.ts";
import type { Person } from "./people.ts";
import type { Scenario } from "./scenario.ts";
import { openMetrics, type Shop, waited } from "./shop.ts";

/** A slot is whole once something came from after it: a quarter of the shortest slot. */
const PUSH_MS = 250;
const FOLLOW_MS = 20_000;
const SIGNALS = ["orders", "errors"] as const;

/** Begins to push, with a token that may do nothing else; ends with the drill. */
export async function keepPushing(
  { scenario, options, ends, tell }: PushTerms,
  { server, shop, people }: PushedTo,
): Promise<void> {
  const maker = people.get("bo");
  if (maker === undefined) throw new Error("invariant broken: a founder is missing");
  const body = { name: "the shop", repository: `system:${scenario.system}`, verbs: ["push"] };
  const made = await maker.call({ method: "POST", path: "/api/v1/tokens", body });
  // A server looks every other second which description is in force.
  const known = async () =>
    (await maker.call({ method: "GET", path: "/api/v1/signals" }))["signals"];
  for (const end = Date.now() + FOLLOW_MS; Date.now() < end && (await known())?.toString() === ""; )
    await waited(PUSH_MS, options.over);
  const push = async () => {
    const text = openMetrics(shop.seen(), Date.now());
    for (const signal of SIGNALS) {
      const response = await fetch(`${server}/api/v1/signals/${signal}/points`, {
        method: "POST",
        headers: {
          "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8",
          authorization: `Bearer ${String(made["secret"])}`,
        },
        body: text,
        signal: AbortSignal.timeout(5_000),
      });
      await response.arrayBuffer();
      if (!response.ok)
        throw new GateError(
          "JUDGING_STOPPED",
          `the server answers ${response.status} to a push of \`${signal}\``,
          "run the drill again",
        );
    }
  };
  const over = new AbortController();
  const pushing = (async () => {
    let trouble = "";
    while (await waited(PUSH_MS, over.signal)) {
      const says = await push().then(
        () => "",
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      // Counters are totals: what one push missed, the next one brings.
      if (says !== trouble && says !== "" && !over.signal.aborted) tell(`a push failed: ${says}`);
      trouble = says;
    }
  })();
  ends.add(async () => {
    over.abort();
    await pushing;
  });
}

type PushTerms = {
  readonly scenario: Scenario;
  readonly options: { readonly over: AbortSignal };
  readonly ends: Closing;
  readonly tell: (says: string) => void;
};

type PushedTo = {
  readonly server: string;
  readonly shop: Shop;
  readonly people: ReadonlyMap<string, Person>;
};
