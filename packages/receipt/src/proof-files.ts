// SPDX-License-Identifier: Apache-2.0
import { leafOf } from "@interlock/core";
import { formatTlogProof } from "@interlock/tlog";
import type { Receipt } from "./receipt.ts";

/** A leaf and its proof in the format of c2sp.org/tlog-proof, for tools that are not ours. */
export type ProofFile = {
  /** Such as `approval-2`. */
  readonly name: string;
  readonly leaf: Uint8Array;
  readonly proof: Uint8Array;
};

/** Every entry of a receipt as files that any verifier of tlog proofs can check. */
export function proofFilesOf({
  checkpoint,
  decision,
  approvals,
  enrolments,
}: Receipt): readonly ProofFile[] {
  const named = [
    { name: "decision", item: decision },
    ...approvals.map((item, i) => ({ name: `approval-${i + 1}`, item })),
    ...enrolments.map((item, i) => ({ name: `enrolment-${i + 1}`, item })),
  ];
  return named.map(({ name, item: { entry, index, proof: hashes } }) => ({
    name,
    leaf: leafOf(entry),
    proof: formatTlogProof({ untrustedExtra: null, index, hashes, checkpoint }),
  }));
}
