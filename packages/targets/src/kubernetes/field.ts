// SPDX-License-Identifier: Apache-2.0
/** The fields of a workload that can be keys, and the three ways in which the API names them. */
import { parseJson, textIn } from "../web/json.ts";

export const PARTS = ["containers", "initContainers"] as const;
type Part = (typeof PARTS)[number];

export type Field =
  | { readonly what: "replicas" }
  | { readonly what: "image"; readonly part: Part; readonly container: string }
  | {
      readonly what: "env";
      readonly part: Part;
      readonly container: string;
      readonly name: string;
    };

/** A DNS label; and what every version of Kubernetes takes for the name of a variable. */
const CONTAINER = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const VARIABLE = /^[-._a-zA-Z][-._a-zA-Z0-9]{0,252}$/;

const partOf = (text: string): Part | undefined => PARTS.find((part) => part === text);

/** The field that a key names; `null`: none. */
export function fieldOf(key: string): Field | null {
  if (key === "replicas") return { what: "replicas" };
  const [first = "", container = "", what, name, ...rest] = key.split("/");
  const part = partOf(first);
  if (part === undefined || !CONTAINER.test(container) || rest.length > 0) return null;
  if (what === "image" && name === undefined) return { what, part, container };
  const isVariable = what === "env" && name !== undefined && VARIABLE.test(name);
  // What the API server takes for no name of a variable: `.`, `..` and what begins with `..`.
  return isVariable && name !== "." && !name.startsWith("..")
    ? { what, part, container, name }
    : null;
}

export function keyOf(field: Field): string {
  if (field.what === "replicas") return "replicas";
  const { part, container } = field;
  return field.what === "image"
    ? `${part}/${container}/image`
    : `${part}/${container}/env/${field.name}`;
}

const TEMPLATE = ["f:spec", "f:template", "f:spec"];

/** The field that a path in `fieldsV1` belongs to; `null`: none that could be a key. */
export function fieldAt(path: readonly string[]): Field | null {
  if (path.length === 2 && path[0] === "f:spec" && path[1] === "f:replicas")
    return { what: "replicas" };
  const found = containerAt(path);
  if (found === null) return null;
  const { part, container, rest } = found;
  const [what, item] = rest;
  if (what === "f:image" && rest.length === 1) return { what: "image", part, container };
  const name = what === "f:env" ? nameIn(item) : undefined;
  return name === undefined ? null : { what: "env", part, container, name };
}

/** That a container is there and what it is called, which every apply of one of its fields says. */
export function isContainer(path: readonly string[]): boolean {
  const rest = containerAt(path)?.rest.join("/");
  return rest === "." || rest === "f:name" || rest === "" || rest === "f:env" || rest === "f:env/.";
}

function containerAt(path: readonly string[]) {
  const [list = "", item, ...rest] = path.slice(TEMPLATE.length);
  const part = partOf(list.replace(/^f:/, ""));
  const container = nameIn(item);
  const isBelow = TEMPLATE.every((step, at) => path[at] === step);
  return isBelow && part !== undefined && container !== undefined
    ? { part, container, rest }
    : null;
}

/** Of `k:{"name":"app"}`, an item of a list that is a map by `name`. */
const nameIn = (step: string | undefined): string | undefined =>
  step?.startsWith("k:") === true ? textIn(parseJson(step.slice(2)), "name") : undefined;

/** Paths in `fieldsV1` whose managers own a key. */
export function pathsOf(key: string): readonly (readonly string[])[] {
  const field = fieldOf(key);
  if (field === null) return [];
  if (field.what === "replicas") return [["f:spec", "f:replicas"]];
  const item = (name: string): string => `k:${JSON.stringify({ name })}`;
  const container = [...TEMPLATE, `f:${field.part}`, item(field.container)];
  return field.what === "image"
    ? [[...container, "f:image"]]
    : [[...container, "f:env", item(field.name)]];
}

const CAUSE =
  /^\.spec\.template\.spec\.(?<part>containers|initContainers)\[name="(?<container>[^"]+)"\]\.(?:(?<image>image)|env\[name="(?<name>[^"]+)"\](?:\..*)?)$/;

/** The field that a conflict of an apply names; `null`: none that could be a key. */
export function fieldOfCause(text: string): Field | null {
  if (text === ".spec.replicas") return { what: "replicas" };
  const { part: list = "", container = "", image, name = "" } = CAUSE.exec(text)?.groups ?? {};
  const part = partOf(list);
  if (part === undefined) return null;
  return image === undefined
    ? { what: "env", part, container, name }
    : { what: "image", part, container };
}
