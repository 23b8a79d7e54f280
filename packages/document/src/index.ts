// SPDX-License-Identifier: Apache-2.0
export * from "./document.ts";
export { documentFact } from "./facts.ts";
export { documentDigest, documentsDigest } from "./front-matter.ts";
export { DOCUMENT_SCHEMAS } from "./json-schema.ts";
export { type Finding, LINTS, type LintId } from "./lint/finding.ts";
export { filledSections, isError, lint, REHEARSAL_MAX_MS, type Surroundings } from "./lint/lint.ts";
export { type ReadDocument, readDocument, type Sited, type Spot } from "./read.ts";
export {
  filledCommand,
  placeholderIn,
  type ReadValues,
  readValues,
  type Values,
} from "./remedy.ts";
export {
  type Choice,
  type EventOf,
  type Part,
  type ReadEvent,
  type RunEvent,
  type RunOutcome,
  readEvent,
  TAIL_MAX,
} from "./run/events.ts";
export { planDigest, planOf, runId, type Task } from "./run/plan.ts";
export { deviations, reportText } from "./run/report.ts";
export { choicesAt, follows, type Next, nextOf } from "./run/state.ts";
export { type Block, blocksOf, type Inline, isWebLink } from "./show/markdown.ts";
export { commandText, expectationText, type Line, outlineOf, rangeOf } from "./show/outline.ts";
export { documentHtml, documentText, escapedHtml } from "./show/render.ts";
export { TEMPLATES, type TemplateKind } from "./templates/index.ts";
