// SPDX-License-Identifier: Apache-2.0
import { readSigned } from "../events.ts";
import type { ReadDelivery } from "../intake.ts";
import { EVENTS, isTeamEvent, TEAM_EVENTS } from "./events.ts";
import { isSigned } from "./signature.ts";

/** Checks a delivery over its bytes, before a byte of it is parsed (WH1, WH2). */
export function readDelivery(
  secrets: readonly Buffer[],
  repositories: ReadonlySet<string>,
): ReadDelivery {
  return (body, headers) => {
    if (!isSigned(body, headers["x-hub-signature-256"], secrets)) return null;
    const event = headers["x-github-event"];
    const id = headers["x-github-delivery"];
    const table = isTeamEvent(event) ? TEAM_EVENTS : EVENTS;
    return readSigned(table, repositories, { body, event, id });
  };
}
