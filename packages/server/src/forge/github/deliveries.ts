// SPDX-License-Identifier: Apache-2.0
import type { Refusal } from "../../http/bind.ts";
import type { Delivery, ReadDelivery } from "../intake.ts";
import { wantedBy } from "./events.ts";
import { isSigned } from "./signature.ts";

const DELIVERY = /^[0-9A-Za-z-]{8,100}$/;

/** Checks a delivery over its bytes, before a byte of it is parsed (WH1, WH2). */
export function readDelivery(
  secrets: readonly Buffer[],
  repositories: ReadonlySet<string>,
): ReadDelivery {
  return (body, headers) => {
    if (!isSigned(body, headers["x-hub-signature-256"], secrets)) return null;
    const event = headers["x-github-event"];
    const id = headers["x-github-delivery"];
    if (typeof event !== "string" || typeof id !== "string" || !DELIVERY.test(id))
      return unfit("the delivery names no event, or no id");
    const payload = parsed(body);
    if (payload === undefined) return unfit("the delivery is no JSON");
    const wanted = wantedBy(event, payload);
    if (wanted === null) return unfit("the event is not as GitHub documents it");
    // Of other repositories this server knows nothing and tells nothing (WH8).
    const ours = wanted.filter(({ repository }) => repositories.has(repository));
    return { id, wanted: ours } satisfies Delivery;
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const unfit = (message: string): Refusal => ({
  ...{ code: "INPUT_INVALID", message },
  help: "set the webhook's content type to `application/json`",
});
