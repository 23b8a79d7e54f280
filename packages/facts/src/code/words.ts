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

/**
 * A peer's certificate, host name or signature that is no longer checked, as the usual libraries of
 * Python, JavaScript, Go, Java, Ruby, PHP, C#, curl and Git switch it off (CWE-295, CWE-347).
 */
const UNVERIFIED =
  /\bverify\s?=\s?False\b|\bverify_mode\s?=\s?(?:ssl\.CERT_NONE|OpenSSL::SSL::VERIFY_NONE)|\bcheck_hostname\s?=\s?False|\b_create_unverified_context\b|\bCERT_NONE\b|\bdisable_warnings\(InsecureRequestWarning|\brejectUnauthorized\s?:\s?false|NODE_TLS_REJECT_UNAUTHORIZED["'\]]{0,3}\s?[=:]\s?["']?0|\bstrictSSL\s?:\s?false|\bInsecureSkipVerify\s?:\s?true|\bNoopHostnameVerifier\b|\bTrustAllStrategy\b|\bALLOW_ALL_HOSTNAME_VERIFIER\b|\bVERIFY_NONE\b|CURLOPT_SSL_VERIFY(?:PEER|HOST)\s?(?:,|=>)\s?(?:false|0)\b|\bServerCertificateCustomValidationCallback\s?=\s?[^;\n]{0,80}\btrue\b|\bdanger_accept_invalid_certs\(true|GIT_SSL_NO_VERIFY\s?=\s?(?:1|true)|\bhttp\.sslVerify\s+false|\bcurl\s[^\n]{0,120}(?:\s-k\b|--insecure\b)|\bwget\s[^\n]{0,120}--no-check-certificate|\bStrictHostKeyChecking[= ]no\b|\bverify_signature["']?\s?[:=]\s?(?:False|false)|\balgorithms?["']?\s?[:=]\s?\[?\s?["']none["']/g;

/** bcrypt reads 72 bytes: of several parts that are put together, the last ones may not be read at all. */
const CUT_HASH =
  /\bbcrypt\w{0,10}\.(?:hash|hashSync|hashpw|hashPassword|GenerateFromPassword)\(\s*(?:\[\]byte\(\s*)?(?:`[^`\n]{0,200}\$\{[^}\n]{1,100}\}[^`\n]{0,100}\$\{|f["'][^"'\n]{0,200}\{[^}\n]{1,100}\}[^"'\n]{0,100}\{|\(?[\w.$]{1,60}\s*\+\s*[\w.$"':-]{1,60}(?:\s*\+|\s*[,)]))/g;

/** Readers that make objects of any kind of what they are given (CWE-502). */
const UNSAFE_LOAD =
  /\byaml\.(?:unsafe_load(?:_all)?\(|load(?:_all)?\([^\n()]{0,120}(?:\([^\n()]{0,80}\))?[^\n()]{0,80}Loader\s*=\s*(?:yaml\.)?(?:Unsafe)?Loader\b)|\bYAML\.unsafe_load\(|\bObjectInputStream\(\s*\w*(?:request|socket|upload)/gi;

/** R10 in languages without a grammar here, and checks of identity that are switched off anywhere. */
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
  {
    id: "unverified-peer",
    aspect: "peer-unverified",
    languages: "any",
    hint: /verif|unauthorized|strictSSL|hostname|CERT_NONE|TrustAll|CertificateCustom|invalid_certs|curl\s|wget\s|HostKeyChecking|algorithm/i,
    find: (side) => matches(side, UNVERIFIED, (m) => m[0].trim().slice(0, 80)),
  },
  {
    id: "cut-hash",
    aspect: "hash-cut",
    languages: "any",
    hint: /bcrypt/,
    find: (side) => matches(side, CUT_HASH, (m) => m[0].trim().slice(0, 80)),
  },
  {
    id: "unsafe-load",
    aspect: "unsafe-load",
    languages: "any",
    hint: /unsafe_load|Loader|ObjectInputStream/,
    find: (side) => matches(side, UNSAFE_LOAD, (m) => m[0].trim().slice(0, 80)),
  },
];
