// SPDX-License-Identifier: Apache-2.0
/** Fields of an object as `fieldsV1` names them, for the stand-in; a path is a list of its steps. */

export type Tree = { [name: string]: unknown };
export type Fields = ReadonlyMap<string, unknown>;

/** Lists of a workload that are maps by `name` (`x-kubernetes-list-map-keys`); all others are one value. */
const MAPS = new Set(["containers", "initContainers", "env"]);
/** What an object is called belongs to nobody. */
const NOBODYS = new Set([
  "apiVersion",
  "kind",
  "name",
  "namespace",
  "resourceVersion",
  "generation",
]);

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const itemOf = (name: unknown): string => `k:${JSON.stringify({ name })}`;

/** The leaves of an object with their values; `.` is that an item of a list is there. */
export function fieldsOf(object: Tree): Fields {
  const found = new Map<string, unknown>();
  const visit = (value: unknown, path: readonly string[], name: string): void => {
    if (isTree(value)) {
      for (const [key, inner] of Object.entries(value)) {
        if (path.length === 0 && (NOBODYS.has(key) || key === "status")) continue;
        if (path.length === 1 && path[0] === "f:metadata" && key !== "annotations") continue;
        visit(inner, [...path, `f:${key}`], key);
      }
    } else if (Array.isArray(value) && MAPS.has(name))
      for (const item of value) {
        const at = [...path, itemOf(item.name)];
        found.set(JSON.stringify([...at, "."]), true);
        visit(item, at, "");
      }
    else found.set(JSON.stringify(path), value);
  };
  visit(object, [], "");
  return found;
}

/** Sets, or with `undefined` takes away, the value at a path. */
export function setField(object: Tree, field: string, value: unknown): void {
  const path: readonly string[] = JSON.parse(field);
  let here: unknown = object;
  for (const [at, step] of path.entries()) {
    const isLast = at === path.length - 1;
    if (step === ".") return;
    if (step.startsWith("k:") && Array.isArray(here)) {
      const { name } = JSON.parse(step.slice(2));
      const found = here.find((one) => one.name === name);
      if (path[at + 1] === "." && value === undefined) {
        here.splice(here.indexOf(found), found === undefined ? 0 : 1);
        return;
      }
      if (found === undefined && value === undefined) return;
      if (found === undefined) here.push({ name });
      here = found ?? here.at(-1);
    } else if (isTree(here)) {
      const name = step.slice(2);
      if (!isLast) here[name] ??= path[at + 1]?.startsWith("k:") === true ? [] : {};
      else if (value === undefined) delete here[name];
      else here[name] = value;
      here = here[name];
    }
  }
}

/** As a conflict names a field: `.spec.template.spec.containers[name="app"].image`. */
export const pathText = (field: string): string =>
  (JSON.parse(field) as readonly string[])
    .map((step) =>
      step.startsWith("k:")
        ? `[name=${JSON.stringify(JSON.parse(step.slice(2)).name)}]`
        : step === "."
          ? ""
          : `.${step.slice(2)}`,
    )
    .join("");

/** The set of paths in the form `fieldsV1`. */
export function fieldsV1(paths: Iterable<string>): Tree {
  const all: Tree = {};
  for (const path of paths) {
    let here = all;
    for (const step of JSON.parse(path) as readonly string[]) {
      const inner = here[step];
      const next: Tree = isTree(inner) ? inner : {};
      here[step] = next;
      here = next;
    }
  }
  return all;
}
