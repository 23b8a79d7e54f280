// SPDX-License-Identifier: Apache-2.0
import { isUnknown, share } from "@interlock/core";
import { Link } from "@tanstack/react-router";
import { Badge } from "../parts/badge.tsx";
import { meaningOfOutcome } from "../parts/meaning.ts";
import { When } from "../parts/when.tsx";
import { isReady, missingIn } from "./missing.ts";
import { branchOf, type ChangeShown, counted, type Names } from "./shown.ts";

type Given = { readonly shown: ChangeShown; readonly names: Names };

/** The three questions, in their order: what is decided, what is missing and from whom, what happens then. */
export function Headline({ shown, names }: Given) {
  const { change } = shown;
  return (
    <section className="verdict" aria-label="decision" data-effective={change.effective}>
      <div className="verdict-line">
        <Badge meaning={meaningOfOutcome(change.effective)}>{WORDS[change.effective]}</Badge>
        <strong>{SAYS[change.effective]}</strong>
        {change.outcome !== change.effective && (
          <span className="muted">
            were every rule enforced, it would be {WORDS[change.outcome]}
          </span>
        )}
        <span className="muted">
          judged <When at={change.judgedAt} />
        </span>
      </div>
      <Missings shown={shown} names={names} />
      <Then shown={shown} />
    </section>
  );
}

const WORDS = { allow: "allowed", hold: "held", deny: "denied" } as const;
const SAYS = {
  allow: "Exactly this content may land.",
  hold: "It does not land before what is missing is there.",
  deny: "No approval and no time can cure this: change it, or break glass.",
} as const;

/** What is missing, each with who can supply it. */
export function Missings({ shown, names }: Given) {
  const missing = missingIn(shown, names);
  const { review } = shown;
  if (isReady(shown))
    return (
      <p className="ready">
        <Badge meaning="working">signed since</Badge> {review.given} of {review.wanted} approvals
        are there now. Whoever pushed it pushes again, and it is judged with them.
      </p>
    );
  if (missing.length === 0) return null;
  return (
    <ul className="missing" aria-label="what is missing, and who can supply it">
      {missing.map(({ needs, because, who, unknown, until, document }) => (
        <li key={`${needs}${because}`}>
          <Badge meaning={unknown ? "unknown" : "person"}>{unknown ? "unknown" : "missing"}</Badge>
          <span>
            {needs === "" ? because : `${needs}: ${because}`}
            {until !== null && (
              <>
                {" "}
                (by itself <When at={until} />)
              </>
            )}
          </span>
          {who !== "" && <span className="who">← {who}</span>}
          {document && (
            <Link to="/documents" search={{ change: shown.change.id }}>
              Write it here
            </Link>
          )}
        </li>
      ))}
      {review.rejected > 0 && (
        <li>
          <Badge meaning="stopped">rejected</Badge>
          <span>
            {counted(review.rejected, "person has", "persons have")} rejected it; only they can take
            that back
          </span>
        </li>
      )}
    </ul>
  );
}

/** What the change does, as far as the facts say, and how it lands. */
function Then({ shown }: { readonly shown: ChangeShown }) {
  const { change, review, judged } = shown;
  const facts = judged?.facts ?? null;
  const effects = facts === null || isUnknown(facts.effects) ? [] : facts.effects;
  const blast = facts === null || isUnknown(facts.blast) ? null : facts.blast;
  return (
    <div className="then">
      <h2>When it is allowed</h2>
      <ul>
        <li>
          a push of exactly this content ({counted(review.files, "file")}) to{" "}
          <code>{branchOf(change.target)}</code> is let through; nothing lands by itself
        </li>
        {effects.slice(0, EFFECTS_SHOWN).map((e) => (
          <li key={`${e.path}:${e.line}:${e.subject}`}>
            it {e.verb} {e.count}
            {e.of > 0 && ` of ${e.of} (${share(e.sharePpm)})`} {e.what}: {e.subject}
            {e.certainty !== "certain" && `, ${e.certainty}`}
          </li>
        ))}
        {effects.length > EFFECTS_SHOWN && (
          <li>and {effects.length - EFFECTS_SHOWN} more effects</li>
        )}
        {blast !== null && blast.systems > 0 && (
          <li>
            it reaches {counted(blast.systems, "system")}, {blast.tier1} of Tier 1,{" "}
            {counted(blast.cells, "cell")}, {share(blast.trafficPpm)} of orders ({blast.certainty})
          </li>
        )}
        {blast === null && facts !== null && <li>how far it reaches is not known</li>}
      </ul>
    </div>
  );
}

const EFFECTS_SHOWN = 5;
