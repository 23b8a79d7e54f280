// SPDX-License-Identifier: Apache-2.0
import type { Path } from "@interlock/policy";
import type { Act, ChangeDocument, Section, Step } from "../document.ts";
import { placeholderIn } from "../remedy.ts";
import type { Found } from "./lint.ts";

export function stepFindings(document: ChangeDocument): readonly Found[] {
  return [
    ...document.preChecks.flatMap((act, i) =>
      actFindings(act, {
        section: "preChecks",
        path: ["preChecks", i],
        name: `pre-check ${i + 1}`,
        looks: true,
      }),
    ),
    ...document.steps.flatMap((step, i) => ofStep(step, ["steps", i])),
  ];
}

function ofStep(step: Step, path: Path): readonly Found[] {
  const name = `step \`${step.id}\``;
  const at = { section: "steps" as const, path, name, looks: false };
  const findings: Found[] = [...actFindings(step.act, at)];
  if (step.verify === null)
    findings.push({
      id: "step-unverified",
      section: "steps",
      path,
      message: `${name} does not say how to see that it worked`,
      help: "add `verify:` with what to look at and what to see there",
    });
  else
    findings.push(
      ...actFindings(step.verify, {
        ...at,
        path: [...path, "verify"],
        name: `the verification of ${name}`,
        looks: true,
      }),
    );
  if (step.undo === null && step.irreversible === null)
    findings.push({
      id: "step-no-undo",
      section: "steps",
      path,
      message: `${name} says neither how to undo it nor why that cannot be done`,
      help: "add `undo:`, or `irreversible:` with the reason",
    });
  if (step.undo !== null)
    findings.push(...shellFindings(step.undo, { ...at, path: [...path, "undo"] }));
  return [...findings, ...repeatFindings(step, path, name)];
}

type Place = {
  readonly section: Section;
  readonly path: Path;
  readonly name: string;
  /** It changes nothing. */
  readonly looks: boolean;
};

function actFindings(act: Act, place: Place): readonly Found[] {
  const { section, path, name } = place;
  const lacking: readonly Found[] =
    act.says === ""
      ? [
          {
            id: "section-missing",
            section,
            path,
            message: `${name} does not say what is done`,
            help: "add `do:` with one sentence",
          },
        ]
      : [];
  // What only looks says in its sentence what to see; a command or a deed has a result to tell.
  const looks = place.looks && act.run === null && act.expect === null;
  const blind = !looks && (act.expect === null || isEmpty(act.expect));
  return [
    ...lacking,
    ...(blind
      ? [
          {
            id: "expectation-missing" as const,
            section,
            path,
            message: `${name} does not say what should be seen`,
            help: "add `expect:` with what is printed or shown when it worked",
          },
        ]
      : []),
    ...shellFindings(act, place),
  ];
}

const isEmpty = ({ says, contains, lacks }: NonNullable<Act["expect"]>): boolean =>
  says === "" && contains.length === 0 && lacks.length === 0;

const SHELL = /^(?:.*\/)?(?:ba|da|z|k|fi)?sh$/;

/** A shell that is given a text reads it anew: quotes, `$` and `;` in an argument become code. */
function shellFindings(act: Act, { section, path, name }: Place): readonly Found[] {
  const argv = act.run?.argv ?? [];
  const reads = SHELL.test(argv[0] ?? "") && argv.some((a) => /^-[a-z]*c$/.test(a));
  if (!reads) return [];
  const at = { section, path: [...path, "run"] };
  const help = "name the program and its arguments, or put the script into a reviewed file";
  return argv.some((a) => placeholderIn(a) !== null)
    ? [{ id: "remedy-shell", ...at, message: `${name} gives a parameter to a shell`, help }]
    : [{ id: "shell-text", ...at, message: `${name} gives a text to a shell`, help }];
}

const ADDS =
  /(?:^|[^a-z])(?:create|insert|append|increment|enqueue|publish|post|add|mkdir|clone|push|send|charge|refund|\+=)(?:[^a-z]|$)|>>/i;

function repeatFindings(step: Step, path: Path, name: string): readonly Found[] {
  if (step.act.run === null || step.repeatable !== null) return [];
  const doubtful = step.act.run.argv.some((argument) => ADDS.test(argument.slice(0, 2_000)));
  return [
    {
      id: doubtful ? "repeat-doubtful" : "repeat-unsaid",
      section: "steps",
      path,
      message: doubtful
        ? `${name} adds or creates something and does not say whether it may be run twice`
        : `${name} does not say whether it may be run twice`,
      help: "add `repeatable: true` or `repeatable: false`; after a crash nobody may know whether it ran",
    },
  ];
}
