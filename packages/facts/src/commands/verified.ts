// SPDX-License-Identifier: Apache-2.0
/** Checks of what a script has downloaded, before it is used. */

const CHECK =
  /^[ \t]*(?!#)[^\n#]{0,200}?\b(?:(?:sha(?:1|224|256|384|512)sum|shasum|md5sum|b2sum)\s[^\n|;&]{0,100}(?:-c|--check)\b|(?:echo|printf)\s[^\n]{0,200}\|\s*(?:sha\d{3}sum|shasum)\s|gpgv?\s[^\n]{0,100}--verify\b|gpgv\s|cosign\s+verify|minisign\s+-V|openssl\s+dgst\s[^\n]{0,100}-verify|rpm\s+(?:-K|--checksig))[^\n]{0,200}/m;

export type CheckLost = { readonly before: string; readonly line: number };

/** The check is gone and the script still fetches something. */
export function lostChecks(before: string, after: string): readonly CheckLost[] {
  const was = CHECK.exec(before)?.[0].trim();
  if (was === undefined || CHECK.test(after)) return [];
  const rows = after.split("\n");
  const at = rows.findIndex((row) => /^\s*(?!#).*\b(?:curl|wget|aria2c)\s/.test(row));
  return at < 0 ? [] : [{ before: was, line: at + 1 }];
}
