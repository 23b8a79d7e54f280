// SPDX-License-Identifier: Apache-2.0
/** A change as the server shows it, and how it is said. */
import type { Decision, Facts } from "@interlock/core";
import { showChange } from "@interlock/protocol";
import { riskIn } from "../judge/risk.ts";
import type { Judgement } from "../output/judgement.ts";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { judgementText } from "../output/text.ts";
import { asked, type Remote } from "../remote/client.ts";

export type Shown = ReturnType<typeof showChange.answer.parse>;
export type Signature = Shown["signatures"][number];

export const shownChange = (remote: Remote, id: string): Promise<Shown> =>
  asked(remote, showChange, { params: { id } });

export const pageOf = ({ server }: Remote, id: string): string => `${server}/changes/${id}`;

const EXPLAINED = "; the page in the browser has it all";

/** The sentences of `check`, from what the server recorded. */
export function decisionText({ change, decision, facts }: Shown, paint: Paint): string {
  if (decision === null || facts === null)
    return `  the facts of its decision were erased; it was ${printable(change.effective)}\n`;
  const judgement: Judgement = {
    id: change.head,
    // Recorded by the server after checking; shown only where that works.
    facts: facts as unknown as Facts,
    decision: decision as unknown as Decision,
    risk: riskIn(facts as unknown as Facts), // the same
    rules: [],
  };
  try {
    return judgementText(judgement, paint);
  } catch (error) {
    // A newer server may say what this build cannot show.
    if (!(error instanceof Error)) throw error;
    return `  it is ${printable(change.effective)}, in a way that this version cannot show${EXPLAINED}\n`;
  }
}

const SAYS: Readonly<Record<Signature["kind"], string>> = {
  approval: "approved by",
  rejection: "rejected by",
  withdrawal: "withdrawn by",
  override: "overridden by",
  "debt-review": "break-glass reviewed by",
};

export const signatureText = (signature: Signature): string => {
  const { kind, person, at, index, reason, waives, ended } = signature;
  const what =
    waives === null
      ? ""
      : ` (${waives.rule}${waives.breakGlass ? `, break-glass for ${waives.incident ?? ""}` : ""})`;
  return printable(
    `  ${SAYS[kind]} ${person}${what} at ${new Date(at).toISOString()}, entry ${index}${ended ? " (ended)" : ""}${reason === null ? "" : `: ${reason}`}`,
  );
};

/** Everything that a person needs before signing or waiting. */
export function changeText(shown: Shown, page: string, paint: Paint): string {
  const { change, signatures } = shown;
  const lines = [
    `  change  ${change.id}  to ${change.target} of ${change.repository}`,
    `  head    ${change.head}`,
    ...(change.words.length === 0 ? [] : [`  words   ${change.words.join(" ")}`]),
    `  judged  ${new Date(change.judgedAt).toISOString()}`,
    `  page    ${page}`,
  ].map(printable);
  const signed = signatures.map(signatureText);
  return `${decisionText(shown, paint)}\n${[...lines, ...signed].join("\n")}\n`;
}
