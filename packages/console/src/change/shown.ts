// SPDX-License-Identifier: Apache-2.0
import type { Decision, Facts } from "@interlock/core";
import type { showChange } from "@interlock/protocol";
import type { z } from "zod";
import { listed } from "../parts/short.ts";

type Answer = z.output<typeof showChange.answer>;

/** A change as its page shows it. */
export type ChangeShown = Omit<Answer, "decision" | "facts"> & {
  /** `null` once its facts were erased. */
  readonly judged: { readonly decision: Decision; readonly facts: Facts | null } | null;
};

/** Decisions and facts are plain data that the server made with `core`, whose types they have. */
export function shownOf({ decision, facts, ...rest }: Answer): ChangeShown {
  return {
    ...rest,
    judged:
      decision === null
        ? null
        : {
            decision: decision as unknown as Decision, // see above
            facts: facts as unknown as Facts | null, // see above
          },
  };
}

/** Names of persons by their ids; an id that nobody has stands for itself. */
export type Names = (person: string) => string;

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** `3 files in billing`: by the systems that it touches, else by its folders, else by the branch. */
export function extentOf({ change, review, judged }: ChangeShown): string {
  const files = counted(review.files, "file");
  const about = judged?.facts?.change;
  const systems = Array.isArray(about?.systems) ? about.systems.map(({ id }) => id) : [];
  const paths = Array.isArray(about?.files) ? about.files.map(({ path }) => path) : [];
  const folders = [...new Set(paths.flatMap((path) => path.split("/").slice(0, -1)[0] ?? []))];
  const places = systems.length > 0 ? systems : folders;
  if (places.length === 0 || places.length > 3) return `${files} for ${branchOf(change.target)}`;
  return `${files} in ${listed(places)}`;
}

/** A ref as people call it. */
export const branchOf = (target: string): string => target.replace(/^refs\/(?:heads|tags)\//, "");
