// SPDX-License-Identifier: Apache-2.0
import { Content, Portal, Root as TooltipRoot, Trigger } from "@radix-ui/react-tooltip";
import { useSyncExternalStore } from "react";
import { serverNow } from "../api/clock.ts";
import { relative, utc } from "./short.ts";

/** Relative time; hovered or focused it says the exact one. */
export function When({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <TooltipRoot>
      <Trigger className="when">
        <time dateTime={new Date(at).toISOString()}>{relative(at, now)}</time>
      </Trigger>
      {/* Not where the time stands: that is often a paragraph, which holds no block. */}
      <Portal container={document.querySelector("main")}>
        <Content className="tip" sideOffset={4}>
          {utc(at)}
        </Content>
      </Portal>
    </TooltipRoot>
  );
}

/** One clock for all times of a page; still while the page is hidden. */
const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let now = serverNow();
let timer: ReturnType<typeof setInterval> | null = null;

function tick(): void {
  if (document.hidden) return;
  now = serverNow();
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  now = serverNow();
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** Now by the server's clock, to the second, in milliseconds since 1970 UTC. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => now);
}
