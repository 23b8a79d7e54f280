// SPDX-License-Identifier: Apache-2.0
/** A document as lines with a depth, from which both renderings come: they can show nothing different. */
import type {
  Act,
  ChangeDocument,
  Expectation,
  Parameter,
  RemedyTerms,
  Step,
} from "../document.ts";

export type Line =
  | { readonly kind: "title" | "heading" | "step" | "item" | "note"; readonly text: string }
  | { readonly kind: "command"; readonly text: string };

const DAY_MS = 86_400_000;

export function outlineOf(document: ChangeDocument): readonly Line[] {
  const { title, kind, why, remedy, preChecks, steps } = document;
  return [
    { kind: "title", text: title || "(no title)" },
    item("kind", kind),
    item("digest", document.digest),
    ...part("why", why === "" ? [] : [{ kind: "note", text: why }]),
    ...part("scope", scopeLines(document)),
    ...(remedy === null ? [] : part("remedy", remedyLines(remedy))),
    ...part(
      "before the first step",
      preChecks.flatMap((act) => actLines(act, "check")),
    ),
    ...part("steps", steps.flatMap(stepLines)),
    ...part("signals", signalLines(document)),
    ...part("rollback", rollbackLines(document)),
    ...part("who", whoLines(document)),
  ];
}

const item = (name: string, text: string): Line => ({ kind: "item", text: `${name}: ${text}` });
const maybe = (name: string, text: string | null): readonly Line[] =>
  text === null || text === "" ? [] : [item(name, text)];
const part = (heading: string, lines: readonly Line[]): readonly Line[] =>
  lines.length === 0 ? [] : [{ kind: "heading", text: heading }, ...lines];

function scopeLines({ scope }: ChangeDocument): readonly Line[] {
  if (scope === null) return [];
  const { blast } = scope;
  return [
    ...maybe("systems", scope.systems.join(", ")),
    ...maybe("environments", scope.environments.join(", ")),
    ...maybe("cells", scope.cells.join(", ")),
    ...maybe("not in scope", scope.outside),
    ...maybe("reaches systems", numeral(blast.systems)),
    ...maybe("reaches cells", numeral(blast.cells)),
    ...maybe(
      "share of traffic",
      blast.trafficPpm === null ? null : `${blast.trafficPpm / 10_000} %`,
    ),
    ...maybe("orders a minute", numeral(blast.ordersPerMinute)),
  ];
}

const numeral = (n: number | null): string | null => (n === null ? null : String(n));

function remedyLines({
  id,
  parameters,
  runs,
  withinMs,
  rehearsalValidMs,
  mayRun,
}: RemedyTerms): readonly Line[] {
  return [
    item("id", id),
    ...parameters.map((p) =>
      item(`parameter ${p.name}`, `${rangeOf(p)}${p.about === "" ? "" : `; ${p.about}`}`),
    ),
    item("at most", `${runs} runs within ${withinMs / 60_000} minutes`),
    item("a rehearsal counts for", `${rehearsalValidMs / DAY_MS} days`),
    ...maybe("may be run by", mayRun.join(", ")),
  ];
}

/** What a parameter takes, in words. */
export function rangeOf(parameter: Parameter): string {
  if (parameter.type === "integer") return `${parameter.min} to ${parameter.max}`;
  if (parameter.type === "choice") return `one of ${parameter.values.join(", ")}`;
  return `a name of at most ${parameter.maxLength} characters`;
}

function stepLines(step: Step, i: number): readonly Line[] {
  return [
    {
      kind: "step",
      text: `${i + 1}. ${step.id}${step.second ? " (a second person confirms)" : ""}`,
    },
    ...actLines(step.act, "do"),
    ...(step.verify === null ? [] : actLines(step.verify, "verify")),
    ...maybe("abort if", step.abortIf),
    ...(step.undo === null ? [] : actLines(step.undo, "undo")),
    ...maybe("no way back", step.irreversible),
    ...maybe("may be run twice", step.repeatable === null ? null : step.repeatable ? "yes" : "no"),
  ];
}

function actLines({ says, run, expect }: Act, name: string): readonly Line[] {
  return [
    ...maybe(name, says === "" && run !== null ? "run" : says),
    ...(run === null ? [] : [{ kind: "command" as const, text: commandText(run.argv) }]),
    ...(expect === null ? [] : maybe("expect", expectationText(expect))),
  ];
}

export function expectationText({ says, exit, contains, lacks }: Expectation): string {
  return [
    ...(says === "" ? [] : [says]),
    ...(exit === 0 ? [] : [`exit code ${exit}`]),
    ...contains.map((t) => `output contains \`${t}\``),
    ...lacks.map((t) => `output does not contain \`${t}\``),
  ].join("; ");
}

/** Arguments as one line in which each is told from the next; plain words need no quotes. */
export const commandText = (argv: readonly string[]): string =>
  argv.map((a) => (/^[A-Za-z0-9_@%+=:,./{}-]+$/.test(a) ? a : JSON.stringify(a))).join(" ");

function signalLines({ signals }: ChangeDocument): readonly Line[] {
  return signals.flatMap(({ name, where, normal, abort }) => [
    { kind: "step" as const, text: name },
    ...maybe("where", where),
    ...maybe("normal", normal),
    ...maybe("abort", abort),
  ]);
}

function rollbackLines({ rollback }: ChangeDocument): readonly Line[] {
  if (rollback === null) return [];
  const { how, takesMs, rehearsed } = rollback;
  return [
    ...maybe("how", how),
    ...maybe("takes", takesMs === null ? null : `${takesMs / 60_000} minutes`),
    item(
      "rehearsed",
      rehearsed === null
        ? "never"
        : [new Date(rehearsed.at).toISOString().slice(0, 10), rehearsed.where, rehearsed.by]
            .filter((t) => t !== "")
            .join(", "),
    ),
  ];
}

function whoLines({ who }: ChangeDocument): readonly Line[] {
  if (who === null) return [];
  return [
    ...maybe("operator", who.operator),
    ...maybe("second person", who.second),
    ...maybe("informed", who.informed.join(", ")),
  ];
}
