// SPDX-License-Identifier: Apache-2.0
import type { Outcome } from "@interlock/core";

/** Exit codes by what is in force. */
export const EXIT: Readonly<Record<Outcome, number>> = { allow: 0, hold: 1, deny: 2 };
export const COULD_NOT_DECIDE = 3;
export const WRONG_USAGE = 64;
