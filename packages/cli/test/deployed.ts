/** What stands in `deploy/`, read as the programs that use it would. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export type Data = { readonly [name: string]: unknown };

const at = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
export const textOf = (path: string): string => readFileSync(at(path), "utf8");
export const yamlOf = (path: string): Data => parse(textOf(path)) as Data; // of this repository

/** What lies below names, one after the other. */
export const within = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((now, name) => (now as Data | undefined)?.[name], value); // read by name alone

export type Instruction = { readonly name: string; readonly rest: string };

/** The instructions of a container file by stage, with continued lines joined and comments gone. */
export function stagesOf(text: string): readonly (readonly Instruction[])[] {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: Instruction[][] = [[]];
  for (const line of lines) {
    const [, name = "", rest = ""] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, rest });
  }
  return stages;
}

/** The one instruction of a name. */
export function only(stage: readonly Instruction[], name: string): string {
  const found = stage.filter((one) => one.name === name);
  if (found.length !== 1) throw new Error(`${found.length} times ${name}`);
  return found[0]?.rest ?? "";
}

/** The words of an instruction in exec form. */
export const wordsOf = (rest: string): readonly string[] =>
  JSON.parse(rest.slice(rest.indexOf("["))) as readonly string[]; // of this repository

export const CONTAINER = stagesOf(textOf("deploy/Containerfile"));
export const IMAGE = CONTAINER.at(-1) ?? [];
