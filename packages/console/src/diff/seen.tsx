// SPDX-License-Identifier: Apache-2.0
import { piecesOf } from "@interlock/core";

/** A line from a repository, with what nobody would see spelled out in its place. */
export function Seen({ text }: { readonly text: string }) {
  const pieces = piecesOf(text);
  if (pieces.length === 1 && pieces[0]?.hidden === null) return text;
  return pieces.map(({ text: own, hidden }, at) =>
    hidden === null ? (
      own
    ) : (
      <mark
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place
        key={at}
        className="hidden-character"
        title={`the character ${hidden}, which does not show`}
      >
        {hidden}
      </mark>
    ),
  );
}
