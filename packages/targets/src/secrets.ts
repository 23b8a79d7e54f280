// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { failed, refused } from "./failure.ts";
import type { SettingsFault } from "./settings.ts";
import type { Answered } from "./target.ts";

/** Looks a reference `env:NAME` or `file:PATH` up; `null`: there is nothing. */
export type Secrets = (reference: string) => Promise<string | null>;

/** Settings with their references looked up, and the paths at which there were some. */
export type Resolved = {
  readonly settings: Json;
  readonly named: ReadonlySet<string>;
  /** No reference was looked up: nothing is said about a value that is not known. */
  readonly isUnread?: boolean;
  /** Takes each fault by itself. */
  readonly faults?: SettingsFault[];
};

const REFERENCE = /^(?:env|file):/;

/** Looks up every reference of the settings. What it stands for is never part of a message. */
export async function resolveSecrets(
  settings: Json,
  secrets: Secrets,
): Promise<Answered<Resolved>> {
  const named = new Set<string>();
  const missing: string[] = [];
  const resolve = async (value: Json, path: string): Promise<Json> => {
    if (typeof value === "string" && REFERENCE.test(value)) {
      const found = await secrets(value);
      if (found === null) missing.push(`\`${path}\` names \`${value}\`, and there is none`);
      named.add(path);
      // A file that holds a secret mostly ends its line.
      return (found ?? "").replace(/\r?\n$/, "");
    }
    if (Array.isArray(value)) {
      const items: Json[] = [];
      for (const [at, item] of value.entries()) items.push(await resolve(item, `${path}[${at}]`));
      return items;
    }
    if (typeof value !== "object" || value === null) return value;
    const entries: [string, Json][] = [];
    for (const [name, item] of Object.entries(value))
      if (item !== undefined) entries.push([name, await resolve(item, `${path}.${name}`)]);
    return Object.fromEntries(entries);
  };
  const resolved = await resolve(settings, "settings");
  if (missing.length === 0) return { ok: true, value: { settings: resolved, named } };
  return failed(refused(missing.join("; "), "set it where the server runs, or correct its name"));
}

/** Settings whose references stand for values that nobody looked up. */
export function unreadSecrets(settings: Json): Resolved {
  const named = new Set<string>();
  const visit = (value: Json, path: string): void => {
    if (typeof value === "string" && REFERENCE.test(value)) named.add(path);
    else if (Array.isArray(value))
      for (const [at, item] of value.entries()) visit(item, `${path}[${at}]`);
    else if (typeof value === "object" && value !== null)
      for (const [name, item] of Object.entries(value))
        if (item !== undefined) visit(item, `${path}.${name}`);
  };
  visit(settings, "settings");
  return { settings, named, isUnread: true };
}
