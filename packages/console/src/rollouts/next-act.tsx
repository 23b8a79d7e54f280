// SPDX-License-Identifier: Apache-2.0
import type { RolloutListed } from "@interlock/protocol";
import { useNow } from "../parts/when.tsx";
import { duration, nextWords } from "./words.ts";

/** What happens next by itself, and how soon; what is overdue is said to be, and never counted below nothing. */
export function NextAct({ of }: { readonly of: Pick<RolloutListed, "next"> }) {
  const now = useNow();
  const { at } = of.next;
  if (at === null) return <span>{nextWords(of)}</span>;
  return (
    <span>
      {nextWords(of)}{" "}
      <time dateTime={new Date(at).toISOString()} className="countdown">
        {at <= now ? "now" : `in ${duration(at - now)}`}
      </time>
    </span>
  );
}
