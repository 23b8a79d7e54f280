// SPDX-License-Identifier: Apache-2.0
import { useEffect, useSyncExternalStore } from "react";

/** Something that the palette offers. What cannot be undone is never one: it has its own button. */
export type Command = {
  readonly name: string;
  readonly says?: string;
  /** Keys that do the same. */
  readonly keys?: string;
  readonly run: () => void;
};

const listeners = new Set<() => void>();
let offered: readonly (readonly Command[])[] = [];

function set(next: typeof offered): void {
  offered = next;
  for (const listener of listeners) listener();
}

/** Offers commands while a page is shown; the list has to stay the same between renders (`useMemo`). */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => {
    set([...offered, commands]);
    return () => set(offered.filter((one) => one !== commands));
  }, [commands]);
}

/** All commands that are offered now. */
export function useOffered(): readonly Command[] {
  const lists = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => offered,
  );
  return lists.flat();
}

/** Commands whose name or sentence has all words of a text, those whose name begins with it first. */
export function found(commands: readonly Command[], text: string): readonly Command[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const rank = ({ name }: Command) => (name.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return commands
    .filter(({ name, says = "" }) => {
      const whole = `${name} ${says}`.toLowerCase();
      return words.every((word) => whole.includes(word));
    })
    .toSorted((a, b) => rank(a) - rank(b));
}
