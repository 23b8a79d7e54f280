// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { openRepository, type Repository } from "@interlock/facts";
import { gate, listChanges, submit } from "@interlock/protocol";
import type { Command } from "commander";
import { EXIT } from "../exit.ts";
import { arriving, fullRef, questionAbout, refuseShallow } from "../gate/question.ts";
import { explained, link } from "../gate/said.ts";
import { changeText, pageOf, shownChange } from "../gate/shown.ts";
import { ask, type Reply } from "../hook/ask.ts";
import { sendContents } from "../hook/contents.ts";
import { pusherOf } from "../hook/push.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText, printable } from "../output/printable.ts";
import { type AccessOptions, accessOf, withAccess } from "../remote/access.ts";
import { asked } from "../remote/client.ts";

type Json = { readonly json?: boolean };
type ListOptions = AccessOptions &
  Json & {
    readonly outcome?: string;
    readonly repository?: string;
    readonly target?: string;
    readonly limit: string;
    readonly after?: string;
  };
type SubmitOptions = AccessOptions &
  Json & {
    readonly repo: string;
    readonly target: string;
    readonly base?: string;
    readonly head: string;
  };

export function changeCommand(program: Command): void {
  const change = program
    .command("change")
    .description("list, show and submit changes on a server")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock change list --outcome hold\n  interlock change show 0123456789abcdef0123\n  interlock change submit --target main",
    );
  withAccess(change.command("list"))
    .description("list changes, those judged last first")
    .option("--outcome <outcome>", "only those that are allow, hold or deny now")
    .option("--repository <id>", "only those of this repository")
    .option("--target <ref>", "only those on their way to this ref")
    .option("--limit <n>", "how many at most, 1 to 200", "20")
    .option("--after <place>", "go on where the page before ended")
    .option("--json", "print JSON")
    .action(list);
  withAccess(change.command("show"))
    .description("show one change: the decision, what is missing, who signed")
    .argument("<change>", "its id, or the link of its page")
    .option("--json", "print JSON")
    .action(show);
  withAccess(change.command("submit"))
    .description("show a change to others before it is pushed")
    .requiredOption("--target <ref>", "the ref that it is to land on")
    .option("--repo <path>", "repository to look at", ".")
    .option("--base <revision>", "where the target is now (default: origin/TARGET)")
    .option("--head <revision>", "what is to land", "HEAD")
    .option("--json", "print JSON")
    .action(submitted);
}

async function list(options: ListOptions): Promise<void> {
  const { outcome: effective, repository, target, limit, after } = options;
  const query = {
    ...{ effective, repository, limit, after },
    target: target === undefined ? undefined : fullRef(target),
  };
  const page = await asked(accessOf(options), listChanges, { query });
  if (options.json === true) {
    process.stdout.write(`${jsonText(page, 2)}\n`);
    return;
  }
  const lines = page.changes.map(({ id, effective: now, target: to, subject, judgedAt }) =>
    printable(`${now.padEnd(5)}  ${id}  ${new Date(judgedAt).toISOString()}  ${to}  ${subject}`),
  );
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  if (page.changes.length === 0) process.stderr.write("no change fits\n");
  if (page.next !== null) process.stderr.write(`there are more: --after ${printable(page.next)}\n`);
}

async function show(written: string, options: AccessOptions & Json): Promise<void> {
  const access = accessOf(options);
  const id = changeIdOf(written);
  const shown = await shownChange(access, id);
  process.stdout.write(
    options.json === true
      ? `${jsonText(shown, 2)}\n`
      : changeText(shown, pageOf(access, id), paintFor(process.stdout)),
  );
}

/** The id itself, or the one at the end of the link that a refused push shows. */
export function changeIdOf(written: string): string {
  const found = /^(?:https?:\/\/[^\s?#]{1,300}\/changes\/)?([0-9a-f]{20})$/.exec(written)?.[1];
  if (found !== undefined) return found;
  throw new GateError(
    "USAGE",
    `\`${written.slice(0, 100)}\` is no id of a change: 20 hexadecimal digits`,
    "take it from `interlock change list`, or the link that a refused push shows",
  );
}

async function submitted(options: SubmitOptions): Promise<void> {
  const access = accessOf(options);
  const repository = await openRepository(options.repo);
  try {
    refuseShallow(repository);
    const ref = fullRef(options.target);
    const base = options.base ?? (await trackedTip(repository, ref));
    const arrives = await arriving(repository, { base, head: options.head, ref });
    // Of a person the server says itself who it is; a token's pipeline says who pushed.
    const pushedBy = access.person === null ? pusherOf(undefined, process.env) : null;
    const asker = { pushedBy, firstCommit: null };
    const asking = await questionAbout(repository, arrives, asker);
    const { secret: token, server, timeoutMs } = access;
    const to = { server, token, timeoutMs };
    const { question } = asking;
    const reply = await ask(question, to, access.person === null ? gate : submit);
    const answer = judgedOf(reply, server);
    const { subject } = arrives;
    const warning = await sendContents(answer, { subject, question, repository, asking: to });
    if (warning !== null) process.stderr.write(`! ${printable(warning)}\n`);
    // What waits for approvals has been submitted well.
    process.exitCode = answer.effective === "deny" ? EXIT.deny : 0;
    const { place } = asking.question;
    const { id: change, url, words, index, entry, effective, decision } = answer;
    process.stdout.write(
      options.json === true
        ? `${jsonText({ change, url, words, index, entry, effective, place, decision }, 2)}\n`
        : `${[explained(answer, asking, paintFor(process.stdout)), ...link(answer)].join("\n")}`,
    );
  } finally {
    repository.close();
  }
}

async function trackedTip(repository: Repository, ref: string): Promise<string> {
  const name = ref.replace(/^refs\/heads\//, "refs/remotes/origin/");
  const { refs } = await repository.refs("refs/remotes/");
  const found = refs.find((one) => one.name === name);
  if (found !== undefined) return found.target;
  throw new GateError(
    "USAGE",
    `nothing here says where \`${ref}\` is now: there is no \`${name}\``,
    "fetch it, or name the commit with `--base`",
  );
}

export function judgedOf(reply: Reply, server: string) {
  switch (reply.kind) {
    case "judged":
      return reply.answer;
    case "refused":
      throw new GateError(
        "INPUT_INVALID",
        `the server \`${server}\` does not judge this: ${reply.says}`,
        reply.help,
      );
    case "away":
      throw new GateError(
        "SERVER_UNREACHABLE",
        `\`${server}\` is away: ${reply.says}`,
        "try again when it answers",
      );
  }
}
