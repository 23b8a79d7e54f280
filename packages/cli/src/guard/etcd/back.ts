// SPDX-License-Identifier: Apache-2.0
/** The transaction that puts back what was there. */
import { keyOf } from "../path.ts";
import type { Back, Effect } from "../plan.ts";
import { unclear, type Worked, worked } from "../refusal.ts";

/** A lease that a key was under is not made again: it may have ended, and nobody judged when it would. */
export function backOf(effects: readonly Effect[]): Worked<Back> {
  const leased = effects.find(({ path, before }) => path.endsWith("/@lease") && before !== null);
  if (leased !== undefined)
    return unclear(
      `\`${leased.key}\` was under a lease, which cannot be brought back`,
      "put it with a lease of its own",
    );
  const values = effects.filter(({ path }) => !path.endsWith("/@lease"));
  const success = values.map(({ path, before }) => {
    const key = Buffer.from(keyOf(path)).toString("base64");
    return before === null
      ? { request_delete_range: { key } }
      : { request_put: { key, value: Buffer.from(before).toString("base64") } };
  });
  return worked({
    asked: {
      ...{ method: "POST", path: "/v3/kv/txn", query: null },
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify({ success })),
    },
    alike: (a, b) => (a === null || b === null ? a === b : Buffer.from(a).equals(b)),
  });
}
