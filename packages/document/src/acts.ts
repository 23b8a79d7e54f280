// SPDX-License-Identifier: Apache-2.0
import { isRaw, type Path, type Reader, report } from "@interlock/policy";
import { type Act, type Command, type Expectation, LIMITS, type Step } from "./document.ts";
import {
  type At,
  durationAt,
  flagAt,
  mappingOf,
  textAt,
  textOf,
  textsAt,
  wholeAt,
} from "./fields.ts";

export const EXPECT_FIELDS = ["says", "exit", "contains", "lacks"] as const;
export const ACT_FIELDS = ["do", "run", "timeout", "expect"] as const;
export const STEP_FIELDS = [
  "id",
  ...ACT_FIELDS,
  "verify",
  "abortIf",
  "undo",
  "irreversible",
  "repeatable",
  "second",
] as const;

const DEFAULT_TIMEOUT_MS = 600_000;
const STEP_ID = /^[a-z0-9][a-z0-9-]{0,59}$/;

/** Something to do or to look at: a text for a person, or a mapping that may hold a command. */
export function actOf(r: Reader, value: unknown, path: Path): Act | null {
  if (value === undefined || value === null) return null;
  if (!isRaw(value)) {
    const says = textOf(r, value, path);
    return says === "" ? null : { says, run: null, expect: null };
  }
  const at = mappingOf(r, value, path, ACT_FIELDS);
  return at === null ? null : actAt(at);
}

function actAt(at: At): Act {
  const { r, raw, path } = at;
  return {
    says: textAt(at, "do"),
    run: commandAt(at),
    expect: expectationOf(r, raw["expect"], [...path, "expect"]),
  };
}

/** An argument list. A text would have to be split by a shell, whose quoting hides what runs. */
function commandAt(at: At): Command | null {
  const { r, raw, path } = at;
  const value = raw["run"];
  const timeoutMs = durationAt(at, "timeout", LIMITS.timeoutMs);
  if (value === undefined || value === null) return null;
  const here = [...path, "run"];
  if (!Array.isArray(value)) {
    const help = "write the program and each argument: `run: [kubectl, get, pods]`";
    report(r, "FIELD_INVALID", here, "`run` is no list of arguments", help);
    return null;
  }
  const argv = textsAt(at, "run", { max: LIMITS.arguments, each: LIMITS.argument });
  // `textsAt` trims, and an argument of blanks must not change on its way.
  const exact = value.map((item: unknown, i) =>
    typeof item === "string" ? item : (argv[i] ?? ""),
  );
  const [program = ""] = exact;
  if (program === "" || exact.some((argument) => argument.includes("\0"))) {
    const help = "name the program first; no argument holds a zero character";
    report(r, "FIELD_INVALID", here, "`run` cannot be run", help);
    return null;
  }
  return { argv: exact, timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS };
}

function expectationOf(r: Reader, value: unknown, path: Path): Expectation | null {
  if (value === undefined || value === null) return null;
  if (!isRaw(value)) {
    const says = textOf(r, value, path);
    return says === "" ? null : { says, exit: 0, contains: [], lacks: [] };
  }
  const at = mappingOf(r, value, path, EXPECT_FIELDS);
  if (at === null) return null;
  return {
    says: textAt(at, "says"),
    exit: wholeAt(at, "exit") ?? 0,
    contains: textsAt(at, "contains", { max: LIMITS.list }).filter((t) => t !== ""),
    lacks: textsAt(at, "lacks", { max: LIMITS.list }).filter((t) => t !== ""),
  };
}

/** The id of a step is what runs and ledger entries name; without one it is its number. */
export function stepOf(r: Reader, value: unknown, path: Path): Step | null {
  const at = mappingOf(r, value, path, STEP_FIELDS);
  if (at === null) return null;
  const { raw } = at;
  const number = Number(path[path.length - 1]) + 1;
  const id = textAt(at, "id", 60);
  if (id !== "" && !STEP_ID.test(id))
    report(
      r,
      "FIELD_INVALID",
      [...path, "id"],
      `\`${id}\` is no id`,
      "lower-case letters, digits and `-`",
    );
  const abortIf = textAt(at, "abortIf");
  const irreversible = textAt(at, "irreversible");
  return {
    id: id === "" ? `step-${number}` : id,
    act: actAt(at),
    verify: actOf(r, raw["verify"], [...path, "verify"]),
    abortIf: abortIf === "" ? null : abortIf,
    undo: actOf(r, raw["undo"], [...path, "undo"]),
    irreversible: irreversible === "" ? null : irreversible,
    repeatable: flagAt(at, "repeatable"),
    second: flagAt(at, "second") ?? false,
  };
}
