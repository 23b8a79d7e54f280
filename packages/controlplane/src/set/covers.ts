// SPDX-License-Identifier: Apache-2.0
import type { ConfigSet } from "../description.ts";
import { NAMED } from "./template.ts";

/** Whether a key of a cell is one that a file of the set may give it. */
export const coversKey = (
  { files }: Pick<ConfigSet, "files">,
  { cell, key }: { readonly cell: string; readonly key: string },
): boolean => files.some((file) => fits(file.key.replaceAll("{cell}", cell), key));

function fits(written: string, key: string): boolean {
  const pieces = written.split("{key}");
  const times = pieces.length - 1;
  if (times === 0) return written === key;
  const first = pieces[0] ?? "";
  // Each placeholder stands for the same text, so that its length says all.
  const length = (key.length - pieces.join("").length) / times;
  if (!Number.isInteger(length) || length < 1) return false;
  const name = key.slice(first.length, first.length + length);
  return NAMED.test(name) && pieces.join(name) === key;
}
