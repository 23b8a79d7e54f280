// SPDX-License-Identifier: Apache-2.0
import { unwindsApi } from "@interlock/protocol";

/** The console tells by the same names which rollouts are unwinds. */
export const { changeOfPlan, planOfChange } = unwindsApi;
