// SPDX-License-Identifier: Apache-2.0
/** What the other fields of one record say against a changed one: another environment, the same window. */
import type { ConfigDelta, Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { valueEnvironment } from "./traits.ts";
import { containerAt, members, rootOf } from "./tree.ts";
import { wordsOf } from "./words.ts";

/**
 * `environment-unlike-record`: it names another environment than a field beside it;
 * `window-shared`: it moves work into the time of other work on the same targets.
 */
export function recordTags(file: ChangedFile, d: ConfigDelta): readonly string[] {
  if (d.op !== "changed" && d.op !== "added") return [];
  if (d.after.kind === "map" || d.after.kind === "list") return [];
  const words = wordsOf(d.key);
  const isEnvironment = words.some((w) => ENVIRONMENT.has(w));
  const isWindow = words.some((w) => WINDOW.has(w));
  if (!isEnvironment && !isWindow) return [];
  const root = rootOf(file, "after");
  const steps = d.pointer.split("/").slice(1);
  const own = root === null ? null : containerAt(root, steps.slice(0, -1));
  if (root === null || own === null) return [];
  return [
    ...(isEnvironment && isUnlikeRecord(own, d) ? ["environment-unlike-record"] : []),
    ...(isWindow && sharesWindow(root, steps, d) ? ["window-shared"] : []),
  ];
}

const ENVIRONMENT = new Set(["env", "environment", "stage"]);
const WINDOW = new Set(["window", "slot", "date", "day", "when", "starts", "scheduled"]);
const TARGETS = new Set(["target", "targets", "scope", "hosts", "nodes", "systems", "services"]);

type Field = { readonly key: string; readonly text: string };

const fieldsOf = (node: Node): readonly Field[] =>
  node.kind === "map"
    ? node.entries.flatMap(({ key, value }) =>
        value.kind === "scalar" ? [{ key, text: value.text }] : [],
      )
    : [];

function isUnlikeRecord(own: Node, d: ConfigDelta): boolean {
  const is = valueEnvironment(d.after.text);
  if (is === "none" || valueEnvironment(d.before.text) === is) return false;
  return fieldsOf(own).some(({ key, text }) => {
    if (key === d.key || !wordsOf(key).some((w) => ENVIRONMENT.has(w))) return false;
    const other = valueEnvironment(text);
    return other !== "none" && other !== is;
  });
}

function sharesWindow(root: Node, steps: readonly string[], d: ConfigDelta): boolean {
  const list = containerAt(root, steps.slice(0, -2));
  const own = containerAt(root, steps.slice(0, -1));
  if (list?.kind !== "list" || own === null) return false;
  return members(list).some(
    ({ node }) =>
      node !== own &&
      fieldsOf(node).some(({ key, text }) => key === d.key && text === d.after.text) &&
      meet(targetsOf(own), targetsOf(node)),
  );
}

const targetsOf = (node: Node): readonly string[] =>
  fieldsOf(node).flatMap(({ key, text }) =>
    wordsOf(key).some((w) => TARGETS.has(w)) ? [text.trim().toLowerCase()] : [],
  );

const EVERYTHING = /^(\*|all|every|fleet|global)([^a-z]|$)/;

/** One of both names everything, or they name the same. */
const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length > 0 &&
  others.length > 0 &&
  ([...some, ...others].some((t) => EVERYTHING.test(t)) || some.some((t) => others.includes(t)));
