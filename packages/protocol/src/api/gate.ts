// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const GIT_ID = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const ROLE = z.enum(["in-force", "proposed"]);

/** Plain data that `core` validates itself, against its own schema. */
const DATA = z.record(z.string(), z.unknown());

/** No ref has a control character in its name (git-check-ref-format(1)), and no database keeps a NUL. */
const named = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^\P{Cc}*$/u, "a control character");

/** A change as an enforcement point meets it: what would land where. */
export const PLACE = z.strictObject({
  repository: named(400).min(1).describe("immutable id of the repository"),
  target: named(1_000).min(1).describe("the full name of the ref, such as refs/heads/main"),
  environment: named(100).describe("empty: the one that the facts name"),
  base: GIT_ID.describe("what the ref is now; zeros where it is new"),
  head: GIT_ID.describe("the commit that is to land"),
  merge: GIT_ID.describe("tree of the merge result"),
});
export type Place = z.infer<typeof PLACE>;

/** Of a policy that judges: its data, or why it cannot be read. */
export const JUDGING = z.union([
  z.strictObject({ role: ROLE, policy: DATA }),
  z.strictObject({ role: ROLE, unreadable: z.string().max(2_000) }),
]);

export const JUDGED = z.strictObject({
  change: z.string().describe("id of the change on this server"),
  url: z.string().describe("where people read and sign it"),
  words: z.array(z.string()).describe("six words of the change digest; none where it is not known"),
  index: z.int().describe("of the decision's entry in the ledger, which is durable"),
  entry: DIGEST.describe("id of that entry"),
  decision: DATA.describe("the decision as plain data, as `replay` compares it"),
});
export type Judged = z.infer<typeof JUDGED>;

const QUESTION = z.strictObject({
  place: PLACE,
  facts: DATA.describe(
    "the facts document; its approvals, rejections and waivers are replaced by the server's",
  ),
  policies: z.array(JUDGING).max(4),
});

const ANSWERED = JUDGED.extend({
  contents: z
    .enum(["wanted", "held"])
    .optional()
    .describe(
      "`wanted`: people cannot read the change here yet; send it with `sendContents`. Absent where nothing could show it",
    ),
});

/** An enforcement point asks whether a change may land; the decision is in the ledger when this answers. */
export const gate = endpoint({
  id: "gate",
  method: "POST",
  path: "/api/v1/gate",
  summary: "judge a change with the evidence that this server holds, and record the decision",
  access: "token:gate",
  body: QUESTION,
  answer: ANSWERED,
});

/**
 * A person shows a change before it is pushed. What a person says is no enforcement point's word: the
 * person counts as a contributor, and the answer never is `allow`.
 */
export const submit = endpoint({
  id: "submit",
  method: "POST",
  path: "/api/v1/changes",
  summary: "show a change, so that it can be read and signed before an enforcement point asks",
  access: "person",
  body: QUESTION,
  answer: ANSWERED,
});
