// SPDX-License-Identifier: Apache-2.0
/** How far a command that copies or deletes files reaches, compared with the one in its place before. */
import type { Act } from "./act.ts";
import type { Switched } from "./pairs.ts";

/** Copies that make the target equal to the source, and the flag that makes them delete there. */
const MIRRORS: readonly (readonly [tool: RegExp, flag: RegExp])[] = [
  [/^rsync$/, /^--(?:delete|del)(?:-\w+)?$/],
  [/^(?:aws|gsutil|gcloud|oc|mc)$/, /^--(?:delete|remove|delete-unmatched-destination-objects)$/],
  [/^(?:robocopy)$/i, /^\/(?:mir|purge)$/i],
];

const words = (act: Act): readonly string[] => act.invocation.args.map((word) => word.text);

const mirrorFlag = (act: Act): string | undefined =>
  MIRRORS.filter(([tool]) => tool.test(act.invocation.tool)).flatMap(([, flag]) =>
    words(act).filter((word) => flag.test(word)),
  )[0];

/** A copy that begins to delete what its source does not have. */
function gainedDelete(before: Act, after: Act): readonly Switched[] {
  const flag = mirrorFlag(after);
  if (flag === undefined || mirrorFlag(before) !== undefined) return [];
  return [
    {
      aspect: "mirror-deletes",
      key: flag,
      tags: ["deletes"],
      before: before.invocation.text,
      after: after.invocation.text,
    },
  ];
}

/** The last path that a copy names, or the first that a deletion does. */
function placeOf(act: Act): string | null {
  const paths = words(act).filter((word) => !word.startsWith("-") && word.includes("/"));
  const { tool } = act.invocation;
  if (tool === "find") return paths[0] ?? null;
  if (tool === "rm") return paths.length === 1 ? (paths[0] ?? null) : null;
  return mirrorFlag(act) === undefined ? null : (paths.at(-1) ?? null);
}

const deletesFiles = (act: Act): boolean => {
  const { tool } = act.invocation;
  const text = ` ${words(act).join(" ")} `;
  if (tool === "find") return /\s-delete\s|-exec(?:dir)?\s+rm\s/.test(text);
  if (tool === "rm") return /\s-[a-zA-Z]*[rR]|\s--recursive\s/.test(text);
  return mirrorFlag(act) !== undefined;
};

const folder = (path: string): string => path.replace(/\/+\*?$/, "");

/** It deletes in a folder around the one in which it deleted before. */
function widerFolder(before: Act, after: Act): readonly Switched[] {
  if (before.invocation.tool !== after.invocation.tool) return [];
  if (!deletesFiles(before) || !deletesFiles(after)) return [];
  const [was, is] = [placeOf(before), placeOf(after)].map((path) => folder(path ?? ""));
  if (was === undefined || is === undefined || is === "" || !was.startsWith(`${is}/`)) return [];
  return [
    { aspect: "scope-widened", key: "folder", tags: ["deletes", "folder"], before: was, after: is },
  ];
}

export const widerReach = (before: Act, after: Act): readonly Switched[] => [
  ...gainedDelete(before, after),
  ...widerFolder(before, after),
];
