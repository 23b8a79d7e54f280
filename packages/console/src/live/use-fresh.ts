// SPDX-License-Identifier: Apache-2.0
import type { Endpoint } from "@interlock/protocol";
import { useEffect, useRef } from "react";
import { useForget } from "../api/loaded.ts";
import { type Liveness, useLive } from "./stream.ts";

/** However much happens, a page asks no more often than this. */
const PAUSE_MS = 1_000;

/**
 * Asks for something again whenever the ledger has grown. The list has to stay the same between renders.
 */
export function useFresh(endpoints: readonly Pick<Endpoint, "id">[]): Liveness {
  const forget = useForget();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  return useLive("now", ({ kind }) => {
    if (kind === "beat" || kind === "end" || timer.current !== null) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      void forget(...endpoints);
    }, PAUSE_MS);
  });
}
