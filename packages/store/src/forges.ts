// SPDX-License-Identifier: Apache-2.0
/** Rows about forges: deliveries, jobs, what was judged, what reviews are about. */
export * from "./forges/jobs.ts";
export * from "./forges/subjects.ts";
