// SPDX-License-Identifier: Apache-2.0
/** Generated expressions, mostly well-typed, and facts that fit a schema. */
import { type Field, type Schema, unknown, VISIBLE } from "@interlock/core";
import fc from "fast-check";

export type Scope = Readonly<Record<string, Field>>;

/** What an unknown fact of `facts` says, and nothing else does. */
export const LOST = "this fact was lost";

/** A value of a schema: bounds are likely, optional fields may be absent, unknowable ones unknown. */
export function factOf(schema: Schema | Field, size = 2): fc.Arbitrary<unknown> {
  const known = knownValue(schema, size);
  const mayBeLost = "unknowable" in schema && schema.unknowable === true;
  if (!mayBeLost) return known;
  return fc.oneof(
    { weight: 6, arbitrary: known },
    { weight: 1, arbitrary: fc.constant(unknown(LOST, "look")) },
  );
}

function knownValue(schema: Schema, size: number): fc.Arbitrary<unknown> {
  switch (schema.kind) {
    case "bool":
      return fc.boolean();
    case "int": {
      const { min, max } = schema;
      const near = [0, 1, 2, 100, 1_000_000].filter((n) => min <= n && n <= max);
      return fc.constantFrom(min, max, ...near);
    }
    case "text":
      return schema.values === undefined
        ? fc.constantFrom(...TEXTS.filter((t) => t.length <= schema.max))
        : fc.constantFrom(...schema.values);
    case "list":
      return fc.array(factOf(schema.of, 1), { maxLength: Math.min(size, schema.max) });
    case "record":
      return fc.dictionary(fc.constantFrom("a", "b"), factOf(schema.of, 1), { maxKeys: 2 });
    case "object":
      return fc.record(
        Object.fromEntries(Object.entries(schema.fields).map(([n, f]) => [n, factOf(f, size)])),
        {
          requiredKeys: Object.keys(schema.fields).filter(
            (n) => schema.fields[n]?.optional !== true,
          ),
        },
      );
  }
}

const TEXTS = ["", "a", "ab", "prod/a.yaml", "replicas", "é😀", "\n", "0"];

export const visibleFacts: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.record(
  Object.fromEntries(Object.entries(VISIBLE.fields).map(([n, f]) => [n, factOf(f)])),
);

/** A path that an expression can read, and its type; `guard` proves it present. */
type Path = { readonly text: string; readonly type: Schema; readonly guard: string | null };

function pathsOf(scope: Scope): readonly Path[] {
  const found: Path[] = [];
  const visit = (text: string, type: Schema, guard: string | null): void => {
    found.push({ text, type, guard });
    if (type.kind !== "object") return;
    for (const [name, field] of Object.entries(type.fields))
      visit(`${text}.${name}`, field, field.optional === true ? `has(${text}.${name})` : guard);
  };
  for (const [name, field] of Object.entries(scope)) visit(name, field, null);
  return found;
}

const NAMES = ["x", "y", "z", "w"] as const;

/** A condition over the scope: its text. Some do not fit, so that the checker is asked about both. */
export function conditions(scope: Scope, depth: number): fc.Arbitrary<string> {
  const paths = pathsOf(scope);
  const of = (kind: Schema["kind"]) => paths.filter((p) => p.type.kind === kind);
  const pick = (kind: Schema["kind"]): readonly Path[] => {
    const some = of(kind);
    return some.length > 0 ? some : paths;
  };
  const guarded = (p: Path, text: string) => (p.guard === null ? text : `(${p.guard} && ${text})`);
  const leaf = fc.oneof(
    fc.constantFrom("true", "false"),
    fc.constantFrom(...pick("bool")).map((p) => guarded(p, p.text)),
    comparison(pick("int"), integers(pick("int"), Math.min(depth, 2)), guarded),
    textual(pick("text"), guarded),
    membership(pick("list"), pick("text"), guarded),
    fc.constantFrom(...paths).map((p) => p.guard ?? `${p.text} == ${p.text}`),
    fc.constantFrom(...paths).map((p) => p.text),
  );
  if (depth === 0) return leaf;
  const inner = fc.constant(null).chain(() => conditions(scope, depth - 1));
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc
        .tuple(inner, fc.constantFrom("&&", "||", "==", "!="), inner)
        .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    },
    { weight: 1, arbitrary: inner.map((a) => `!(${a})`) },
    {
      weight: 1,
      arbitrary: fc.tuple(inner, inner, inner).map(([a, b, c]) => `((${a}) ? (${b}) : (${c}))`),
    },
    { weight: 5, arbitrary: loops(scope, pick("list"), depth) },
  );
}

type Guarded = (path: Path, text: string) => string;

function integers(paths: readonly Path[], depth: number): fc.Arbitrary<string> {
  const leaf = fc.oneof(
    fc.constantFrom("0", "1", "-3", "7", "1000000", "9007199254740991", "9223372036854775807"),
    fc.constantFrom(...paths).map((p) => p.text),
  );
  if (depth === 0) return leaf;
  const inner = integers(paths, depth - 1);
  return fc.oneof(
    leaf,
    fc
      .tuple(inner, fc.constantFrom("+", "-", "*", "/", "%"), inner)
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    inner.map((a) => `-(${a})`),
  );
}

const comparison = (paths: readonly Path[], right: fc.Arbitrary<string>, guarded: Guarded) =>
  fc
    .tuple(fc.constantFrom(...paths), fc.constantFrom("<", "<=", ">", ">=", "==", "!="), right)
    .map(([p, op, r]) => guarded(p, `${p.text} ${op} ${r}`));

const textual = (paths: readonly Path[], guarded: Guarded) =>
  fc
    .tuple(
      fc.constantFrom(...paths),
      fc.constantFrom("==", "!=", "<", ".startsWith", ".contains", ".matches", "in", "size", "+"),
      fc.constantFrom("a", "ab", "production", "commit", "changed", "^a.*$", "(", "é"),
    )
    .map(([p, op, t]) => {
      if (op === "in") return guarded(p, `${p.text} in ['${t}', 'prod']`);
      if (op === "size") return guarded(p, `${p.text}.size() > ${t.length}`);
      if (op === "+") return guarded(p, `(${p.text} + '${t}').endsWith('${t}')`);
      return guarded(p, op.startsWith(".") ? `${p.text}${op}('${t}')` : `${p.text} ${op} '${t}'`);
    });

const membership = (lists: readonly Path[], texts: readonly Path[], guarded: Guarded) =>
  fc
    .tuple(
      fc.constantFrom(...lists),
      fc.constantFrom(...texts),
      fc.constantFrom("in", "size", "+", "=="),
    )
    .map(([l, t, form]) => {
      if (form === "size") return guarded(l, `size(${l.text}) > 1`);
      if (form === "==") return guarded(l, `${l.text} == []`);
      const list = form === "+" ? `(${l.text} + ['a'])` : l.text;
      return guarded(l, guarded(t, `${t.text} in ${list}`));
    });

/** `list.exists(x, …)` and its kin, with a condition that may read the item. */
function loops(scope: Scope, lists: readonly Path[], depth: number): fc.Arbitrary<string> {
  const name = NAMES.find((n) => !Object.hasOwn(scope, n)) ?? "v";
  return fc
    .tuple(
      fc.constantFrom(...lists),
      fc.constantFrom("exists", "all", "exists_one", "filter", "map", "bare"),
    )
    .chain(([l, macro]) => {
      const item: Scope = l.type.kind === "list" ? { [name]: l.type.of } : {};
      // The item alone half of the time, so that it is read at all.
      const body = fc
        .boolean()
        .chain((alone) =>
          conditions(alone && l.type.kind === "list" ? item : { ...scope, ...item }, depth - 1),
        );
      return body.map((b) => {
        if (macro === "bare") return `(${l.text}.exists(${name}, ${b})) && true`;
        if (macro === "filter") return `size(${l.text}.filter(${name}, ${b})) > 0`;
        if (macro === "map") return `${l.text}.map(${name}, ${b}).exists(o, o)`;
        return `${l.text}.${macro}(${name}, ${b})`;
      });
    });
}
