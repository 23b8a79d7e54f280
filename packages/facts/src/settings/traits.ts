// SPDX-License-Identifier: Apache-2.0
/** What can be said of one difference whatever its key means: the tags of its delta. */
import type { ConfigDelta, Side } from "../config/types.ts";

const MATCH_ALL =
  /^(\*|\*\*|\/|\/\*+|\.\*|\^\.\*\$?|%|all|any|everyone|everything|global|0\.0\.0\.0\/0|::\/0|\*\.\*|\.|_all_|allusers|public|world|anonymous)$/i;

/** A text that matches or names everything. */
export const matchesAll = (text: string): boolean =>
  text.length <= WORD_MAX && MATCH_ALL.test(text.trim());

/** A text that is one of the words below is not longer, white space around it included. */
const WORD_MAX = 100;

const isBlank = (side: Side): boolean =>
  side.kind === "null" ||
  (side.kind === "string" && side.text.trim() === "") ||
  ((side.kind === "list" || side.kind === "map") && side.size === 0);
const isOn = (side: Side): boolean =>
  /^(true|yes|on|enabled?|active|1)$/i.test(side.text) &&
  side.kind !== "map" &&
  side.kind !== "list";
const isOff = (side: Side): boolean =>
  /^(false|no|off|disabled?|inactive|0|none)$/i.test(side.text) &&
  side.kind !== "map" &&
  side.kind !== "list";

/** Tags that follow from both sides alone, unsorted. */
export function traitsOf(delta: ConfigDelta): readonly string[] {
  const { before, after, op } = delta;
  const tags: string[] = [];
  const isScalar = after.kind !== "list" && after.kind !== "map";
  if (op !== "removed" && op !== "added" && isBlank(after) && !isBlank(before))
    tags.push("blanked");
  if (op === "added" && isBlank(after)) tags.push("blank");
  if (op !== "removed" && isScalar && matchesAll(after.text) && !matchesAll(before.text))
    tags.push("match-all");
  if (isOn(after) && !isOn(before)) tags.push("on");
  if (isOff(after) && !isOff(before)) tags.push("off");
  if (isOn(before) && op === "removed") tags.push("was-on");
  if (
    op === "changed" &&
    typeFamily(before) !== typeFamily(after) &&
    !isBlank(before) &&
    !isBlank(after)
  )
    tags.push("type-changed");
  if (isScalar && op !== "removed" && isDestructive(after.text) && !isDestructive(before.text))
    tags.push("destructive");
  if (
    isScalar &&
    op === "changed" &&
    scopeRank(before.text) >= 0 &&
    scopeRank(after.text) > scopeRank(before.text)
  )
    tags.push("scope-widened");
  return tags;
}

const DESTRUCTIVE =
  /^(hard[-_ ]?)?(delete|destroy|drop|purge|wipe|erase|terminate|permanent|permanently|truncate|force[-_ ]?delete|decommission|revoke|suspend|serverhold|clienthold|hold|disable)(d|s)?([-_ ](all|permanently|everything))?$/i;
const isDestructive = (text: string): boolean =>
  text.length <= WORD_MAX && DESTRUCTIVE.test(text.trim());

/** Scopes from narrow to wide, as operators name them. */
const SCOPES = [
  /^(object|file|key|item|record|row|bucket|pod|container|instance|host|node|user)$/i,
  /^(service|app|application|deployment|namespace|project|account|team|tenant|customer|database|table)$/i,
  /^(cell|zone|rack|cluster|site|datacenter|pop|org|organisation|organization)$/i,
  /^(region|product|platform|environment)$/i,
  /^(global|all|everything|everyone|world|worldwide|fleet|\*)$/i,
] as const;
const scopeRank = (text: string): number => SCOPES.findIndex((s) => s.test(text.trim()));

function typeFamily(side: Side): string {
  return side.kind === "int" || side.kind === "decimal" ? "number" : side.kind;
}

const PRODUCTION = /(^|[^a-z])(prod|production|prd|live)([^a-z]|$)/i;
const NON_PRODUCTION =
  /(^|[^a-z])(dev|development|test|testing|stage|staging|stg|qa|uat|lab|sandbox|pre-?prod|non-?prod)([^a-z]|$)/i;

/** Which environment a value speaks of: a host, an account, a connection string. */
export function valueEnvironment(text: string): "production" | "non-production" | "none" {
  if (NON_PRODUCTION.test(text)) return "non-production";
  return PRODUCTION.test(text) ? "production" : "none";
}
