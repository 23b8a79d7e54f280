// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "react";
import { Icon } from "./icon.tsx";
import { shortened } from "./short.ts";

/** How long the button says that it copied. */
const SAID_MS = 1_500;

/** A digest or an id, short to the eye and whole in the clipboard. */
export function ShortId({ id, what }: { readonly id: string; readonly what: string }) {
  return (
    <span className="short-id">
      <code title={id}>{shortened(id)}</code>
      <Copy text={id} what={what} />
    </span>
  );
}

/** Copies a text; `what` names it to those who cannot see it. */
export function Copy({
  text,
  what,
  label,
}: {
  readonly text: string;
  readonly what: string;
  readonly label?: string;
}) {
  const [said, setSaid] = useState<"nothing" | "copied" | "refused">("nothing");
  useEffect(() => {
    if (said === "nothing") return;
    const timer = setTimeout(() => setSaid("nothing"), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid("copied"),
      () => setSaid("refused"),
    );
  const says = { nothing: label, copied: "copied", refused: "the browser refused" }[said];
  return (
    <button
      type="button"
      className={label === undefined ? "bare" : undefined}
      onClick={() => void copy()}
      aria-label={label === undefined ? `copy ${what}` : undefined}
    >
      <Icon name={said === "copied" ? "check" : "copy"} />
      <span aria-live="polite">{says}</span>
    </button>
  );
}
