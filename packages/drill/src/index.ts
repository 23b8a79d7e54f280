// SPDX-License-Identifier: Apache-2.0
/** A simulated retailer and recorded outages, to prove the rest. */
export { type CaseReport, drillCase } from "./case-drill.ts";
export { builtInCases } from "./cases/embedded.ts";
export { type OutageCase, readCase } from "./cases/read.ts";
export { DOCUMENT_PARTS, documentOf, documentPart } from "./document.ts";
export { type DrillReport, drill, type FirstRuns, incidentOf } from "./drill.ts";
export { INCIDENTS, type Incident } from "./incident.ts";
export { type LiveOptions, liveDrill } from "./live/live.ts";
export { isAsItShould, type LiveReport, liveText, type Stage, stageText } from "./live/report.ts";
export { drillPage } from "./page/page.ts";
export { caseText, drillText } from "./text.ts";
