// SPDX-License-Identifier: Apache-2.0
import {
  type Decision,
  explainReason,
  explainRequirement,
  type Facts,
  type Finding,
  type RequirementResult,
  type RuleResult,
} from "@interlock/core";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { meaningOfOutcome } from "../parts/meaning.ts";
import { When } from "../parts/when.tsx";
import { counted } from "./shown.ts";

/** The decision as it was made: applied rules worst first, and those that looked and do not apply. */
export function Tree({
  decision,
  facts,
}: {
  readonly decision: Decision;
  readonly facts: Facts | null;
}) {
  return (
    <section className="section" aria-labelledby="why">
      <div className="section-head">
        <h2 id="why">Why</h2>
        {facts !== null && (
          <span className="muted small">
            facts gathered by the enforcement point <When at={facts.now} />
          </span>
        )}
      </div>
      <ul className="tree">
        {decision.rules.map((rule) => (
          <li key={`${rule.policy} ${rule.rule}`}>
            <Rule rule={rule} />
          </li>
        ))}
      </ul>
      {facts !== null && <Gaps facts={facts} />}
      {facts !== null && <Sources facts={facts} />}
      {decision.skipped.length > 0 && (
        <details className="skipped">
          <summary>
            <Badge meaning="neutral">skipped</Badge>{" "}
            {counted(
              decision.skipped.length,
              "rule looked and does not apply",
              "rules looked and do not apply",
            )}
          </summary>
          <p className="skipped-list">{decision.skipped.join(", ")}</p>
        </details>
      )}
    </section>
  );
}

const FINDINGS_SHOWN = 20;

function Rule({ rule }: { readonly rule: RuleResult }) {
  const open = rule.requirements.filter(({ state }) => state !== "met");
  const met = rule.requirements.filter(({ state }) => state === "met");
  return (
    <div className="rule" data-counts={rule.counts.effective}>
      <p className="rule-head">
        <Badge meaning={ruleMeaning(rule)}>
          {rule.mode === "enforce" ? rule.outcome : rule.mode}
        </Badge>
        <strong>{rule.title === "" ? rule.rule : rule.title}</strong> <code>{rule.rule}</code>
        {rule.policy === "proposed" && <span className="muted">of the proposed policy</span>}
        {rule.mode !== "enforce" && (
          <span className="muted">would {rule.outcome}; it does not stop anything yet</span>
        )}
      </p>
      {rule.findings.length === 0 && open.length === 0 && (
        <p className="because">{explainReason(rule.reason)}</p>
      )}
      <Findings findings={rule.findings.slice(0, FINDINGS_SHOWN)} title={rule.title} />
      {rule.findingCount > FINDINGS_SHOWN && (
        <p className="because muted">and {rule.findingCount - FINDINGS_SHOWN} more findings</p>
      )}
      <ul className="requirements">
        {[...open, ...met].map((result) => (
          <li key={explainRequirement(result.requirement)}>
            <Badge
              meaning={
                result.state === "met" ? "done" : result.state === "unknown" ? "unknown" : "person"
              }
            >
              {result.state}
            </Badge>{" "}
            {prefixOf(result)}
            {result.requirement.kind === "approvals" ? (
              <a href="#signatures">{explainReason(result.reason)}</a>
            ) : (
              explainReason(result.reason)
            )}
          </li>
        ))}
      </ul>
      {rule.outcome !== "allow" && rule.help !== "" && (
        <p className="because muted">help: {rule.help}</p>
      )}
    </div>
  );
}

/** What it asks, unless the reason says that too. */
const prefixOf = ({ requirement, reason }: RequirementResult): string =>
  requirement.kind === "known" || reason.code === "approvals-missing"
    ? ""
    : `${explainRequirement(requirement)}: `;

const ruleMeaning = (rule: RuleResult) =>
  rule.mode === "enforce"
    ? rule.reason.code === "facts-unknown"
      ? ("unknown" as const)
      : meaningOfOutcome(rule.outcome)
    : ("neutral" as const);

function Findings({
  findings,
  title,
}: {
  readonly findings: readonly Finding[];
  readonly title: string;
}) {
  if (findings.length === 0) return null;
  return (
    <ul className="findings">
      {findings.map((finding) => (
        <li key={finding.id}>
          {finding.path !== "" && (
            <>
              <a href={`#${anchorOf(finding.path)}`}>
                <code>
                  {finding.path}:{finding.line}
                </code>
              </a>{" "}
            </>
          )}
          <Seen text={finding.message === "" ? title : finding.message} />
        </li>
      ))}
    </ul>
  );
}

/** Where the diff of a path stands on the page. */
export const anchorOf = (path: string): string => `file-${encodeURIComponent(path)}`;

/** What could not be read: rules that need it hold. */
function Gaps({ facts }: { readonly facts: Facts }) {
  if (facts.gaps.length === 0) return null;
  return (
    <ul className="gaps" aria-label="what could not be read">
      {facts.gaps.slice(0, FINDINGS_SHOWN).map((gap) => (
        <li key={`${gap.group} ${gap.path} ${gap.code}`}>
          <Badge meaning="unknown">not read</Badge> <code>{gap.path}</code> {gap.code}
          {gap.detail !== "" && `: ${gap.detail}`}; {gap.help}
        </li>
      ))}
      {facts.gaps.length > FINDINGS_SHOWN && <li>and {facts.gaps.length - FINDINGS_SHOWN} more</li>}
    </ul>
  );
}

/** Knowledge from outside the change, with its source and its age. */
function Sources({ facts }: { readonly facts: Facts }) {
  if (facts.context.length === 0) return null;
  return (
    <details className="skipped">
      <summary>{facts.context.length} facts from outside the change</summary>
      <ul className="findings">
        {facts.context.map((one) => (
          <li key={`${one.kind} ${one.subject} ${one.source}`}>
            {one.kind} of <Seen text={one.subject} />: <Seen text={one.value} />, from {one.source},
            observed <When at={one.observedAt} />
          </li>
        ))}
      </ul>
    </details>
  );
}
