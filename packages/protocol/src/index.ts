// SPDX-License-Identifier: Apache-2.0

export {
  ASSERTION,
  askToSign,
  listChanges,
  receipt,
  SIGNATURE,
  showChange,
  sign,
} from "./api/changes.ts";
export { gate, JUDGED, JUDGING, type Judged, PLACE, type Place } from "./api/gate.ts";
export {
  type Access,
  type Endpoint,
  endpoint,
  type Method,
  NOTHING,
  type Nothing,
  VERBS,
  type Verb,
} from "./endpoint.ts";
export { openApi } from "./openapi.ts";
export { type PolicyRead, readPolicyShape } from "./policy-data.ts";
export { PROBLEM, type Problem, problemOf, statusOf } from "./problem.ts";
