// SPDX-License-Identifier: Apache-2.0
import { useNow } from "../parts/when.tsx";
import { leftOf } from "./left.ts";

/** How long something still counts. */
export function Countdown({ until }: { readonly until: number }) {
  const left = until - useNow();
  return (
    <time dateTime={new Date(until).toISOString()} className="countdown">
      {left <= 0 ? "over" : leftOf(left)}
    </time>
  );
}
