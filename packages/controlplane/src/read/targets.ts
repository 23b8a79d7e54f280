// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { allowFields, isRaw, type Path, report } from "@interlock/policy";
import { TARGET_KINDS, type TargetDescription } from "../description.ts";
import { TARGET } from "../json-schema.ts";
import { type At, jsonAt, LIMITS, nameAt, wordAt } from "./fields.ts";

export function targetOf(at: At): TargetDescription {
  allowFields(at.r, at.raw, at.path, Object.keys(TARGET));
  return {
    name: nameAt(at, "name"),
    kind: wordAt(at, "kind", TARGET_KINDS) ?? "files",
    settings: settingsAt(at),
  };
}

/** Settings of a driver; what looks like a credential is refused, because the file is public. */
export function settingsAt(at: At): Json {
  const settings = jsonAt(at, "settings", LIMITS.settingsBytes);
  if (settings === undefined) {
    if (at.raw["settings"] === undefined)
      report(at.r, "FIELD_MISSING", at.path, "`settings` is missing", "add `settings:`");
    return {};
  }
  if (!isRaw(settings))
    report(
      at.r,
      "FIELD_INVALID",
      [...at.path, "settings"],
      "`settings` is no mapping",
      "write `settings: {…}`",
    );
  for (const path of credentialsIn(settings, [...at.path, "settings"]))
    report(
      at.r,
      "SECRET_WRITTEN",
      path,
      "a credential is written out here",
      "name where the server finds it: `env:NAME` or `file:/run/secrets/NAME`; then replace the credential, which others have read",
    );
  return settings;
}

const SECRET_FIELD =
  /(?:password|passwd|secret|token|credential|private[-_]?key|api[-_]?key|bearer)/i;
const AUTHORISATION = /^(?:basic|bearer)\s+\S/i;
const LOOKED_UP = /^(?:env|file):\S+$/;
/** `scheme://user:password@host` (RFC 3986 section 3.2.1). */
const WITH_PASSWORD = /^[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#@]{0,200}:[^\s/?#@]{1,200}@/i;

function credentialsIn(value: Json, path: Path, field = ""): readonly Path[] {
  if (typeof value === "string") {
    const named = SECRET_FIELD.test(field) && value !== "" && !LOOKED_UP.test(value);
    return named || WITH_PASSWORD.test(value) || AUTHORISATION.test(value) ? [path] : [];
  }
  if (Array.isArray(value))
    return value.flatMap((v: Json, i) => credentialsIn(v, [...path, i], field));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([k, v]) => credentialsIn(v, [...path, k], k));
}
