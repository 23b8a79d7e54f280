// SPDX-License-Identifier: Apache-2.0
/** The description of control planes: what is in force, and what is proposed in its place. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { oneLine } from "./people.ts";

const DIGEST = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe("SHA-256 of the text");

/** Nobody reads a longer one before signing it. */
export const DESCRIPTION_TEXT_MAX = 400_000;

export const proposeDescription = endpoint({
  id: "proposeDescription",
  method: "POST",
  path: "/api/v1/control-plane/proposals",
  summary: "propose a description of control planes; two people endorse it with passkeys",
  onceByKey: true,
  access: "person",
  body: z.strictObject({
    text: z.string().min(1).max(DESCRIPTION_TEXT_MAX).describe("of `control-plane.yaml`"),
    reason: oneLine(2_000),
  }),
  answer: z.strictObject({ proposal: z.string(), url: z.string(), digest: DIGEST }),
});

export const descriptionInForce = endpoint({
  id: "descriptionInForce",
  method: "GET",
  path: "/api/v1/control-plane",
  summary: "the description that two people agreed upon last",
  access: "person",
  answer: z.strictObject({
    inForce: z
      .strictObject({
        digest: DIGEST,
        text: z.string(),
        index: z.int().describe("of the agreement in the ledger"),
        at: z.int().describe("milliseconds since 1970 UTC"),
        by: z.array(z.string()).describe("who signed it"),
      })
      .nullable()
      .describe("null: nobody agreed upon any"),
  }),
});

export const proposedDescription = endpoint({
  id: "proposedDescription",
  method: "GET",
  path: "/api/v1/control-plane/proposals/:proposal",
  summary: "the text that a proposal would put in force",
  access: "person",
  params: z.strictObject({ proposal: z.string().max(64) }),
  answer: z.strictObject({ digest: DIGEST, text: z.string() }),
});
