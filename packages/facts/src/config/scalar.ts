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

const INT = /^[-+]?\d{1,400}$|^0x[0-9a-fA-F]{1,100}$|^0o[0-7]{1,100}$/;
const DECIMAL = /^[-+]?(?:\.\d{1,400}|\d{1,400}(?:\.\d{0,400})?)(?:[eE][-+]?\d{1,5})?$/;

/**
 * The type of a plain scalar of YAML: the core schema of YAML 1.2 (10.3.2), and the words that readers
 * of YAML 1.1 take for switches (yaml.org/type/bool), since quoting them changes what those read.
 */
export function typeOfYaml(text: string): ScalarType {
  const c = text.charCodeAt(0);
  // Most scalars are words: only digits, `+-.`, `~`, and the first letters of the words below go on.
  if (c > 57 && c !== 126 && !"tTfFnNyYoO".includes(text[0] ?? "")) return "string";
  switch (text) {
    case "":
    case "~":
    case "null":
    case "Null":
    case "NULL":
      return "null";
    case "true":
    case "True":
    case "TRUE":
    case "false":
    case "False":
    case "FALSE":
    case "yes":
    case "Yes":
    case "YES":
    case "no":
    case "No":
    case "NO":
    case "on":
    case "On":
    case "ON":
    case "off":
    case "Off":
    case "OFF":
      return "bool";
  }
  return INT.test(text) ? "int" : DECIMAL.test(text) ? "decimal" : "string";
}
