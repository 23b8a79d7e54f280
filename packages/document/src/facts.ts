// SPDX-License-Identifier: Apache-2.0
import type { DocumentFact } from "@interlock/core";
import { filledSections, lint, type Surroundings } from "./lint/lint.ts";
import type { Sited } from "./read.ts";

/** What a decision is told of a document: the sections without an error, and what the lint found. */
export function documentFact(
  sited: Sited,
  about: { readonly change: string; readonly by: string },
  around: Surroundings,
): DocumentFact {
  const { document } = sited;
  const findings = lint(sited, around);
  const rehearsedAt = document.rollback?.rehearsed?.at;
  return {
    digest: document.digest,
    change: about.change,
    sections: filledSections(document, findings),
    ...(rehearsedAt === undefined ? {} : { rehearsedAt }),
    by: about.by,
    findings: [...new Set(findings.map(({ id }) => id))].sort(),
  };
}
