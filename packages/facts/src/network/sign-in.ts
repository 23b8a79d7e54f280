// SPDX-License-Identifier: Apache-2.0
/** Lines of `pg_hba.conf`, wherever they stand: who may sign in to a database, from where and how. */

const LINE =
  /(?:^|[-\s"'])(host(?:ssl|nossl|gssenc|nogssenc)?\s+\S+\s+\S+\s+(\S+)(?:\s+\d+\.\d+\.\d+\.\d+)?\s+trust)\b/;
/** Whoever is on the machine itself. */
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+(?:\/\d+)?|::1(?:\/128)?|localhost|samehost)$/;

export type OpenSignIn = { readonly line: number; readonly text: string; readonly from: string };

/** Lines that let others sign in without any proof. */
export function openSignIns(
  rows: readonly { readonly line: number; readonly text: string }[],
): readonly OpenSignIn[] {
  return rows.flatMap(({ line, text }) => {
    const m = /^\s*#/.test(text) ? null : LINE.exec(text.slice(0, 1_000));
    const from = m?.[2] ?? "";
    if (m === null || LOOPBACK.test(from)) return [];
    return [{ line, text: (m[1] ?? "").replace(/\s+/g, " "), from }];
  });
}
