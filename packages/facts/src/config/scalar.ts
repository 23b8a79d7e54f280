// SPDX-License-Identifier: Apache-2.0
import type { ScalarType } from "./types.ts";

/** The type of an unquoted scalar in formats that have no types of their own (YAML 1.2 core schema). */
export function typeOfPlain(text: string): ScalarType {
  if (text === "" || /^(null|~)$/i.test(text)) return "null";
  if (/^(true|false)$/i.test(text)) return "bool";
  if (/^[-+]?\d{1,400}$/.test(text) || /^0[xo][0-9a-f]{1,100}$/i.test(text)) return "int";
  if (/^[-+]?(\.\d{1,400}|\d{1,400}(\.\d{0,400})?)(e[-+]?\d{1,5})?$/i.test(text)) return "decimal";
  return "string";
}

/** Unquoted words that formats without types read as switches too. */
export function typeOfLoose(text: string): ScalarType {
  return /^(yes|no|on|off)$/i.test(text) ? "bool" : text === "" ? "string" : typeOfPlain(text);
}
