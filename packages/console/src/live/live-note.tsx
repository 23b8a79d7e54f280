// SPDX-License-Identifier: Apache-2.0
import { Badge } from "../parts/badge.tsx";
import { useNow } from "../parts/when.tsx";
import type { Liveness } from "./stream.ts";

/** Without a word for so long, a page is not live and says since when. */
const SILENT_MS = 10_000;

/** `live · 2 s ago`, or since when it is not. */
export function LiveNote({ of }: { readonly of: Liveness }) {
  const now = useNow();
  const silent = of.at === null ? 0 : Math.max(0, now - of.at);
  const seconds = Math.floor(silent / 1_000);
  if (of.kind === "ended") return <Badge meaning="unknown">not live: signed out</Badge>;
  if (of.kind === "paused") return <Badge meaning="unknown">paused</Badge>;
  if (of.at === null) return <span className="muted small">connecting …</span>;
  if (silent > SILENT_MS) return <Badge meaning="unknown">not live since {seconds} s</Badge>;
  return <span className="muted small live-note">live · {seconds} s ago</span>;
}
