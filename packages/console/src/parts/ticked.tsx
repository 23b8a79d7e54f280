// SPDX-License-Identifier: Apache-2.0

/** A sentence of the server: what it puts between backticks is code, and looks like it. */
export function Ticked({ text }: { readonly text: string }) {
  const parts = text.split("`");
  // One without a partner is no mark but part of what somebody wrote.
  if (parts.length % 2 === 0) return text;
  return parts.map((part, at) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence keep their places
    at % 2 === 0 ? part : <code key={at}>{part}</code>,
  );
}
