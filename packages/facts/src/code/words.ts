// SPDX-License-Identifier: Apache-2.0
import { type Detector, lineAt, type Side, type Sighting } from "./sighting.ts";

/** Text with comments and the insides of strings blanked out, line for line. */
export function withoutComments(text: string, path: string): string {
  const hash = /\.(py|rb|sh|pl|pm|ex|exs|r|ya?ml|toml)$/.test(path);
  const blank = (s: string) => s.replace(/[^\n]/g, " ");
  const pattern = hash
    ? /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|#[^\n]*/g
    : /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(pattern, (whole, quoted: string | undefined) =>
    quoted === undefined ? blank(whole) : whole,
  );
}

function matches(
  side: Side,
  pattern: RegExp,
  subject: (m: RegExpMatchArray) => string,
): readonly Sighting[] {
  const text = withoutComments(side.text, side.path);
  return [...text.matchAll(pattern)].slice(0, 500).map((m) => {
    const line = lineAt(text, m.index + (m[0].length - m[0].trimStart().length));
    return {
      line,
      endLine: line,
      subject: subject(m),
      text: m[0].replace(/\s+/g, " ").trim(),
      tags: [],
    };
  });
}

/** Parsed, loaded or limited input taken for granted in Rust, Kotlin and Swift. */
const UNWRAPPED =
  /\b(?:\w*(?:parse|from_str|from_slice|from_utf8|read|load|open|deserialize|decode|try_from|try_into|append|lookup|fetch|config|features)\w*)(?:::<[^>\n]{0,80}>)?\s*\([^\n;{}]{0,200}?\)\s*(?:\.(?:unwrap|expect)\s*\([^\n)]{0,80}\)|!!\.)/g;

/** Rust keeps unit tests at the end of the file that they test. */
function productPart(side: Side): Side {
  const at = side.text.indexOf("#[cfg(test)]");
  return at === -1 ? side : { ...side, text: side.text.slice(0, at) };
}

/** R10 in languages without a grammar here. */
export const WORD_DETECTORS: readonly Detector[] = [
  {
    id: "rust-unwrap",
    aspect: "parse-unchecked",
    languages: "any",
    hint: /\.(unwrap|expect)\(|\)!!\./,
    find: (side) =>
      /\.(rs|kts?)$/.test(side.path)
        ? matches(productPart(side), UNWRAPPED, (m) => m[0].trim().slice(0, 80))
        : [],
  },
];
