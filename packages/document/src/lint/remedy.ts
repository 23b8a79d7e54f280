// SPDX-License-Identifier: Apache-2.0
import type { Path } from "@interlock/policy";
import type { Act, ChangeDocument } from "../document.ts";
import { placeholderIn } from "../remedy.ts";
import type { Found } from "./lint.ts";

/** What bounds a remedy has to be written down, since one person alone runs it. */
export function remedyFindings(document: ChangeDocument, now: number): readonly Found[] {
  const { remedy, steps, preChecks, rollback } = document;
  if (remedy === null) return [];
  const acts = [
    ...preChecks.map((act, i) => ({ act, path: ["preChecks", i] as Path })),
    ...steps.flatMap((step, i) => [
      { act: step.act, path: ["steps", i] as Path },
      { act: step.undo, path: ["steps", i, "undo"] as Path },
      { act: step.verify, path: ["steps", i, "verify"] as Path },
    ]),
  ];
  const byHand = steps.flatMap(({ act, id }, i): readonly Found[] =>
    act.run !== null
      ? []
      : [
          {
            id: "remedy-by-hand",
            section: "steps",
            path: ["steps", i],
            message: `step \`${id}\` has no command`,
            help: "add `run:`; what is done by hand nobody can bound",
          },
        ],
  );
  const seconds = steps.flatMap(({ second, id }, i): readonly Found[] =>
    second
      ? [
          {
            id: "remedy-second",
            section: "steps",
            path: ["steps", i],
            message: `step \`${id}\` waits for a second person, and a remedy is run by one`,
            help: "take `second: true` out, or write a document that two carry out",
          },
        ]
      : [],
  );
  const open: readonly Found[] =
    remedy.mayRun.length > 0
      ? []
      : [
          {
            id: "remedy-open",
            section: null,
            path: ["mayRun"],
            message: "nobody is named who may run it",
            help: "add `mayRun:` with teams or accounts",
          },
        ];
  return [
    ...byHand,
    ...seconds,
    ...open,
    ...parameterFindings(document, acts),
    ...age(document, now, rollback),
  ];
}

type Used = { readonly act: Act | null; readonly path: Path };

function parameterFindings({ remedy }: ChangeDocument, acts: readonly Used[]): readonly Found[] {
  const declared = (remedy?.parameters ?? []).map(({ name }) => name);
  const uses = acts.flatMap(({ act, path }) =>
    (act?.run?.argv ?? []).flatMap((argument, i) => {
      const name = placeholderIn(argument);
      return name === null ? [] : [{ name, path: [...path, "run", i] }];
    }),
  );
  const undeclared = uses
    .filter(({ name }) => !declared.includes(name))
    .map(({ name, path }) => ({
      path,
      message: `\`{${name}}\` is no parameter`,
      help: "declare it under `parameters:`",
    }));
  const unused = declared
    .map((name, i) => ({ name, i }))
    .filter(({ name }) => !uses.some((use) => use.name === name))
    .map(({ name, i }) => ({
      path: ["parameters", i],
      message: `parameter \`${name}\` is used by no command`,
      help: `write \`{${name}}\` as a whole argument, or take it out`,
    }));
  return [...undeclared, ...unused].map((found) => ({
    id: "remedy-parameter",
    section: "steps",
    ...found,
  }));
}

function age(
  { remedy }: ChangeDocument,
  now: number,
  rollback: ChangeDocument["rollback"],
): readonly Found[] {
  const at = rollback?.rehearsed?.at;
  if (remedy === null || at === undefined || now - at <= remedy.rehearsalValidMs) return [];
  return [
    {
      id: "remedy-expired",
      section: "rollback",
      path: ["rollback", "rehearsed"],
      message: "the rehearsal is older than `limits.rehearsalValid`",
      help: "rehearse it again; until then nobody may run it",
    },
  ];
}
