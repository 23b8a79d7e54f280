// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { allowFields, checkExpression, report, type Scope } from "@interlock/policy";
import type { ConfigSet, Invariant, Reference, SetLimits } from "../description.ts";
import { CONFIG_SET, FILE, INVARIANT, REFERENCE, SET_LIMITS } from "../json-schema.ts";
import { scopeOf } from "../set/scope.ts";
import { namesIn, refusedPath, templateOf } from "../set/template.ts";
import { schemaProblems } from "../value/schema-problems.ts";
import {
  type At,
  countAt,
  itemsAt,
  jsonAt,
  LIMITS,
  mappingAt,
  nameAt,
  pointerAt,
  refuseTwice,
  shareAt,
  textAt,
} from "./fields.ts";
import { replayAt } from "./replay.ts";

export function setOf(at: At): ConfigSet {
  const { r, raw, path } = at;
  allowFields(r, raw, path, Object.keys(CONFIG_SET));
  const limits = limitsAt(at);
  const schema = schemaAt(at);
  const scope = scopeOf(schema, limits);
  const invariants = itemsAt(at, "invariants", LIMITS.invariants);
  refuseTwice(invariants, "id", "invariant");
  const replay = replayAt(at);
  const name = nameAt(at, "name");
  return {
    name,
    system: nameAt(at, "system"),
    target: nameAt(at, "target"),
    owner: ownerAt(at),
    repository: textAt(at, "repository", 200),
    ref: refAt(at),
    files: filesAt(at),
    ...(schema === undefined ? {} : { schema }),
    invariants: invariants.map((one) => invariantOf(one, scope)),
    references: itemsAt(at, "references", LIMITS.references).map((one) => referenceOf(one, name)),
    limits,
    ...(replay === null ? {} : { replay }),
  };
}

const TEAM = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;

function ownerAt(at: At): string {
  const owner = textAt(at, "owner", LIMITS.name);
  if (owner !== "" && !TEAM.test(owner))
    report(
      at.r,
      "FIELD_INVALID",
      [...at.path, "owner"],
      `\`${owner}\` is no team`,
      "write a team as the catalog names it, such as `promise`",
    );
  return owner;
}

const REF = /^refs\/heads\/[A-Za-z0-9][A-Za-z0-9._/-]*$/;

function refAt(at: At): string {
  const ref = textAt(at, "ref", 200);
  if (ref !== "" && (!REF.test(ref) || refusedPath(ref) !== null))
    report(
      at.r,
      "FIELD_INVALID",
      [...at.path, "ref"],
      `\`${ref}\` is no branch`,
      "write it whole: `refs/heads/main`",
    );
  return ref;
}

function filesAt(at: At): ConfigSet["files"] {
  const items = itemsAt(at, "files", LIMITS.files);
  if (items.length === 0)
    report(
      at.r,
      "FIELD_MISSING",
      at.path,
      "a set comes from one file at least",
      'add `files: [{path: "config/{key}.json", key: "{key}"}]`',
    );
  refuseTwice(items, "path", "path");
  return items.map((item) => {
    allowFields(item.r, item.raw, item.path, Object.keys(FILE));
    const file = { path: textAt(item, "path", LIMITS.path), key: textAt(item, "key", LIMITS.path) };
    refuseTemplate(item, file);
    return file;
  });
}

/** Every path that matches has to give a key of its own, in the cells that it names. */
function refuseTemplate(
  at: At,
  { path, key }: { readonly path: string; readonly key: string },
): void {
  const wrong = (field: "path" | "key", message: string, help: string): void =>
    report(at.r, "FIELD_INVALID", [...at.path, field], message, help);
  const [from, to] = [templateOf(path), templateOf(key)];
  if (from === null || to === null) {
    wrong(
      from === null ? "path" : "key",
      "a part between two `/` has braces that are no single placeholder",
      "write `{key}` or `{cell}`, one between two `/`",
    );
    return;
  }
  const refused = path === "" ? null : refusedPath(path);
  if (refused !== null || /[^\x20-\x7e]/.test(path + key))
    wrong(
      "path",
      `no file has this path: ${refused ?? "it has other than ASCII characters"}`,
      "write it from the root of the repository, such as `config/{key}.json`",
    );
  if (namesIn(from, "key") > 1 || namesIn(from, "cell") > 1)
    wrong("path", "a placeholder is there twice", "write each once");
  if (namesIn(from, "key") !== Math.min(1, namesIn(to, "key")) || namesIn(to, "key") > 1)
    wrong(
      "key",
      "`{key}` stands in one of path and key only, or twice",
      "write it once in both, or in neither",
    );
  if (namesIn(to, "cell") > namesIn(from, "cell"))
    wrong(
      "key",
      "`{cell}` stands in the key but not in the path",
      "write it in the path, or leave it out of the key",
    );
}

function limitsAt(at: At): SetLimits {
  const below = mappingAt(at, "limits", Object.keys(SET_LIMITS)) ?? { ...at, raw: {} };
  return {
    keys: countAt(below, "keys", { least: 1, most: LIMITS.keys, otherwise: 1_000 }),
    valueBytes: countAt(below, "valueBytes", {
      least: 1,
      most: LIMITS.valueBytes,
      otherwise: 65_536,
    }),
    // What the rules R26 and R27 of the reliability pack ask people about.
    growthPpm: shareAt(below, "growth", 500_000),
    shrinkPpm: shareAt(below, "shrink", 300_000),
  };
}

function schemaAt(at: At): Json | undefined {
  const schema = jsonAt(at, "schema", LIMITS.schemaBytes);
  if (schema === undefined) return undefined;
  for (const { path, message, help } of schemaProblems(schema))
    at.r.problems.push(
      at.r.source.problemAtKey("FIELD_INVALID", [...at.path, "schema", ...path], message, help),
    );
  return schema;
}

function invariantOf(at: At, scope: Scope): Invariant {
  const { r, raw, path } = at;
  allowFields(r, raw, path, Object.keys(INVARIANT));
  const holds = textAt(at, "holds", 4_000);
  if (holds !== "") {
    const { problems, always } = checkExpression(holds, scope);
    for (const p of problems)
      r.problems.push(r.source.problemIn(p.code, [...path, "holds"], p.offset, p.message, p.help));
    if (problems.length === 0 && always !== null)
      report(
        r,
        "EXPRESSION_TYPE",
        [...path, "holds"],
        `it is ${always} whatever the values are`,
        "compare values",
      );
  }
  return { id: nameAt(at, "id"), says: textAt(at, "says"), holds };
}

function referenceOf(at: At, ownName: string): Reference {
  const { r, raw, path } = at;
  allowFields(r, raw, path, Object.keys(REFERENCE));
  const pointer = pointerAt(at, "at");
  const key = raw["key"] === undefined ? "{value}" : textAt(at, "key", LIMITS.path);
  if (key.split("{value}").length !== 2)
    report(
      r,
      "FIELD_INVALID",
      [...path, "key"],
      "`key` does not have `{value}` once",
      "write `{value}`, or `promise/{value}`",
    );
  return { at: pointer, to: raw["to"] === undefined ? ownName : nameAt(at, "to"), key };
}
