// SPDX-License-Identifier: Apache-2.0
import { type ReactNode, useState } from "react";
import { Badge } from "../parts/badge.tsx";
import { type Look, lookOf, movedSince } from "./moved.ts";
import type { ChangeShown } from "./shown.ts";

/**
 * Remembers what a person was shown first. When what they would sign has moved, they get what changed
 * in the place of the button, and the button once they have seen it; `null` while nothing moved. What
 * was asked of them before that is over then, which `onSeen` is told.
 */
export function useLook(shown: ChangeShown, onSeen: () => void): ReactNode | null {
  const now = lookOf(shown);
  const [seen, setSeen] = useState<Look>(now);
  const [open, setOpen] = useState(false);
  if (seen.key === now.key) return null;
  if (!open)
    return (
      <div className="sign moved">
        <p role="status">
          <Badge meaning="person">moved</Badge> What you would sign is not what you have been
          looking at.
        </p>
        <button type="button" className="primary" onClick={() => setOpen(true)}>
          See what changed since you looked
        </button>
      </div>
    );
  return (
    <div className="sign moved">
      <h3>Since you looked</h3>
      <ul>
        {movedSince(seen, now).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <button
        type="button"
        onClick={() => {
          setSeen(now);
          setOpen(false);
          onSeen();
        }}
      >
        I have seen it
      </button>
    </div>
  );
}
