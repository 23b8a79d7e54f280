// SPDX-License-Identifier: Apache-2.0
import { type CompiledPolicy, compilePolicy, type Policy } from "@interlock/core";
import { packAnalyses } from "@interlock/policy";

/** Rules of the built-in packs are not parsed before one of them has something to look at. */
export const compiled = (policy: Policy): CompiledPolicy => compilePolicy(policy, packAnalyses());
