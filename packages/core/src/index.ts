// SPDX-License-Identifier: Apache-2.0

export * from "./facts/change.ts";
export * from "./facts/delta.ts";
export * from "./facts/evidence.ts";
export * from "./facts/facts.ts";
export * from "./facts/people.ts";
export * from "./facts/reach.ts";
export * from "./schema.ts";
