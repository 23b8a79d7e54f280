// SPDX-License-Identifier: Apache-2.0
import { useCallback, useRef, useState } from "react";
import type { Failure, Outcome } from "./call.ts";

/** How far an act is that a person started. Nothing is shown as done before the server said so. */
export type Act<T> =
  | { readonly kind: "idle" }
  | { readonly kind: "pending" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "done"; readonly value: T };

/** Runs one act at a time; a second press while it is pending does nothing. */
export function useAct<T>(): readonly [
  Act<T>,
  (run: () => Promise<Outcome<T>>) => Promise<Outcome<T> | null>,
  () => void,
] {
  const [act, setAct] = useState<Act<T>>({ kind: "idle" });
  const running = useRef(false);
  const start = useCallback(async (run: () => Promise<Outcome<T>>) => {
    if (running.current) return null;
    running.current = true;
    setAct({ kind: "pending" });
    const outcome = await run().finally(() => {
      running.current = false;
    });
    setAct(
      outcome.ok
        ? { kind: "done", value: outcome.value }
        : { kind: "failed", failure: outcome.failure },
    );
    return outcome;
  }, []);
  const reset = useCallback(() => setAct({ kind: "idle" }), []);
  return [act, start, reset];
}
