// SPDX-License-Identifier: Apache-2.0
import type { CSSProperties, ReactNode } from "react";
import { LOOKS, type Meaning } from "./meaning.ts";

/** Glyph, word and colour of a meaning; `children` is a word that says more, never less. */
export function Badge({
  meaning,
  children,
}: {
  readonly meaning: Meaning;
  readonly children?: ReactNode;
}) {
  const { color, word } = LOOKS[meaning];
  // A custom property, set by script, is no inline style to the policy of the page.
  const style = { "--meaning": `var(${color})` } as CSSProperties;
  return (
    <span className="badge" data-meaning={meaning} style={style}>
      <Glyph meaning={meaning} />
      {children ?? word}
    </span>
  );
}

export function Glyph({ meaning }: { readonly meaning: Meaning }) {
  const { glyph, filled } = LOOKS[meaning];
  return (
    <svg className="glyph" viewBox="0 0 16 16" aria-hidden="true" data-filled={filled}>
      <path d={glyph} />
    </svg>
  );
}
