// SPDX-License-Identifier: Apache-2.0
/** `ifDown`: what goes on while something is away. */
import {
  AWAY,
  type Away,
  type IfDown,
  mayProceed,
  NEVER_WITHOUT,
  THEN,
  type Then,
} from "@interlock/core";
import { IF_DOWN } from "../schema/policy.ts";
import { didYouMean } from "../suggest.ts";
import type { Part } from "./include.ts";
import { allowFields, oneOf, type Raw, type Reader, report, written } from "./reader.ts";
import { mappings, spanOf } from "./schedule.ts";
import type { Path } from "./source.ts";

/** The lines of a list; an addendum's can only hold. by (only-tightens) */
export function ifDownOf(
  r: Reader,
  raw: Raw,
  { path, addendum }: { readonly path: Path; readonly addendum: boolean },
): readonly IfDown[] {
  return mappings(r, raw["ifDown"], [...path, "ifDown"]).map(([line, at]) => {
    allowFields(r, line, at, Object.keys(IF_DOWN));
    const found: IfDown = {
      tier: tierOf(r, line, at),
      away: awayOf(r, line["away"], [...at, "away"]),
      proceeds: proceeds(r, line, at),
    };
    if (found.proceeds) refuseProceeding(r, found, { path: at, addendum });
    return found;
  });
}

/** What addenda hold while something is away, each as long as it lasts. */
export function addendaHolding({ r, raw }: Part): readonly IfDown[] {
  const silent = { ...r, problems: [] };
  return mappings(silent, raw["addenda"], ["addenda"]).flatMap(([addendum, path]) => {
    const span = spanOf(silent, addendum, path);
    const lines = ifDownOf(r, addendum, { path, addendum: true });
    return lines.map((line) => ({ ...line, ...span }));
  });
}

function tierOf(r: Reader, line: Raw, path: Path): number {
  const { tier } = line;
  if (typeof tier === "number" && [1, 2, 3, 4].includes(tier)) return tier;
  report(
    r,
    tier === undefined ? "FIELD_MISSING" : "FIELD_INVALID",
    tier === undefined ? path : [...path, "tier"],
    tier === undefined ? "`tier` is missing" : `\`tier\` is \`${written(tier)}\``,
    "write a tier from 1 to 4",
  );
  return 1;
}

function awayOf(r: Reader, value: unknown, path: Path): readonly Away[] {
  if (value === undefined || value === null) return [];
  const named = Array.isArray(value) ? value : [value];
  // An empty list would mean the contrary of what it looks like.
  if (named.length === 0)
    report(r, "FIELD_INVALID", path, "`away` names nothing", "leave it out for whatever is away");
  const found = named.flatMap((one): readonly Away[] => {
    const known = AWAY.find((each) => each === one);
    if (known !== undefined) return [known];
    report(
      r,
      "FIELD_INVALID",
      path,
      `\`${written(one)}\` is nothing that can be away`,
      didYouMean(written(one), AWAY),
    );
    return [];
  });
  return [...new Set(found)].sort();
}

function proceeds(r: Reader, line: Raw, path: Path): boolean {
  if (line["then"] === undefined)
    report(r, "FIELD_MISSING", path, "`then` is missing", "write `then: hold` or `then: proceed`");
  const then = oneOf<Then>(r, line, path, "then", { values: THEN, fallback: "hold" });
  return then === "proceed";
}

const HOLD_INSTEAD =
  "write `then: hold`; in an emergency two people sign with `interlock emergency sign`";

/** A line that would promise what no enforcement point does is none. */
function refuseProceeding(
  r: Reader,
  { tier, away }: IfDown,
  { path, addendum }: { readonly path: Path; readonly addendum: boolean },
): void {
  const say = (message: string, help: string) =>
    report(r, "FIELD_INVALID", [...path, "then"], message, help);
  if (addendum)
    say(
      "an addendum can only hold what goes on while something is away",
      "write `then: hold`, or put the line under `ifDown` of the policy itself",
    );
  else if (tier === NEVER_WITHOUT && AWAY.some((one) => named(away, one) && !mayProceed(tier, one)))
    say("a change of Tier 1 never goes on without the server and its ledger", HOLD_INSTEAD);
  else if (away.includes("forge"))
    say(
      "nothing goes on in place of reviews that cannot be read: approvals by passkey still count",
      HOLD_INSTEAD,
    );
}

const named = (away: readonly Away[], one: Away): boolean =>
  away.length === 0 || away.includes(one);
