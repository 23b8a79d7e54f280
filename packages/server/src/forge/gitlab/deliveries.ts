// SPDX-License-Identifier: Apache-2.0
import { readSigned } from "../events.ts";
import type { ReadDelivery } from "../intake.ts";
import { EVENTS } from "./events.ts";
import type { GitlabSecrets } from "./settings.ts";
import { isSigned, isToken } from "./signature.ts";

/**
 * Checks a delivery before a byte of it is parsed (WH1, WH2). Where deliveries are signed, a secret
 * token says nothing (WH6). `now`: milliseconds since 1970.
 */
export function readDelivery(
  secrets: GitlabSecrets,
  projects: ReadonlySet<string>,
  now: () => number,
): ReadDelivery {
  return (body, headers) => {
    const event = headers["x-gitlab-event"];
    if (secrets.kind === "token") {
      if (!isToken(headers["x-gitlab-token"], secrets.tokens)) return null;
      // The same for every try of one delivery; the other one is older.
      const id = headers["idempotency-key"] ?? headers["x-gitlab-event-uuid"];
      return readSigned(EVENTS, projects, { body, event, id });
    }
    const id = headers["webhook-id"];
    const [timestamp, signature] = [headers["webhook-timestamp"], headers["webhook-signature"]];
    const terms = { keys: secrets.keys, now: Math.floor(now() / 1_000) };
    if (!isSigned(body, { id, timestamp, signature }, terms)) return null;
    return readSigned(EVENTS, projects, { body, event, id });
  };
}
