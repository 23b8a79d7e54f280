// SPDX-License-Identifier: Apache-2.0
/** What the ledger holds of contents that people signed for and that have landed. */
import { about, object, optional, text } from "../schema.ts";

/**
 * A content was seen on the ref that it was to land on, after people had signed for it. The subject
 * is its digest. What they signed before let it land once, and ends here. by (approvals-end)
 */
const LANDED = object({
  repository: text({ max: 400 }),
  target: text({ max: 1_000 }),
  head: about("the commit that was judged, or that brought it", text({ max: 64, form: "git-id" })),
  decision: about(
    "the entry of the decision upon this content and head that came last before; absent: nobody had judged it with this head",
    optional(text({ max: 64, form: "digest" })),
  ),
});

export const LANDED_BODIES = { landed: LANDED } as const;
export const RULES_OF_LANDED = { landed: () => [] } as const;
