// SPDX-License-Identifier: Apache-2.0
import type { Blast } from "@interlock/core";
import type { ChangeDocument, DeclaredReach } from "../document.ts";
import type { Found } from "./lint.ts";

const COMPARED = [
  { declared: "systems", computed: "systems", field: "systems", says: "systems" },
  { declared: "cells", computed: "cells", field: "cells", says: "cells" },
  {
    declared: "ordersPerMinute",
    computed: "ordersPerMinute",
    field: "ordersPerMinute",
    says: "orders a minute",
  },
  {
    declared: "trafficPpm",
    computed: "trafficPpm",
    field: "trafficShare",
    says: "of traffic",
  },
] as const satisfies readonly {
  declared: keyof DeclaredReach;
  computed: keyof Blast;
  field: string;
  says: string;
}[];

/** What the author takes the reach to be, against what the catalog says. */
export function reachFindings(
  { scope, kind }: ChangeDocument,
  blast: Blast | undefined,
): readonly Found[] {
  if (scope === null || kind === "remedy") return [];
  const silent = Object.values(scope.blast).every((value) => value === null);
  const at = { section: "scope" as const };
  const undeclared: readonly Found[] = silent
    ? [
        {
          id: "blast-undeclared",
          ...at,
          path: ["scope"],
          message: "the document does not say how far the change reaches",
          help: "add `blast: { systems: 1, cells: 1, trafficShare: 5%, ordersPerMinute: 100 }`",
        },
      ]
    : [];
  if (blast === undefined) return undeclared;
  const low = COMPARED.flatMap(({ declared, computed, field, says }): readonly Found[] => {
    const said = scope.blast[declared];
    if (said === null || said >= blast[computed]) return [];
    const shown = (n: number) => (declared === "trafficPpm" ? `${n / 10_000} %` : String(n));
    return [
      {
        id: "blast-understated",
        ...at,
        path: ["scope", "blast", field],
        message: `the document says ${shown(said)} ${says}, the catalog says ${shown(blast[computed])}`,
        help: "take the computed figure, or change less at once",
      },
    ];
  });
  const touched = blast.reached.filter(({ via }) => via === "").map(({ system }) => system);
  const unnamed = touched.filter((system) => !scope.systems.includes(system));
  const missing: readonly Found[] =
    unnamed.length === 0
      ? []
      : [
          {
            id: "scope-understated",
            ...at,
            path: ["scope", "systems"],
            message: `the change touches ${unnamed
              .slice(0, 5)
              .map((s) => `\`${s}\``)
              .join(
                ", ",
              )}${unnamed.length > 5 ? ` and ${unnamed.length - 5} more` : ""}, which the scope does not name`,
            help: "add it to `systems`, or take it out of the change",
          },
        ];
  return [...undeclared, ...low, ...missing];
}
