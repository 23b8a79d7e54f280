// SPDX-License-Identifier: Apache-2.0
import { EVENT, events, type LiveEvent } from "@interlock/protocol";
import { useEffect, useRef, useState } from "react";

/** How a page stands to what happens: `at` is when it last heard anything. */
export type Liveness = {
  readonly kind: "connecting" | "live" | "paused" | "ended";
  readonly at: number | null;
};

const KINDS = ["judged", "signed", "ran", "rolled", "published", "beat", "restart", "end"] as const;

/** A new sign-in ends the stream of the one before, and its cookie may come a moment later. */
const TRIES = 3;
const TRY_AGAIN_MS = 2_000;
const SELDOM_MS = 15_000;

/**
 * Listens to what happens, after an entry of the ledger or from now on. Pauses while the page is hidden
 * and goes on where it was; `null` waits until the page knows what it shows.
 */
export function useLive(
  after: number | "now" | null,
  onEvent: (event: LiveEvent) => void,
): Liveness {
  const [liveness, setLiveness] = useState<Liveness>({ kind: "connecting", at: null });
  const last = useRef<number | null>(null);
  const tell = useRef(onEvent);
  useEffect(() => {
    tell.current = onEvent;
  });
  const waits = after === null;
  const first = useRef(after);
  useEffect(() => {
    first.current = after;
  });
  useEffect(() => {
    if (waits) return;
    let source: EventSource | null = null;
    let tries = 0;
    let signedOut = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      clearTimeout(timer);
      source?.close();
      source = null;
    };
    const comeBack = () => {
      stop();
      tries += 1;
      if (signedOut && tries > TRIES) setLiveness({ kind: "ended", at: Date.now() });
      else timer = setTimeout(start, tries > TRIES ? SELDOM_MS : TRY_AGAIN_MS);
    };
    const hear = ({ data, lastEventId }: MessageEvent<string>) => {
      const read = EVENT.safeParse(JSON.parse(data));
      // What a newer server tells is nothing that this page could show.
      if (!read.success) return;
      const event = read.data;
      if (lastEventId !== "") last.current = Number(lastEventId);
      signedOut = event.kind === "end" && event.because === "signed-out";
      if (signedOut) return comeBack();
      tries = 0;
      setLiveness({ kind: "live", at: Date.now() });
      tell.current(event);
    };
    const start = () => {
      if (document.hidden || source !== null) return;
      const known = last.current ?? (first.current === "now" ? null : first.current);
      source = new EventSource(known === null ? events.path : `${events.path}?after=${known}`);
      for (const kind of KINDS) source.addEventListener(kind, hear);
      // Refused for good, such as with the cookie of a session that has ended; else it tries by itself.
      source.addEventListener("error", () => {
        if (source?.readyState === EventSource.CLOSED) comeBack();
      });
    };
    const onVisibility = () => {
      if (!document.hidden) return start();
      stop();
      setLiveness((before) => ({ ...before, kind: "paused" }));
    };
    start();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      stop();
    };
  }, [waits]);
  return liveness;
}
