// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GateError } from "@interlock/core";
import { openRepository } from "@interlock/facts";
import type { Command } from "commander";
import { askedAbout, openText } from "../init/people.ts";
import { type AskAbout, starterFiles } from "../init/starter.ts";
import { printable } from "../output/printable.ts";
import { terminalDesk } from "../runs/ask.ts";

export function initCommand(program: Command): void {
  program
    .command("init")
    .description(
      "write a starter `interlock/` from what the repository shows; nothing is blocked by it",
    )
    .option("--repo <path>", "repository to look at", ".")
    .option("--print", "print the files instead of writing them")
    .action(async (options: { readonly repo: string; readonly print?: boolean }) => {
      const repository = await openRepository(options.repo);
      try {
        const files = await starterFiles(repository, options.print === true ? listed : asked);
        if (options.print === true)
          // Schemas are what `interlock schema NAME` prints, and long.
          for (const f of files)
            process.stdout.write(`# ${f.path}\n${f.path.endsWith(".json") ? "" : f.text}\n`);
        else write(resolve(options.repo), files);
      } finally {
        repository.close();
      }
    });
}

/** Without a terminal nobody is asked: what is open is listed. */
const listed: AskAbout = async (doubts) => {
  if (doubts.length > 0)
    process.stderr.write(
      `${doubts.length} ${doubts.length === 1 ? "author is" : "authors are"} left out, since the history does not tell who they are:\n`,
    );
  for (const line of openText(doubts)) process.stderr.write(`${printable(line)}\n`);
  return doubts.map(() => null);
};

const asked: AskAbout = async (doubts) => {
  if (doubts.length === 0 || process.stdin.isTTY !== true) return await listed(doubts);
  const desk = terminalDesk();
  try {
    const verdicts = await askedAbout(doubts, desk.choose);
    await listed(doubts.filter((_, i) => verdicts[i] === null));
    return verdicts;
  } finally {
    desk.close();
  }
};

function write(
  root: string,
  files: readonly { readonly path: string; readonly text: string }[],
): void {
  for (const { path } of files)
    if (existsSync(join(root, path)))
      throw new GateError(
        "OUTPUT_UNWRITABLE",
        `\`${path}\` exists already`,
        "use `interlock init --print` to compare, or remove it first",
      );
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { flag: "wx" });
    process.stderr.write(`wrote ${path}\n`);
  }
  process.stderr.write(
    "next: read them, then `interlock policy test` and `interlock backtest --last 90d`; every rule starts in `observe` and blocks nothing\n",
  );
}
