/** docs/reference/commands.md against the commands, their options and what they print. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { program } from "../src/program.ts";
import { commit, ENFORCED, type Files, git, interlock, repository, web } from "./scratch.ts";

const text = readFileSync(new URL("../../../docs/reference/commands.md", import.meta.url), "utf8");

const leaves = (command: Command, name: string): readonly (readonly [string, Command])[] =>
  command.commands.length === 0
    ? [[name, command]]
    : command.commands.flatMap((c) => leaves(c, `${name} ${c.name()}`));
const COMMANDS = leaves(await program(), "interlock").map(([name, command]) => {
  const args = command.registeredArguments.map((a) => {
    const shown = `${a.name()}${a.variadic ? "..." : ""}`;
    return a.required ? ` <${shown}>` : ` [${shown}]`;
  });
  return [`${name}${args.join("")}`, command] as const;
});

const sectionOf = (heading: string): string =>
  text.split(/^(?=##)/m).find((s) => s.startsWith(`${heading}\n`)) ?? "";
const firstCells = (section: string): readonly string[] =>
  [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((m) => m[1] ?? "");

describe("the reference of the commands", () => {
  it("has every command, and no other", () => {
    const headings = [...text.matchAll(/^### `(.*)`$/gm)].map((m) => m[1]);
    expect(headings.sort()).toEqual(COMMANDS.map(([usage]) => usage).sort());
  });

  it.each(COMMANDS)("%s: every option, and no other", (usage, command) => {
    const documented = firstCells(sectionOf(`### \`${usage}\``)).filter((o) => o.startsWith("--"));
    expect(documented).toEqual(command.options.map((o) => o.flags));
  });
});

type Types = Map<string, Set<string>>;

/** Every path with a plain value, with the types met there. */
function pathsOf(value: unknown, path: string, into: Types): Types {
  if (path.endsWith("reason.params")) return met(into, path, "object");
  if (Array.isArray(value)) for (const item of value) pathsOf(item, `${path}[]`, into);
  else if (typeof value === "object" && value !== null)
    for (const [key, item] of Object.entries(value))
      pathsOf(item, path === "" ? key : `${path}.${key}`, into);
  else met(into, path, value === null ? "null" : typeof value);
  return into;
}

function met(into: Types, path: string, type: string): Types {
  return into.set(path, (into.get(path) ?? new Set<string>()).add(type));
}

/** What is met must be documented with its type; what is documented must be met. */
function agrees(heading: string, values: readonly unknown[]): void {
  const types: Types = new Map();
  for (const value of values) pathsOf(value, "", types);
  const rows = [...sectionOf(heading).matchAll(/^\| `([^`]+)` \| ([a-z, ]+) \|/gm)];
  const documented = new Map(rows.map((m) => [m[1] ?? "", (m[2] ?? "").split(", ")]));
  for (const [path, found] of types) {
    // `null` in place of a list or an object is said in the row of its first field.
    const inside = [...documented.keys()].some(
      (d) => d.startsWith(`${path}.`) || d.startsWith(`${path}[]`),
    );
    if (inside) expect([path, ...found]).toEqual([path, "null"]);
    else for (const type of found) expect(documented.get(path), path).toContain(type);
  }
  expect([...documented.keys()].filter((d) => !types.has(d))).toEqual([]);
}

const POLICY = `${ENFORCED}rules:
  - { id: rest, title: It rests, covers: true, require: { cooldown: 2h } }
`;
/** Nothing but time is missing. */
const PATIENT = `policy: patient
version: 1
mode: enforce
rules:
  - { id: rest, title: It rests, covers: true, require: { cooldown: 2h }, motive: to see it first }
`;
const CATALOG = `systems:
  - { id: web, tier: 1, owner: payments, paths: ["k8s/**"] }
  - { id: shop, tier: 2, owner: payments, paths: ["shop/**"], dependsOn: [web] }
`;

function shop(more: Files): string {
  const dir = repository({
    CODEOWNERS: "* @payments\n",
    "interlock/catalog.yaml": CATALOG,
    "k8s/web.yaml": web(3),
    ...more,
  });
  commit(
    dir,
    { "k8s/web.yaml": web(0), "k8s/b.yaml": "a: [\n" },
    "save cost\n\nCo-authored-by: Claude <noreply@anthropic.com>",
  );
  return dir;
}

const json = (stdout: string): readonly unknown[] =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("every field that is printed is described, and every field described is printed", () => {
  it("check --format json", () => {
    const dir = shop({ "interlock/policy.yaml": POLICY });
    const seen = JSON.stringify({ firstSeenAt: Date.now() });
    writeFileSync(join(dir, "evidence.json"), seen);
    writeFileSync(join(dir, "patient.yaml"), PATIENT);
    const all = [
      ["check", "--format", "json"],
      ["check", "--format", "json", "--evidence", "evidence.json"],
      ["check", "--format", "json", "--evidence", "evidence.json", "--policy", "patient.yaml"],
    ].map((args) => JSON.parse(interlock(dir, ...args).stdout));
    agrees("## JSON of `check`", all);
  });

  it("backtest, both", () => {
    const dir = shop({});
    git(dir, "revert", "--no-edit", "HEAD");
    agrees("## JSON of `backtest`", [
      JSON.parse(interlock(dir, "backtest", "--jobs", "1", "--format", "json").stdout),
    ]);
    const clone = join(dir, "clone");
    git(dir, "clone", "-q", "--depth", "1", "--no-local", ".", clone);
    agrees("## Line of `backtest --format jsonl`", [
      ...json(interlock(dir, "backtest", "--jobs", "1", "--format", "jsonl").stdout),
      ...json(interlock(clone, "backtest", "--jobs", "1", "--format", "jsonl").stdout),
    ]);
  });
});
