// SPDX-License-Identifier: Apache-2.0
/** Paths and bodies of a description, with places for what a call is about. */
import type { Json } from "@interlock/digest";

const HOLE = /\{(\+?[a-z]+)\}/;
/** Origin-form (RFC 9112, 3.2.1) without a fragment, holes taken out. */
const PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*$/;

export type Hole = "cell" | "key" | "+key" | "version" | "after";

/** Text and holes in turn, beginning with text. */
export type Template = readonly (string | { readonly hole: Hole })[];

/** What is wrong with a path, as text. */
export function templateOf(path: string, allowed: readonly Hole[]): Template | string {
  const parts = path.split(HOLE).map((part, at) => {
    if (at % 2 === 0) return part;
    const hole = allowed.find((one) => one === part);
    return hole === undefined ? null : { hole };
  });
  const text = parts.filter((part) => typeof part === "string").join("");
  if (!path.startsWith("/") || !PATH.test(text)) return "is no path that begins with `/`";
  const known = parts.filter((part) => part !== null);
  if (known.length < parts.length) return `has places for more than ${allowed.join(", ")}`;
  return known;
}

export const hasHole = (template: Template, ...holes: readonly Hole[]): boolean =>
  template.some((part) => typeof part !== "string" && holes.includes(part.hole));

/** Every hole encoded, so that nothing in it can end its segment; `+key` alone keeps its slashes. */
export function fill(template: Template, values: Readonly<Partial<Record<Hole, string>>>): string {
  return template
    .map((part) => {
      if (typeof part === "string") return part;
      const value = values[part.hole === "+key" ? "key" : part.hole] ?? "";
      if (part.hole !== "+key") return encodeURIComponent(value);
      return value.split("/").map(encodeURIComponent).join("/");
    })
    .join("");
}

/** Whether a proxy or a server could take a name, or a part of it, for a step up or for nothing. */
export const isPathTrick = (name: string): boolean =>
  name.split(/[/\\]/).some((part) => part === "" || part === "." || part === "..");

/** A body with every text that is a hole as a whole replaced. */
export function fillBody(body: Json, values: Readonly<Record<string, Json>>): Json {
  if (typeof body === "string") {
    const [, hole] = /^\{([a-z]+)\}$/.exec(body) ?? [];
    return hole !== undefined && Object.hasOwn(values, hole) ? (values[hole] ?? null) : body;
  }
  if (typeof body !== "object" || body === null) return body;
  if (Array.isArray(body)) return body.map((item: Json) => fillBody(item, values));
  return Object.fromEntries(
    Object.entries(body).map(([name, item]) => [name, fillBody(item ?? null, values)]),
  );
}

export const bodyHas = (body: Json, hole: string): boolean =>
  JSON.stringify(fillBody(body, { [hole]: true })) !== JSON.stringify(body);

/** The steps of a JSON pointer (RFC 6901); `null`: it is none. */
export function pointerOf(text: string): readonly string[] | null {
  if (text === "") return [];
  if (!text.startsWith("/") || /~(?![01])/.test(text)) return null;
  const steps = text.slice(1).split("/");
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
