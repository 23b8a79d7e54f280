// SPDX-License-Identifier: Apache-2.0
import type { Path } from "@interlock/policy";
import type { Act, ChangeDocument, Section } from "../document.ts";
import type { Sited, Spot } from "../read.ts";

/** A text of the document with its place. */
export type Passage = {
  readonly section: Section | null;
  readonly text: string;
  readonly spot: (offset: number) => Spot;
  /** An argument of a command is shown to nobody as a sentence. */
  readonly argument: boolean;
};

type Piece = {
  readonly section: Section | null;
  readonly path: Path;
  readonly text: string | null;
};

/** Every text that somebody wrote: the front matter field by field, the prose line by line. */
export function passagesOf({ document, spot, bodyLine }: Sited): readonly Passage[] {
  const fields = [...proseOf(document), ...commandsOf(document)].flatMap(
    ({ section, path, text }): readonly Passage[] =>
      text === null || text === ""
        ? []
        : [{ section, text, spot: (offset) => spot(path, offset), argument: path.includes("run") }],
  );
  const body = document.body.split("\n").map(
    (text, i): Passage => ({
      section: null,
      text,
      spot: (offset) => ({ line: bodyLine + i, column: offset + 1 }),
      argument: false,
    }),
  );
  return [...fields, ...body.filter(({ text }) => text.trim() !== "")];
}

function proseOf(document: ChangeDocument): readonly Piece[] {
  const { scope, rollback, who, signals, preChecks, steps } = document;
  const piece = (section: Section | null, path: Path, text: string | null): Piece => ({
    section,
    path,
    text,
  });
  return [
    piece(null, ["title"], document.title),
    piece("why", ["why"], document.why),
    ...(scope?.systems ?? []).map((s, i) => piece("scope", ["scope", "systems", i], s)),
    ...(scope?.environments ?? []).map((s, i) => piece("scope", ["scope", "environments", i], s)),
    ...(scope?.cells ?? []).map((s, i) => piece("scope", ["scope", "cells", i], s)),
    piece("scope", ["scope", "outside"], scope?.outside ?? null),
    ...preChecks.flatMap((act, i) => actPieces("preChecks", ["preChecks", i], act)),
    ...steps.flatMap((step, i) => [
      ...actPieces("steps", ["steps", i], step.act),
      ...actPieces("steps", ["steps", i, "verify"], step.verify),
      ...actPieces("steps", ["steps", i, "undo"], step.undo),
      piece("steps", ["steps", i, "abortIf"], step.abortIf),
      piece("steps", ["steps", i, "irreversible"], step.irreversible),
    ]),
    ...signals.flatMap((signal, i) =>
      (["name", "where", "normal", "abort"] as const).map((field) =>
        piece("signals", ["signals", i, field], signal[field]),
      ),
    ),
    piece("rollback", ["rollback", "how"], rollback?.how ?? null),
    piece("rollback", ["rollback", "rehearsed", "where"], rollback?.rehearsed?.where ?? null),
    piece("rollback", ["rollback", "rehearsed", "by"], rollback?.rehearsed?.by ?? null),
    piece("who", ["who", "operator"], who?.operator ?? null),
    piece("who", ["who", "second"], who?.second ?? null),
    ...(who?.informed ?? []).map((name, i) => piece("who", ["who", "informed", i], name)),
  ];
}

/** An act stands as a mapping with `do`, or is the text itself: the place is then that of the text. */
function actPieces(section: Section, path: Path, act: Act | null): readonly Piece[] {
  if (act === null) return [];
  return [
    { section, path: [...path, "do"], text: act.says },
    { section, path: [...path, "expect", "says"], text: act.expect?.says ?? null },
  ];
}

function commandsOf({ preChecks, steps }: ChangeDocument): readonly Piece[] {
  const of = (section: Section, path: Path, act: Act | null): readonly Piece[] =>
    (act?.run?.argv ?? []).map((text, i) => ({ section, path: [...path, "run", i], text }));
  return [
    ...preChecks.flatMap((act, i) => of("preChecks", ["preChecks", i], act)),
    ...steps.flatMap((step, i) => [
      ...of("steps", ["steps", i], step.act),
      ...of("steps", ["steps", i, "verify"], step.verify),
      ...of("steps", ["steps", i, "undo"], step.undo),
    ]),
  ];
}
