// SPDX-License-Identifier: Apache-2.0
import type { Blast } from "@interlock/core";
import type { Path } from "@interlock/policy";
import { type ChangeDocument, SECTIONS, type Section } from "../document.ts";
import type { Sited } from "../read.ts";
import { byPlace, type Finding, LINTS, type LintId } from "./finding.ts";
import { passagesOf } from "./passages.ts";
import { reachFindings } from "./reach.ts";
import { remedyFindings } from "./remedy.ts";
import { stepFindings } from "./steps.ts";
import { openQuestions, wordFindings } from "./words.ts";

/** What the lint cannot know from the text. */
export type Surroundings = {
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  /** The computed reach, where the change is known. */
  readonly blast?: Blast;
};

/** A finding whose place is still a path of the front matter. */
export type Found = {
  readonly id: LintId;
  readonly section: Section | null;
  readonly path: Path;
  readonly message: string;
  readonly help: string;
};

/** An older rehearsal is a warning; a policy may ask for a newer one. */
export const REHEARSAL_MAX_MS = 180 * 86_400_000;
const DAY_MS = 86_400_000;

/** What is weak in a document, in the order of its lines. */
export function lint(sited: Sited, around: Surroundings): readonly Finding[] {
  const { document } = sited;
  const found: readonly Found[] = [
    ...sectionFindings(document),
    ...stepFindings(document),
    ...signalFindings(document),
    ...rollbackFindings(document, around.now),
    ...whoFindings(document),
    ...reachFindings(document, around.blast),
    ...remedyFindings(document, around.now),
  ];
  const placed = found.map(({ path, ...rest }) => ({
    ...rest,
    severity: LINTS[rest.id].severity,
    ...sited.spot(path),
  }));
  return [...placed, ...openQuestions(sited), ...passagesOf(sited).flatMap(wordFindings)].sort(
    byPlace,
  );
}

export const isError = ({ severity }: Finding): boolean => severity === "error";

/**
 * The sections that say something and in which no error was found, sorted. An error of the whole
 * document, such as a credential in its prose, leaves none.
 */
export function filledSections(
  document: ChangeDocument,
  findings: readonly Finding[],
): readonly Section[] {
  const errors = findings.filter(isError);
  if (errors.some(({ section }) => section === null)) return [];
  return SECTIONS.filter(
    (section) => isPresent(document, section) && !errors.some((f) => f.section === section),
  ).sort();
}

function isPresent(document: ChangeDocument, section: Section): boolean {
  const { why, scope, preChecks, steps, signals, rollback, who } = document;
  const present: Readonly<Record<Section, boolean>> = {
    why: why !== "",
    scope: scope !== null && scope.systems.length > 0,
    preChecks: preChecks.length > 0,
    steps: steps.length > 0,
    signals: signals.length > 0,
    rollback: rollback !== null && rollback.how !== "",
    who: who !== null && who.operator !== "" && who.second !== "",
  };
  return present[section];
}

const ASKED: Readonly<Record<Section, string>> = {
  why: "say what is wrong today and what this changes, with a figure",
  scope: "list the systems under `scope: { systems: [...] }`",
  preChecks: "list what must be true before the first step under `preChecks:`",
  steps: "list what is done, in order, under `steps:`",
  signals: "list what shows harm, where it is read, and the value that stops the work",
  rollback: "say under `rollback: { how: ... }` how to come back and how long it takes",
  who: "name `who: { operator: ..., second: ... }`",
};

function sectionFindings(document: ChangeDocument): readonly Found[] {
  const title: readonly Found[] =
    document.title === ""
      ? [
          {
            id: "section-missing",
            section: null,
            path: [],
            message: "`title` is missing",
            help: "say in one line what changes",
          },
        ]
      : [];
  return [
    ...title,
    ...SECTIONS.filter((section) => !isPresent(document, section))
      .filter(
        (section) => document.kind !== "remedy" || !(section === "preChecks" || section === "who"),
      )
      .map(
        (section): Found => ({
          id: section === "preChecks" ? "checks-missing" : "section-missing",
          section,
          path: [section],
          message: `\`${section}\` is missing or empty`,
          help: ASKED[section],
        }),
      ),
  ];
}

function signalFindings({ signals, steps }: ChangeDocument): readonly Found[] {
  const open = signals.flatMap((signal, i): readonly Found[] =>
    signal.abort !== "" && signal.where !== "" && signal.name !== ""
      ? []
      : [
          {
            id: "signal-unbounded",
            section: "signals",
            path: ["signals", i],
            message: `signal \`${signal.name || i + 1}\` does not say where it is read and which value stops the work`,
            help: "add `where:` and `abort:` with a value and a duration",
          },
        ],
  );
  const stops = signals.some((s) => s.abort !== "") || steps.some((s) => s.abortIf !== null);
  if (stops) return open;
  return [
    ...open,
    {
      id: "abort-missing",
      section: "steps",
      path: ["steps"],
      message: "nothing says when to stop",
      help: "add `abortIf:` to a step or `abort:` to a signal, with a value",
    },
  ];
}

function rollbackFindings({ rollback }: ChangeDocument, now: number): readonly Found[] {
  if (rollback === null) return [];
  const at = { section: "rollback" as const, path: ["rollback", "rehearsed"] };
  const { rehearsed } = rollback;
  if (rehearsed === null)
    return [
      {
        id: "rollback-unrehearsed",
        ...at,
        path: ["rollback"],
        message: "the way back was never rehearsed, or the document does not say when",
        help: "try it where it does no harm, and add `rehearsed: { at: 2026-03-01, where: ..., by: ... }`",
      },
    ];
  // A day is written without its zone: it has begun somewhere up to 14 hours before UTC.
  if (rehearsed.at > now + DAY_MS)
    return [
      {
        id: "rollback-future",
        ...at,
        message: "the rehearsal is said to be in the future",
        help: "write the day on which it was tried",
      },
    ];
  const days = Math.floor((now - rehearsed.at) / DAY_MS);
  if (now - rehearsed.at <= REHEARSAL_MAX_MS) return [];
  return [
    {
      id: "rollback-stale",
      ...at,
      message: `the way back was rehearsed ${days} days ago`,
      help: `try it again; after ${REHEARSAL_MAX_MS / DAY_MS} days the system is another`,
    },
  ];
}

function whoFindings({ who }: ChangeDocument): readonly Found[] {
  if (who === null || who.operator === "" || who.operator !== who.second) return [];
  return [
    {
      id: "one-person",
      section: "who",
      path: ["who", "second"],
      message: `\`${who.operator}\` is named twice`,
      help: "name a second person",
    },
  ];
}
