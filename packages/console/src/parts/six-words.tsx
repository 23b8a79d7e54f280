// SPDX-License-Identifier: Apache-2.0

/** The six words of a digest, to be compared with those on a second screen; none where it is not known. */
export function SixWords({ words }: { readonly words: readonly string[] }) {
  if (words.length === 0) return <span className="muted">no words: the digest is not known</span>;
  return (
    <ol className="six-words" aria-label="six words of the digest">
      {words.map((word, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a word can be there twice, and its place is what it is
        <li key={at}>{word}</li>
      ))}
    </ol>
  );
}
