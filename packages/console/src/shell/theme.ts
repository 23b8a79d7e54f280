// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect } from "react";
import { useKept } from "./kept.ts";

export type Theme = "light" | "dark" | "system";

/** What the person chose, and how to choose; `public/theme.js` reads the same before the first paint. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [kept, keep] = useKept("theme");
  const theme: Theme = kept === "light" || kept === "dark" ? kept : "system";
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  const choose = useCallback((next: Theme) => keep(next === "system" ? null : next), [keep]);
  return [theme, choose];
}
