// SPDX-License-Identifier: Apache-2.0
import { useCallback, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

/** A setting of this browser, kept in it; `null` when it was never chosen. */
export function useKept(name: string): readonly [string | null, (value: string | null) => void] {
  const key = `interlock.${name}`;
  const value = useSyncExternalStore(listen, () => localStorage.getItem(key));
  const set = useCallback(
    (next: string | null) => {
      if (next === null) localStorage.removeItem(key);
      else localStorage.setItem(key, next);
      for (const listener of listeners) listener();
    },
    [key],
  );
  return [value, set];
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}
