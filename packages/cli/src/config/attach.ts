// SPDX-License-Identifier: Apache-2.0
/** What came of a replay, small enough to be read beside the change that it is of. */
import {
  type CellContents,
  type FieldLimits,
  type FieldShift,
  type Replay,
  type ReplayAnswer,
  type ReplayComparison,
  spreadOf,
} from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { sha256Hex, utf8 } from "@interlock/digest";
import { type ReplayResult, replaysApi } from "@interlock/protocol";

const { fields: FIELDS, breaches, examples, exampleLength, bins } = replaysApi.REPLAY_LIMITS;

export type Replayed = {
  readonly set: string;
  readonly cell: string;
  readonly replay: Replay;
  readonly inputs: readonly string[];
  readonly values: { readonly before: CellContents; readonly after: CellContents };
  readonly answers: {
    readonly before: readonly ReplayAnswer[];
    readonly after: readonly ReplayAnswer[];
  };
  readonly comparison: ReplayComparison;
};

/** Throws `GateError` where no file differs: there is nothing that a change could have brought. */
export function resultOf(replayed: Replayed): ReplayResult {
  const { set, cell, replay, inputs, values, answers, comparison } = replayed;
  const { ok, changed, changedPpm, newErrors, newErrorsPpm, oldErrors } = comparison;
  const files = filesOf(values);
  if (files.length === 0)
    throw new GateError(
      "INPUT_INVALID",
      `no value of \`${set}\` in \`${cell}\` differs, so there is no replay of a change`,
      "name the commits before and after it with `--base` and `--head`",
    );
  const told = comparison.fields.slice(0, FIELDS);
  return {
    ...{ version: 1, set, cell, ok, files, answered: answeredBy(replay) },
    inputsDigest: sha256Hex(utf8(inputs.map((line) => `${line}\n`).join(""))),
    ...{ inputs: comparison.inputs, changed, changedPpm, newErrors, newErrorsPpm, oldErrors },
    limits: { changedPpm: replay.changedPpm, newErrorsPpm: replay.newErrorsPpm },
    fields: told.map((one) => fieldOf(one, limitOf(replay, one.at), answers)),
    fieldsLeft: comparison.fields.length - told.length,
    breaches: comparison.breaches
      .slice(0, breaches)
      .map(({ code, message }) => ({ code, message: message.slice(0, 500) })),
    examples: comparison.examples
      .slice(0, examples)
      .map(({ input, before, after }) => ({ input, before: said(before), after: said(after) })),
  };
}

const answeredBy = ({ by }: Replay): string =>
  (by.kind === "program" ? by.argv.join(" ") : by.url).slice(0, 1_000);

const limitOf = ({ fields }: Replay, at: string): FieldLimits | undefined =>
  fields.find((one) => one.at === at);

const said = (answer: ReplayAnswer): string =>
  (answer.ok ? JSON.stringify(answer.value) : `error: ${answer.error}`).slice(0, exampleLength);

function fieldOf(
  { at, ...shift }: FieldShift,
  limit: FieldLimits | undefined,
  answers: Replayed["answers"],
): ReplayResult["fields"][number] {
  return {
    ...shift,
    at: at.slice(0, 1_000),
    limit:
      limit === undefined
        ? null
        : {
            changedPpm: limit.changedPpm ?? null,
            meanShift: limit.meanShift ?? null,
            maxShift: limit.maxShift ?? null,
          },
    spread: copied(spreadOf(at, answers, bins)),
  };
}

const copied = (spread: ReturnType<typeof spreadOf>): ReplayResult["fields"][number]["spread"] =>
  spread === null ? null : { ...spread, counts: [...spread.counts] };

/** By path, since that is what a change brings; what is the same under both is none of it. */
function filesOf({ before, after }: Replayed["values"]): ReplayResult["files"] {
  const [old, now] = [byPath(before), byPath(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((path) => {
    const [was, is] = [old.get(path) ?? null, now.get(path) ?? null];
    return was === is ? [] : [{ path, before: was, after: is }];
  });
}

const byPath = (values: CellContents): ReadonlyMap<string, string> =>
  new Map([...values.values()].map(({ path, text }) => [path, sha256Hex(utf8(text))]));
