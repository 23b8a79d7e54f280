// SPDX-License-Identifier: Apache-2.0
import { type DecisionRecord, GateError, replay, validateFacts } from "@interlock/core";
import type { Command } from "commander";
import { readText } from "../judge/workspace.ts";
import { jsonText } from "../output/printable.ts";

export function replayCommand(program: Command): void {
  program
    .command("replay")
    .description("decide stored decisions again and compare byte for byte")
    .argument("<file>", "decision records, one JSON a line (or one alone); - for standard input")
    .option("--json", "one JSON a record")
    .addHelpText(
      "after",
      "\nExample:\n  interlock decide facts.json --record > decision.json; interlock replay decision.json\n\nExit codes: 0 all the same, 1 some differ, 3 could not replay",
    )
    .action((file: string, options: { readonly json?: boolean }) => {
      const counts = { same: 0, different: 0, erased: 0 };
      for (const [i, record] of records(file).entries()) {
        const result = replay(record);
        counts[result.kind]++;
        if (options.json === true)
          process.stdout.write(
            `${jsonText({ record: i + 1, digest: record.decision.digest, ...result })}\n`,
          );
        else if (result.kind !== "same")
          process.stdout.write(
            `record ${i + 1}: ${result.kind}${result.kind === "different" ? `, ${whereTheyDiffer(result.stored, result.now)}` : ""}\n`,
          );
      }
      if (options.json !== true)
        process.stdout.write(
          `${counts.same} the same, ${counts.different} different, ${counts.erased} erased\n`,
        );
      if (counts.different > 0) process.exitCode = 1;
    });
}

function records(file: string): readonly DecisionRecord[] {
  const text = readText(file).trim();
  if (text === "")
    throw new GateError(
      "INPUT_INVALID",
      `\`${file}\` holds no record`,
      "make one with `interlock decide --record`",
    );
  const whole = parsed(text);
  if (whole !== null) return [checked(whole, file, 1)];
  return text
    .split("\n")
    .filter((l) => l.trim() !== "")
    .map((line, i) => {
      const value = parsed(line);
      if (value === null)
        throw new GateError(
          "INPUT_INVALID",
          `\`${file}\` line ${i + 1} is no JSON`,
          "give one record a line",
        );
      return checked(value, file, i + 1);
    });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not one JSON value: the caller tries a value a line and reports what fails there.
    return null;
  }
}

function checked(value: unknown, file: string, at: number): DecisionRecord {
  const bad = (why: string) =>
    new GateError(
      "INPUT_INVALID",
      `\`${file}\` record ${at}: ${why}`,
      "make records with `interlock decide --record`",
    );
  if (
    typeof value !== "object" ||
    value === null ||
    !("record" in value) ||
    value.record !== "interlock/decision/v1"
  )
    throw bad("it is no decision record of version 1");
  if (
    !("policies" in value) ||
    !Array.isArray(value.policies) ||
    !("decision" in value) ||
    typeof value.decision !== "object" ||
    value.decision === null ||
    !("facts" in value)
  )
    throw bad("`policies`, `facts` or `decision` is missing");
  if (value.facts !== null) {
    const validated = validateFacts(value.facts);
    if (!validated.ok)
      throw bad(`\`${validated.problems[0]?.path}\`: ${validated.problems[0]?.message}`);
  }
  return value as DecisionRecord; // checked above; a policy that does not compile makes its rules unknown, never an allow
}

function whereTheyDiffer(stored: string, now: string): string {
  let i = 0;
  while (i < stored.length && stored[i] === now[i]) i++;
  const part = (text: string) => text.slice(Math.max(0, i - 30), i + 50);
  return `stored …${part(stored)}… now …${part(now)}…`;
}
