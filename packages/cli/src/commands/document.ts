// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { GateError } from "@interlock/core";
import {
  documentText,
  type Finding,
  filledSections,
  isError,
  lint,
  readDocument,
  type Sited,
  TEMPLATES,
} from "@interlock/document";
import { didYouMean, type Problem, problemText } from "@interlock/policy";
import { draftsApi } from "@interlock/protocol";
import type { Command } from "commander";
import { COULD_NOT_DECIDE } from "../exit.ts";
import { readText } from "../files/read.ts";
import { jsonText, printable, printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked } from "../remote/client.ts";

/** Exit code of a document that can be read and has errors. */
const WEAK = 1;

export function documentCommand(program: Command): void {
  const document = program
    .command("document")
    .description("write and check change documents")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock document new failover --out interlock/changes/move-eu-1.md\n  interlock document check interlock/changes/*.md\n\nA change has the documents that it writes under `interlock/changes/`, and those that a trailer `Change-Document: PATH` names",
    );
  document
    .command("new")
    .description("print a template, whose questions are marked `FILL`")
    .argument("<kind>", Object.keys(TEMPLATES).join(", "))
    .option("--out <file>", "write it there; an existing file stays as it is")
    .action((kind: string, { out }: { readonly out?: string }) => {
      const text = Object.entries(TEMPLATES).find(([name]) => name === kind)?.[1];
      if (text === undefined)
        throw new GateError(
          "USAGE",
          `there is no template \`${kind}\``,
          didYouMean(kind, Object.keys(TEMPLATES)),
        );
      if (out === undefined) process.stdout.write(text);
      else writeNew(out, text);
    });
  document
    .command("check")
    .description(
      "say what is weak in a document; exit code 1 for errors, 3 for one that cannot be read",
    )
    .argument("<files...>", "documents, or `-` for standard input")
    .option("--json", "print the findings as JSON")
    .action((files: readonly string[], options: { readonly json?: boolean }) => {
      const checked = files.map(checkedFile);
      // Before the output, whose reader may leave early. by (fail-closed)
      process.exitCode = Math.max(...checked.map(exitOf));
      process.stdout.write(
        options.json === true
          ? `${jsonText({ version: 1, documents: checked.map(asJson) }, 2)}\n`
          : checked.map(asText).join(""),
      );
    });
  document
    .command("show")
    .description("print a document as a reviewer reads it")
    .argument("<file>", "the document, or `-` for standard input")
    .action((file: string) => {
      process.stdout.write(printableLines(documentText(documentFrom(file).document)));
    });
  withServer(document.command("fetch"))
    .description("bring a document that you wrote in the console into your clone")
    .argument("<draft>", "its id, as its page shows it")
    .requiredOption("--out <file>", "write it there, such as `interlock/changes/NAME.md`")
    .option("--force", "also over a file that exists")
    .action(fetched);
}

type Fetching = Pick<AccessOptions, "server"> & { readonly out: string; readonly force?: boolean };

async function fetched(draft: string, { out, force, ...where }: Fetching): Promise<void> {
  const { server, secret } = loginOf(where);
  if (!/^[0-9a-f]{32}$/.test(draft))
    throw new GateError(
      "USAGE",
      `\`${draft.slice(0, 60)}\` is no id of a draft`,
      "copy the command from its page",
    );
  const { text } = await asked(remoteOf(server, secret), draftsApi.showDraft, {
    params: { draft },
  });
  writeNew(out, text, force === true);
  process.stderr.write("commit it with the change: its digest becomes part of what is approved\n");
}

function writeNew(out: string, text: string, over = false): void {
  const path = resolve(out);
  if (!over && existsSync(path))
    throw new GateError("OUTPUT_UNWRITABLE", `\`${out}\` exists already`, "name another file");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: over ? "w" : "wx" });
  process.stderr.write(`wrote ${printable(out)}\n`);
}

/** Reads a document. Throws `GateError` INPUT_UNREADABLE or INPUT_INVALID. */
export function documentFrom(file: string): Sited & { readonly source: string } {
  const source = readText(file);
  const read = readDocument(file, source);
  if (read.ok) return { ...read.sited, source };
  throw new GateError(
    "INPUT_INVALID",
    `the document cannot be read\n${read.problems.map(problemText).join("\n")}`,
    "mend it and run `interlock document check` again",
  );
}

type Checked =
  | { readonly file: string; readonly kind: "unreadable"; readonly problems: readonly Problem[] }
  | {
      readonly file: string;
      readonly kind: "read";
      readonly sited: Sited;
      readonly findings: readonly Finding[];
    };

function checkedFile(file: string): Checked {
  const read = readDocument(file, readText(file));
  if (!read.ok) return { file, kind: "unreadable", problems: read.problems };
  return { file, kind: "read", sited: read.sited, findings: lint(read.sited, { now: Date.now() }) };
}

function exitOf(checked: Checked): number {
  if (checked.kind === "unreadable") return COULD_NOT_DECIDE;
  return checked.findings.some(isError) ? WEAK : 0;
}

function asText(checked: Checked): string {
  if (checked.kind === "unreadable")
    return `${printableLines(checked.problems.map(problemText).join("\n"))}\n`;
  const { file, findings, sited } = checked;
  const lines = findings.map(
    ({ line, column, severity, message, id, help }) =>
      `${file}:${line}:${column}: ${severity}: ${message} [${id}]\n  help: ${help}`,
  );
  const errors = findings.filter(isError).length;
  const filled = filledSections(sited.document, findings);
  const sections =
    filled.length === 0 ? "no section counts" : `sections that count: ${filled.join(", ")}`;
  const sum = `${file}: ${errors} errors, ${findings.length - errors} warnings; ${sections}`;
  return `${printableLines([...lines, sum].join("\n"))}\n`;
}

function asJson(checked: Checked): object {
  if (checked.kind === "unreadable") {
    const { file, problems } = checked;
    return { file, digest: null, sections: [], findings: [], problems };
  }
  const { file, findings, sited } = checked;
  return {
    file,
    digest: sited.document.digest,
    sections: filledSections(sited.document, findings),
    findings,
    problems: [],
  };
}
