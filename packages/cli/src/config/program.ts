// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import type { CellContents, ReplayAnswer } from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { answerIn } from "./answers.ts";

const OUTPUT_MAX = 256 << 20;
const ERRORS_KEPT = 4_000;

export type Reader = {
  readonly argv: readonly string[];
  /** Where it runs. */
  readonly cwd: string;
  readonly timeoutMs: number;
};

/**
 * The answers of a program to some inputs under some values: each key is a file of that name in the
 * folder `$INTERLOCK_CONFIG`, inputs come a line each, and answers go a line each in their order. A
 * program that ends early, or badly, has not answered what is missing.
 */
export async function programAnswers(
  reader: Reader,
  values: CellContents,
  inputs: readonly string[],
): Promise<readonly ReplayAnswer[]> {
  const folder = mkdtempSync(join(tmpdir(), "interlock-config-"));
  try {
    for (const [key, { text }] of values) {
      const path = resolve(folder, `.${sep}${key}`);
      if (!path.startsWith(`${folder}${sep}`))
        throw new GateError("INPUT_INVALID", `\`${key}\` leads out of a folder`, "rename the key");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return await run(reader, folder, inputs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(
  { argv, cwd, timeoutMs }: Reader,
  folder: string,
  inputs: readonly string[],
): Promise<readonly ReplayAnswer[]> {
  const [program = "", ...args] = argv;
  // Secrets of the surroundings are none of the program's business.
  const env = { PATH: process.env["PATH"] ?? "", INTERLOCK_CONFIG: folder, TZ: "UTC" };
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: "pipe" });
    const output: Buffer[] = [];
    let [bytes, errors, trouble] = [0, "", ""];
    const stop = (why: string): void => {
      trouble ||= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop(`it took longer than ${timeoutMs} ms`), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > OUTPUT_MAX) stop(`it wrote more than ${OUTPUT_MAX} bytes`);
      else output.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString("utf8")).slice(-ERRORS_KEPT);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      const help = "check `run` of the set's replay in the description";
      fail(new GateError("INPUT_INVALID", `\`${program}\` cannot be run: ${error.message}`, help));
    });
    // It may end before it has read everything; then what is missing is not answered.
    child.stdin.on("error", () => undefined);
    child.stdin.end(inputs.map((line) => `${line}\n`).join(""));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (trouble === "" && code !== 0)
        trouble = `it ended with ${signal ?? `exit code ${code}`}: ${errors.trim().slice(-500)}`;
      done(answersIn(Buffer.concat(output).toString("utf8"), inputs.length, trouble));
    });
  });
}

function answersIn(output: string, inputs: number, trouble: string): readonly ReplayAnswer[] {
  const lines = output.split("\n");
  // Behind the last line end stands nothing, or an answer that was cut off.
  lines.pop();
  if (lines.length > inputs)
    return Array.from({ length: inputs }, () => ({
      ok: false,
      error: "there are more answers than inputs",
    }));
  const error = trouble === "" ? "it gave fewer answers than inputs" : trouble;
  return Array.from({ length: inputs }, (_, i) => {
    const line = lines[i];
    return line === undefined ? { ok: false, error } : answerIn(line);
  });
}
