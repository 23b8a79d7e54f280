// SPDX-License-Identifier: Apache-2.0

import { optionOfStep } from "../config/options.ts";
import type { Place } from "../config/types.ts";
import { remembered } from "./memory.ts";
import { endsInRole, type Role, roleOf } from "./role.ts";
import { wordsOf } from "./words.ts";

/** What the keys of a pointer say. */
export type Meaning = {
  readonly role: Role;
  /** Of all keys of the pointer, each once, outermost first. */
  readonly words: readonly string[];
  /** One of the two last keys speaks of a schedule. */
  readonly isSchedule: boolean;
  /** The last key is called after the role, as in `readinessProbe`, and not by chance, as in `lint_jobs`. */
  readonly isNamed: boolean;
};

const stepWords = remembered((step) =>
  wordsOf(
    step
      .replace(/^\[[^=\]]*=?/, "")
      .replace(/\]$/, "")
      .replaceAll("~1", "/")
      .replaceAll("~0", "~"),
  ),
);

/** A step of a pointer that is what somebody called an item, not a key that means something. */
const isName = (step: string): boolean =>
  (/^\[.*\]$/.test(step) && optionOfStep(step) === null) || /^\d+$/.test(step);

/** A key above with a slash in it names a repository, a path or a route. */
const roleOfSteps = remembered(
  (steps): Role =>
    roleOf(
      steps.split("/").map((step, i, all) => ({
        words: stepWords(step),
        isName: isName(step) || (i < all.length - 1 && step.includes("~1")),
      })),
    ),
);

const isNamedAfter = remembered((asked): boolean => {
  const [role = "", step = ""] = asked.split(" ");
  return !isName(step) && endsInRole(role, stepWords(step));
});

const isScheduleStep = remembered((step) =>
  stepWords(step).some((word) => /^(schedules?|cron|crontab|cronjob)$/.test(word)),
);

/** As many as a delta takes. */
const WORDS_MAX = 64;

/** Words of a container's pointer, each once: what its members share. */
const CONTAINERS = new WeakMap<Place, readonly string[]>();

function containerWords(place: Place | null): readonly string[] {
  if (place === null || place.above === null) return [];
  const known = CONTAINERS.get(place);
  if (known !== undefined) return known;
  const made = joined(containerWords(place.above), stepWords(place.step));
  CONTAINERS.set(place, made);
  return made;
}

function joined(words: readonly string[], more: readonly string[]): readonly string[] {
  const fresh = more.filter((word) => !words.includes(word));
  return fresh.length === 0 ? words : [...words, ...fresh].slice(0, WORDS_MAX);
}

export function meaningOf(place: Place, key: string): Meaning {
  // The three last steps decide, see `roleOf`.
  const steps = [place.above?.above, place.above, place].flatMap((p) =>
    p === null || p === undefined || p.above === null ? [] : [p.step],
  );
  const own = place.above === null ? [] : stepWords(place.step);
  const words = joined(containerWords(place.above), own);
  const role = roleOfSteps(steps.join("/"));
  return {
    role,
    isNamed: place.above !== null && isNamedAfter(`${role} ${place.step}`),
    isSchedule: steps.slice(-2).some(isScheduleStep),
    words: key === "" ? words : joined(words, stepWords(key)),
  };
}
