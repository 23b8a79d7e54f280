// SPDX-License-Identifier: Apache-2.0
import type { RemedyShown } from "@interlock/protocol";
import { Badge } from "../parts/badge.tsx";
import { useNow, When } from "../parts/when.tsx";

const MINUTE_MS = 60_000;

/** How long, as people say it. */
export function duration(ms: number): string {
  const units = [
    [86_400_000, "days"],
    [3_600_000, "hours"],
    [MINUTE_MS, "minutes"],
  ] as const;
  const [unit, name] = units.find(([of]) => ms >= of && ms % of === 0) ?? [MINUTE_MS, "minutes"];
  const count = ms / unit;
  return `${count} ${count === 1 ? name.slice(0, -1) : name}`;
}

/** How often it may run, and how often it did lately. */
export function Limit({ of: { runs, withinMs, ranLately } }: { readonly of: RemedyShown }) {
  const used = ranLately >= runs;
  return (
    <>
      {used && <Badge meaning="person">used up</Badge>} {ranLately} of {runs} within{" "}
      {duration(withinMs)}
    </>
  );
}

/** Until when its rehearsal counts. */
export function Rehearsed({ of }: { readonly of: RemedyShown }) {
  const now = useNow();
  return now > of.rehearsedUntil ? (
    <>
      <Badge meaning="stopped">expired</Badge> <When at={of.rehearsedUntil} />: nobody may run it
    </>
  ) : (
    <>
      ends <When at={of.rehearsedUntil} />
    </>
  );
}
