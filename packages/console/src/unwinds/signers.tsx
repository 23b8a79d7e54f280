// SPDX-License-Identifier: Apache-2.0
import type { UnwindPlanText, UnwindShown } from "@interlock/protocol";
import { Badge } from "../parts/badge.tsx";
import { listed } from "../parts/short.ts";
import { useNames } from "../people/names.ts";

/** Who has to sign a plan, and who did. */
export function Signers(given: {
  readonly plan: UnwindPlanText;
  readonly signers: UnwindShown["signers"];
  readonly signed: readonly string[];
}) {
  const { plan, signers, signed } = given;
  const names = useNames();
  const owners = plan.needs.owners === 1 ? "an owner" : "two owners";
  return (
    <>
      <p>
        Two people sign it with their passkeys, {owners} of the config sets among them
        {signed.length > 0 && <>; {listed(signed.map(names))} did</>}.
      </p>
      <ul className="effects">
        {signers.map(({ owner, persons }) => (
          <li key={owner}>
            <strong>{owner}</strong>:{" "}
            {persons.length === 0 ? (
              <>
                <Badge meaning="unknown">nobody here</Badge> name a person or a known team as owner
                in the description of the control plane
              </>
            ) : (
              listed(persons.map(names))
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
