// SPDX-License-Identifier: Apache-2.0
import type { Node, Parsed } from "../config/types.ts";
import type { Finding } from "./findings.ts";
import { environmentIn } from "./target.ts";
import { nameWords, objectOf, verbOf } from "./words.ts";

/** An order in a document of data: `{"op": "delete", "ids": [...]}`. */
export type Operation = {
  /** Its own id or name, else its place in the document. */
  readonly identity: string;
  readonly verb: string;
  readonly gone: boolean;
  readonly fields: ReadonlyMap<string, string>;
  /** Members of the list that it works on; a text such as `883 total` counts as that many. */
  readonly count: number;
  /** What its members are, by the part before `:` or `-`. */
  readonly kinds: readonly string[];
  readonly line: number;
};

const VERB_KEY = /^(?:op|operation|action|verb|method|request|task|command|step)$/i;
const TARGET_KEY =
  /^(?:ids?|targets?|scope|subjects?|resources?|names?|objects?|items|hosts?|users?|sites?|accounts?|prefix(?:es)?|keys?|index|table|database|volume|domain|service|selector|filter)$/i;
/** Verbs that order something by themselves; `drop` alone is also what filters do with a packet. */
const ORDERS = new Set([
  "delete",
  "destroy",
  "purge",
  "wipe",
  "remove",
  "terminate",
  "disable",
  "suspend",
  "revoke",
  "decommission",
  "truncate",
  "deactivate",
  "withdraw",
  "deprovision",
  "flush",
  "evict",
  "drain",
]);
const OPERATIONS_MAX = 2_000;

/** The destructive orders of a document, and those that build something beside them. */
export function operationsIn(parsed: Parsed | null): readonly Operation[] {
  if (parsed === null || !parsed.ok) return [];
  const found: Operation[] = [];
  const walk = (node: Node, pointer: string): void => {
    if (found.length >= OPERATIONS_MAX || node.kind === "scalar") return;
    if (node.kind === "list") {
      for (const [at, item] of node.items.entries()) walk(item, `${pointer}/${at}`);
      return;
    }
    const operation = operationOf(node, pointer);
    if (operation !== null) found.push(operation);
    for (const { key, value } of node.entries) walk(value, `${pointer}/${key}`);
  };
  for (const [at, document] of parsed.documents.entries()) walk(document, String(at));
  return found;
}

function operationOf(node: Node & { kind: "map" }, pointer: string): Operation | null {
  const verbEntry = node.entries.find(
    (entry) => VERB_KEY.test(entry.key) && entry.value.kind === "scalar",
  );
  if (verbEntry === undefined || verbEntry.value.kind !== "scalar") return null;
  const keys = node.entries.map((entry) => entry.key);
  // A JSON patch, a Kubernetes object, a packet filter and a relabelling rule are no orders.
  if (
    keys.some((key) =>
      /^(?:apiVersion|path|source_?labels?|regex|protocol|port|ports|cidr|source|destination|uses|run|condition|match)$/i.test(
        key,
      ),
    )
  )
    return null;
  if (!keys.some((key) => TARGET_KEY.test(key))) return null;
  const verb = verbEntry.value.text;
  const words = nameWords(verb);
  const kind = words.length > 4 ? null : verbOf(words);
  if (kind === null && !/^(?:add|create|build)/i.test(verb)) return null;
  if (kind !== null && words.length === 1 && !ORDERS.has(words[0] ?? "")) return null;
  const fields = new Map<string, string>();
  for (const { key, value } of node.entries) fields.set(key, textOf(value));
  const members = node.entries
    .filter((entry) => /s$/i.test(entry.key) && TARGET_KEY.test(entry.key))
    .flatMap((entry) => (entry.value.kind === "list" ? entry.value.items : []));
  return {
    identity: fields.get("id") ?? fields.get("key") ?? pointer,
    verb,
    gone: kind !== null,
    fields,
    count: countOf(members.map(textOf)),
    kinds: [
      ...new Set(
        members
          .map((item) => /^([A-Za-z]+)[:/_-]/.exec(textOf(item))?.[1] ?? "")
          .filter((one) => one !== ""),
      ),
    ].sort(),
    line: verbEntry.keyLine,
  };
}

function textOf(node: Node): string {
  if (node.kind === "scalar") return node.text.slice(0, 300);
  if (node.kind === "list") return node.items.slice(0, 50).map(textOf).join(", ").slice(0, 300);
  return node.entries
    .slice(0, 20)
    .map((entry) => `${entry.key}: ${textOf(entry.value)}`)
    .join(", ")
    .slice(0, 300);
}

function countOf(members: readonly string[]): number {
  const said = members.map((text) =>
    Number(/\b(\d{1,9})\s+(?:total|in all|more|items)\b/.exec(text)?.[1] ?? 0),
  );
  return Math.max(members.length, ...said, 0);
}

export type OperationFinding = Finding & {
  readonly operation: Operation;
  readonly was: Operation | null;
  readonly before: string;
  readonly after: string;
};

/** What the new document orders that the old one did not, or orders with more reach. */
export function operationFindings(
  before: readonly Operation[],
  after: readonly Operation[],
): readonly OperationFinding[] {
  return after.flatMap((operation, at) => {
    if (!operation.gone) return [];
    const was = before.find((one) => one.gone && one.identity === operation.identity) ?? null;
    return was === null
      ? ordered(operation, before, after.slice(at + 1))
      : [...worsened(was, operation), ...lostOrder(was, operation)];
  });
}

function ordered(
  operation: Operation,
  before: readonly Operation[],
  later: readonly Operation[],
): readonly OperationFinding[] {
  const same = before.some(
    (one) => one.verb === operation.verb && textKey(one) === textKey(operation),
  );
  if (same) return [];
  const object = objectOf([
    ...nameWords(operation.verb),
    ...[...operation.fields].flatMap(([key, value]) => [...nameWords(key), ...nameWords(value)]),
  ]);
  const all = [...operation.fields.values()].some((value) =>
    /^(?:\*|all|everything|global|product)$/i.test(value),
  );
  const tags = [
    ...tagsOf(operation),
    "operation",
    ...(object?.data ? ["data"] : []),
    ...(all ? ["all"] : []),
  ];
  const base = { operation, was: null, before: "", after: describe(operation) };
  const replaced = later.some(
    (one) => !one.gone && nameWords(one.verb).at(-1) === nameWords(operation.verb).at(-1),
  );
  return [
    { ...base, aspect: "destructive", key: object?.what ?? "objects", tags },
    ...(all
      ? [{ ...base, aspect: "wildcard-delete" as const, key: object?.what ?? "objects", tags }]
      : []),
    ...(replaced ? [{ ...base, aspect: "order-lost" as const, key: operation.verb, tags }] : []),
  ];
}

const RANKS: readonly RegExp[] = [
  /^(?:item|object|record|row|file|url|link|entry|key|page|address|bucket|path)$/,
  /^(?:user|host|instance|pod|node|table|app|device|session|volume)$/,
  /^(?:service|database|namespace|cluster|group|queue|team|stack)$/,
  /^(?:product|tenant|account|project|zone|site|org|organisation|organization|customer|domain|cell)$/,
  /^(?:region|global|all|everyone|everything|world|fleet|platform)$/,
];

function worsened(was: Operation, now: Operation): readonly OperationFinding[] {
  const fields = [...now.fields].flatMap(([key, after]) => {
    const before = was.fields.get(key) ?? "";
    return before === after ? [] : worsenedField(key, before, after);
  });
  const kinds = was.kinds.length > 0 && now.kinds.some((kind) => !was.kinds.includes(kind));
  const many = now.count > was.count * 2 && now.count - was.count >= GROWTH;
  const all: readonly Worse[] = [
    ...fields,
    ...(kinds ? [worse("kind-switched", "ids", [was.kinds.join(", "), now.kinds.join(", ")])] : []),
    ...(many
      ? [
          worse(
            "wildcard-delete",
            "items",
            [`${was.verb} of ${was.count}`, `${now.verb} of ${now.count}`],
            "many",
          ),
        ]
      : []),
  ];
  return all.map((one) => ({
    ...one,
    operation: now,
    was,
    tags: [...tagsOf(now), "operation", "deletes", ...one.tags],
  }));
}

/** Members that an order must gain to count as another order. */
const GROWTH = 10;

type Worse = Finding & { readonly before: string; readonly after: string };

function worse(
  aspect: Finding["aspect"],
  key: string,
  [before, after]: readonly [string, string],
  tag?: string,
): Worse {
  return { aspect, key, before, after, tags: tag === undefined ? [] : [tag] };
}

const FOR_GOOD = /permanent|hard|force|immediate|irreversible/i;

function worsenedField(key: string, before: string, after: string): readonly Worse[] {
  const sides = [before, after] as const;
  const isMode = /^(?:mode|type|kind|how|policy)$/i.test(key);
  const isScope = /scope|level|granularity|kind|type|target/i.test(key);
  const wider = isScope && rank(before) >= 0 && rank(after) > rank(before);
  const emptied = TARGET_KEY.test(key) && after.trim() === "" && before.trim() !== "";
  const toProduction =
    before !== "" &&
    environmentIn(after) === "production" &&
    environmentIn(before) !== "production";
  return [
    ...(isMode && FOR_GOOD.test(after) && !FOR_GOOD.test(before)
      ? [worse("safety-removed", key, sides, "permanent")]
      : []),
    ...(wider ? [worse("scope-widened", key, sides)] : []),
    ...(emptied ? [worse("empty-filter", key, [before, ""])] : []),
    ...(toProduction ? [worse("target-switched", key, sides, "to-production")] : []),
  ];
}

function lostOrder(was: Operation, now: Operation): readonly OperationFinding[] {
  const key = [...was.fields.keys()].find((name) =>
    /^(?:depends_?on|after|requires|needs|wait_?for|prerequisites?)$/i.test(name),
  );
  if (key === undefined || (now.fields.get(key) ?? "") !== "") return [];
  return [
    {
      aspect: "order-lost",
      key,
      tags: [...tagsOf(now), "operation"],
      operation: now,
      was,
      before: was.fields.get(key) ?? "",
      after: describe(now),
    },
  ];
}

function rank(text: string): number {
  return RANKS.findIndex((pattern) => pattern.test(text.trim().toLowerCase()));
}

function tagsOf(operation: Operation): readonly string[] {
  const values = [...operation.fields.values()].join(" ");
  return [
    ...(environmentIn(values) === "production" ? ["production"] : []),
    ...(/permanent|hard/i.test(values) ? ["permanent"] : []),
  ];
}

function textKey(operation: Operation): string {
  return JSON.stringify([...operation.fields].sort());
}

function describe(operation: Operation): string {
  return [...operation.fields]
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")
    .slice(0, 300);
}
