// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Effect } from "@interlock/core";
import type { ChangedFile } from "../source.ts";
import { statefulType, weightOf } from "./stateful.ts";

/** What `terraform show -json` says of one resource. */
export type Planned = {
  readonly address: string;
  readonly type: string;
  readonly actions: readonly string[];
  readonly replacePaths: string;
  readonly line: number;
};

export type Plan = { readonly path: string; readonly changes: readonly Planned[] };

/** More resources than one state holds in practice. */
const CHANGES_MAX = 20_000;

export function mayBePlan(file: { readonly path: string; readonly after: string | null }): boolean {
  return /\.json$/i.test(file.path) &&
    (file.after?.slice(0, 2_000).includes("format_version") ?? false)
    ? file.after?.includes('"resource_changes"') === true
    : false;
}

/** Reads a plan, or says why not. https://developer.hashicorp.com/terraform/internals/json-format */
export function readPlan(file: Pick<ChangedFile, "path" | "after">): Plan | string {
  const text = file.after ?? "";
  const parsed = parseJson(text);
  if (parsed === null) return "the plan is no valid JSON";
  const list = record(parsed)["resource_changes"];
  if (!Array.isArray(list)) return "the plan lists no resource changes";
  if (list.length > CHANGES_MAX) return `the plan lists more than ${CHANGES_MAX} resources`;
  const lines = lineFinder(text);
  return { path: file.path, changes: list.flatMap((raw) => planned(record(raw), lines)) };
}

type Raw = Readonly<Record<string, unknown>>;

// Plans come from a file that anybody may have written: read field by field.
const record = (value: unknown): Raw =>
  typeof value === "object" && value !== null ? (value as Raw) : {};
const string = (value: unknown): string => (typeof value === "string" ? value : "");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function planned(raw: Raw, lines: (address: string) => number): readonly Planned[] {
  const change = record(raw["change"]);
  const actions = Array.isArray(change["actions"]) ? change["actions"].map(string) : [];
  const address = string(raw["address"]);
  if (address === "" || string(raw["mode"]) === "data") return [];
  const forced = Array.isArray(change["replace_paths"]) ? change["replace_paths"] : [];
  const replacePaths = forced
    .map((path) => (Array.isArray(path) ? path.map(String).join(".") : String(path)))
    .join(", ");
  return [{ address, type: string(raw["type"]), actions, replacePaths, line: lines(address) }];
}

/** Lines of addresses in the order in which they stand, so that the text is searched once. */
function lineFinder(text: string): (address: string) => number {
  let from = text.indexOf('"resource_changes"');
  let line = 1 + newlines(text, 0, Math.max(0, from));
  return (address) => {
    const at = text.indexOf(JSON.stringify(address), Math.max(0, from));
    if (at < 0) return line;
    line += newlines(text, from, at);
    from = at;
    return line;
  };
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1))
    count++;
  return count;
}

const isDelete = ({ actions }: Planned): boolean => actions.includes("delete");
const isReplace = (item: Planned): boolean => isDelete(item) && item.actions.includes("create");
const isCreate = ({ actions }: Planned): boolean => actions.includes("create");

/** What the plan destroys and replaces, one by one, and how much it does in all. */
export function planDeltas(plan: Plan, explained: number): readonly Delta[] {
  const acting = plan.changes.filter((item) => isDelete(item) || isCreate(item));
  const destroyed = plan.changes.filter(isDelete);
  const total = {
    ...delta({ path: plan.path, aspect: "plan-size", op: "executed" }),
    line: 1,
    subject: "plan",
    format: "terraform-plan",
    before: String(explained),
    after: String(acting.length),
    beforeCount: explained,
    afterCount: acting.length,
    addedCount: plan.changes.filter((item) => isCreate(item) && !isDelete(item)).length,
    removedCount: destroyed.length,
    tags: explained === 0 ? ["no-sources"] : [],
  };
  return [...destroyed.map((item) => planned1(plan, item)), ...(acting.length > 0 ? [total] : [])];
}

function planned1(plan: Plan, item: Planned): Delta {
  const held = statefulType(item.type);
  const tags = ["plan", ...(held === null ? [] : ["stateful", weightOf(held)])];
  return {
    ...delta({
      path: plan.path,
      aspect: isReplace(item) ? "replace" : "destroy",
      op: isReplace(item) ? "changed" : "removed",
      tags,
    }),
    line: item.line,
    subject: item.address,
    key: isReplace(item) ? item.replacePaths.slice(0, 500) || "plan" : (held?.what ?? "resource"),
    format: "terraform-plan",
    before: item.address.slice(0, 400),
    after: isReplace(item) ? "a new one" : "",
    beforeCount: 1,
    afterCount: isReplace(item) ? 1 : 0,
    removedCount: 1,
  };
}

/** The numbers that a reviewer sees first. */
export function planEffects(plan: Plan): readonly Effect[] {
  const destroyed = plan.changes.filter((item) => isDelete(item) && !isReplace(item));
  const replaced = plan.changes.filter(isReplace);
  const created = plan.changes.filter((item) => isCreate(item) && !isDelete(item));
  const existing = plan.changes.length - created.length;
  const effect = (
    verb: Effect["verb"],
    items: readonly Planned[],
    of: number,
  ): readonly Effect[] =>
    items[0] === undefined
      ? []
      : [
          {
            verb,
            what: "resources",
            count: items.length,
            of,
            sharePpm:
              of === 0 ? 0 : Math.min(1_000_000, Math.round((items.length / of) * 1_000_000)),
            certainty: "certain",
            subject: worst(items),
            path: plan.path,
            line: items[0].line,
          },
        ];
  return [
    ...effect("removes", destroyed, existing),
    ...effect("replaces", replaced, existing),
    ...effect("adds", created, 0),
  ];
}

/** The resource to name: one that holds data before one that does not. */
function worst(items: readonly Planned[]): string {
  const item = items.find(({ type }) => statefulType(type) !== null) ?? items[0];
  return items.length === 1
    ? (item?.address ?? "")
    : `${item?.address ?? ""} and ${items.length - 1} more`;
}
