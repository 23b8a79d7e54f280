// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json, utf8 } from "@interlock/digest";
import { ledgerTrust, receipt } from "@interlock/protocol";
import { type ReceiptOutcome, type Site, verifyReceipt } from "@interlock/receipt";
import { parsePolicy } from "@interlock/tlog";
import { call, type Outcome } from "../api/call.ts";
import type { Step } from "./verify.ts";

/** The receipt of a decision, and what verifying it here has shown. */
export type VerifiedReceipt = {
  readonly bytes: Uint8Array;
  readonly verdict: ReceiptOutcome["verdict"];
  readonly steps: readonly Step[];
  readonly approvedBy: readonly string[];
};

const STATES = { ok: "passed", failed: "failed", "not-shown": "unchecked" } as const;

/** Fetches the receipt of a change's newest decision and verifies it as the command line does. */
export async function receiptOf(change: string, policy: string): Promise<Outcome<VerifiedReceipt>> {
  const [answer, trust] = await Promise.all([
    call(receipt, { params: { id: change } }),
    call(ledgerTrust, {}),
  ]);
  if (!answer.ok) return answer;
  if (!trust.ok) return trust;
  const { site } = trust.value;
  const read = parsePolicy(utf8(policy));
  if (!read.ok || site === null)
    return {
      ok: false,
      failure: {
        code: "INPUT_INVALID",
        message: "there are no keys to verify the receipt with",
        help: "verify it in a terminal with the keys that you trust",
      },
    };
  // An answer of the API is JSON.
  const bytes = utf8(canonicalJson(answer.value as unknown as Json));
  const outcome = await verifyReceipt(bytes, { policy: read.value, site: site satisfies Site });
  return {
    ok: true,
    value: {
      ...{ bytes, verdict: outcome.verdict },
      approvedBy: outcome.verdict === "failed" ? [] : outcome.shown.approvedBy,
      steps: outcome.steps.map(({ step, about, state, says, refusal }) => ({
        name: about === "" ? step : `${step}, ${about}`,
        state: STATES[state],
        says: refusal === undefined ? says : refusal.says,
      })),
    },
  };
}
