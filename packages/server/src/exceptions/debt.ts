// SPDX-License-Identifier: Apache-2.0
import { type DebtBody, teamsTouched } from "@interlock/core";
import type { Place } from "@interlock/protocol";
import type { Judgement } from "../gate/judge.ts";
import { type Exceptions, isRecorded } from "./story.ts";

/**
 * What a decision leaves to be reviewed, or `null`: it let nothing pass, nobody broke the glass for
 * it, or an earlier decision about the same change recorded it.
 */
export function debtLeft(
  { record: { decision, facts }, waived }: Judgement,
  about: { readonly place: Place; readonly change: string; readonly decision: string },
  exceptions: Exceptions,
): DebtBody | null {
  const urgent = waived.filter(({ statement }) => statement.waives?.breakGlass === true);
  if (decision.effective !== "allow" || facts === null || urgent.length === 0) return null;
  const overrides = sorted(urgent.map(({ entry }) => entry));
  if (isRecorded(exceptions, about.change, overrides)) return null;
  const { repository, target, environment } = about.place;
  return {
    ...{ change: about.change, repository, target, environment, decision: about.decision },
    ...{ overrides, by: sorted(urgent.map(({ person }) => person)) },
    incidents: sorted(urgent.flatMap(({ statement }) => statement.waives?.incident ?? [])),
    teams: teamsTouched(facts.change) ?? [],
  };
}

const sorted = (items: readonly string[]): readonly string[] => [...new Set(items)].sort();
