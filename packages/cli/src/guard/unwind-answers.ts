// SPDX-License-Identifier: Apache-2.0
/** What the guard answers about unwinding a change that it carried out. */
import type { Asked, Route } from "./plan.ts";
import { type Answer, problemAnswer, refused, unclear } from "./refusal.ts";
import { UNWIND_PATH, type Unwinding, type UnwindTerms, unwindingOf } from "./unwind.ts";

type Target = Omit<Asked, "body">;

/** The change that a request is about taking away; `null`: it is about something else. */
export const nameIn = ({ path }: Target): string | null =>
  path.startsWith(UNWIND_PATH) ? path.slice(UNWIND_PATH.length) : null;

export function unwindRoute({ method, query }: Target): Route {
  if ((method === "GET" || method === "POST") && query === null) return { kind: "change" };
  const { refusal } = unclear(
    "an unwind is looked at with GET and asked for with POST, without a query",
    "send one of them",
  );
  return { kind: "refused", refusal };
}

/** The plan for people and programs. It names keys and repeats no value: the change's page shows them. */
export async function shown(
  name: string,
  { headers }: Target,
  terms: UnwindTerms,
): Promise<Answer> {
  const unwinding = await unwindingOf(name, headers, terms);
  return unwinding.ok ? textOf(unwinding.value) : problemAnswer(unwinding.refusal);
}

function textOf({ of, keys }: Unwinding): Answer {
  const value = { unwinds: { ...of, at: new Date(of.at).toISOString() }, keys };
  return {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: Buffer.from(`${JSON.stringify(value)}\n`),
  };
}

/** Asked for again, an unwind that was carried out is no failure. */
export function nothingLeft(unwinding: Unwinding): Answer {
  const kept = unwinding.keys.filter(({ decision }) => decision === "keep");
  if (kept.length === 0) return textOf(unwinding);
  const says = kept.map(({ key, because }) => `\`${key}\`: ${because}`).join("; ");
  return problemAnswer(
    refused("GUARD_KEPT", says, "unwind what wrote them since first, or write what you want there")
      .refusal,
  );
}

/** How many keys were left as they are, for a header; `null`: none. */
export function keptIn({ keys }: Unwinding): string | null {
  const kept = keys.filter(({ decision }) => decision === "keep").length;
  return kept === 0 ? null : String(kept);
}
