// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "react";
import { useKept } from "./kept.ts";
import { ALL_PAGES, type PagePath } from "./pages.ts";

/** What keys do everywhere; the key map shows exactly this. No single key approves anything. */
export const KEY_MAP = [
  { keys: ["Ctrl K", "⌘ K"], does: "find a page or an act", single: false },
  { keys: ["Esc"], does: "close what is open, and go back to where you were", single: false },
  { keys: ["Enter"], does: "open what has the focus", single: false },
  { keys: ["j", "k"], does: "next and previous row", single: true },
  { keys: ["/"], does: "go to the filter of the list", single: true },
  { keys: ["?"], does: "show these keys", single: true },
  ...ALL_PAGES.map(({ letter, name }) => ({
    keys: [`g ${letter}`],
    does: `go to ${name}`,
    single: true,
  })),
] as const;

export type KeyActs = {
  readonly palette: () => void;
  readonly keyMap: () => void;
  readonly go: (path: PagePath) => void;
};

/** How long after `g` a letter still means a page. */
const CHORD_MS = 1_500;

/** Listens to the keys of the shell. Single keys can be switched off (WCAG 2.2, 2.1.4). */
export function useKeys(acts: KeyActs): void {
  const [off] = useKept("single-keys");
  const chordUntil = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        acts.palette();
      }
      if (event.ctrlKey || event.metaKey || off === "off" || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const page = ALL_PAGES.find(({ letter }) => letter === event.key);
      if (page !== undefined && event.timeStamp < chordUntil.current) {
        chordUntil.current = 0;
        event.preventDefault();
        acts.go(page.path);
        return;
      }
      chordUntil.current = event.key === "g" ? event.timeStamp + CHORD_MS : 0;
      if (single(event.key, acts)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [acts, off]);
}

function single(key: string, { keyMap }: KeyActs): boolean {
  if (key === "?") keyMap();
  else if (key === "j") moveRow(1);
  else if (key === "k") moveRow(-1);
  else if (key === "/") document.querySelector<HTMLElement>("main input[type=search]")?.focus();
  else return false;
  return true;
}

/** Rows are what carries `data-row`: a link or a button each, so that `Enter` opens it. */
function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const at = rows.indexOf(document.activeElement as HTMLElement); // -1 for whatever is no row
  const next = at === -1 ? (by === 1 ? 0 : rows.length - 1) : at + by;
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
