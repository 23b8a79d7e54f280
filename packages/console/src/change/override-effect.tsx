// SPDX-License-Identifier: Apache-2.0
import { Seen } from "../diff/seen.tsx";
import { listed } from "../parts/short.ts";
import { type ChangeShown, extentOf } from "./shown.ts";
import { stillHolding, wouldOwe } from "./waivable.ts";

/** What an override does and does not: said before it is signed. */
export function OverrideEffect(given: {
  readonly shown: ChangeShown;
  readonly rule: string;
  readonly glass: boolean;
  /** Somebody else has signed it. */
  readonly joins: boolean;
}) {
  const { shown, rule, glass, joins } = given;
  const holding = stillHolding(shown, rule);
  return (
    <div className="callout">
      <ul className="effects">
        <li>
          {joins
            ? `You are the second: from then on ${extentOf(shown)} passes this one rule.`
            : "You alone pass nothing. Nobody goes alone here, in an emergency either: a second person, who had no part in the change, signs the same."}
        </li>
        <li>
          What still holds:{" "}
          {holding.length > 0 && (
            <>
              <Seen text={listed(holding)} />,{" "}
            </>
          )}
          any rejection, and every other content, place and time.
        </li>
        {glass && <Owes shown={shown} />}
        <li>It ends by itself, and early when one of the two takes it back.</li>
      </ul>
    </div>
  );
}

/** The debt that break-glass leaves. */
export function Owes({ shown }: { readonly shown: ChangeShown }) {
  const teams = wouldOwe(shown);
  return (
    <li>
      It leaves a debt once it has let the change go: until two others have reviewed it, the other
      changes of {teams === null ? "everybody" : <Seen text={listed(teams)} />} are held.
    </li>
  );
}
