// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { openRepository, type Repository } from "@interlock/facts";
import type { Command } from "commander";
import { COULD_NOT_DECIDE, EXIT } from "../exit.ts";
import { readText } from "../files/read.ts";
import { arriving, fullRef, questionAbout, refuseShallow } from "../gate/question.ts";
import { recompute } from "../gate/recompute.ts";
import { explained, heldAlone, letsAlone, link } from "../gate/said.ts";
import { shownChange } from "../gate/shown.ts";
import { patiently } from "../gate/waiting.ts";
import type { Answer } from "../hook/answer.ts";
import { ask, type Question, type Reply } from "../hook/ask.ts";
import { pusherOf } from "../hook/push.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText, printableLines } from "../output/printable.ts";
import { type Effect, effectOf } from "../provable/effect.ts";
import { pin } from "../provable/pinned.ts";
import { type Access, type AccessOptions, accessOf, withAccess } from "../remote/access.ts";
import { changeIdOf, judgedOf } from "./change.ts";
import { secondsOf } from "./sign.ts";

type Options = AccessOptions & {
  readonly repo: string;
  readonly change?: string;
  readonly base?: string;
  readonly head: string;
  readonly target?: string;
  readonly pusher?: string;
  readonly tier?: string;
  readonly allowIfDown?: readonly string[];
  readonly wait?: boolean;
  readonly trust?: string;
  readonly timeout: string;
  readonly json?: boolean;
};

const TIMEOUT_MAX_S = 7 * 86_400;

export function gateCommand(program: Command): void {
  withAccess(program.command("gate"))
    .description("ask a server whether a change may go on: for any pipeline")
    .option("--change <change>", "a change that the server knows: its id, or the link of its page")
    .option("--base <revision>", "where the target is now")
    .option("--head <revision>", "what is to land", "HEAD")
    .option("--target <ref>", "the ref that it is to land on")
    .option("--repo <path>", "repository to look at", ".")
    .option("--pusher <account>", "who pushed (default: what a Git server's variables say)")
    .option("--wait", "while it holds, wait for what is missing")
    .option("--timeout <seconds>", "how long to wait", "3600")
    .option("--tier <tier>", "the target's tier: a change counts as no less critical than that")
    .option(
      "--allow-if-down <tier...>",
      "of what the policy's `ifDown` lets go on without the server, only these tiers do",
    )
    .option(
      "--trust <file>",
      "the log and witnesses to believe for Tier 1 (default: the pinned ones, else the server's)",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock gate --base origin/main --target main\n  interlock gate --change 0123456789abcdef0123 --wait --timeout 7200\n\nThe token needs the verb `gate`, and `read` for `--change` and `--wait`.\nA change of Tier 1 waits until its decision is provable.\nExit codes: 0 allow, 1 hold, 2 deny, 3 could not decide, 64 wrong usage",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  // What ends this early has allowed nothing. by (fail-closed)
  process.exitCode = COULD_NOT_DECIDE;
  const timeoutMs = secondsOf(options.timeout, TIMEOUT_MAX_S) * 1_000;
  const tier = options.tier === undefined ? undefined : tierOf(options.tier);
  const tiers = options.allowIfDown?.map(tierOf);
  if (tiers?.includes(1) === true) throw usage("a Tier 1 ref never goes on without the server");
  const access = accessOf(options);
  if (access.person !== null)
    throw usage("a pipeline asks with a token; a person's terminal uses `interlock change submit`");
  const repository = await openRepository(options.repo);
  try {
    refuseShallow(repository);
    const { gitDir } = repository.location;
    if (options.trust !== undefined) await pin(gitDir, readText(options.trust));
    const question = await questionFrom(repository, access, options);
    const { server, secret: token } = access;
    const until = Date.now() + (options.wait === true ? timeoutMs : access.timeoutMs);
    const asking = () => ask(question, { server, token, timeoutMs: access.timeoutMs });
    const reply =
      options.wait === true
        ? await patiently(asking, { remote: access, timeoutMs, say: saying })
        : await asking();
    if (reply.kind === "away") return withoutServer(question, { reply, access, tier, tiers });
    const answer = judgedOf(reply, access.server);
    const terms = { ...{ remote: access, gitDir, tier, until }, narrowed: narrowedTo(tiers) };
    const effect =
      answer.effective === "allow"
        ? await effectOf(question, answer, { ...terms, tell: saying })
        : null;
    conclude({ answer, effect }, question, options);
  } finally {
    repository.close();
  }
}

const saying = (line: string): void => {
  process.stderr.write(`${printableLines(line)}\n`);
};

async function questionFrom(
  repository: Repository,
  access: Access,
  options: Options,
): Promise<Question> {
  const { change, base, head, target } = options;
  const pushedBy = pusherOf(options.pusher, process.env);
  if (change === undefined) {
    if (base === undefined || target === undefined)
      throw usage("name a change with `--change`, or what is to land with `--base` and `--target`");
    const arrives = await arriving(repository, { base, head, ref: fullRef(target) });
    const asker = { pushedBy, firstCommit: null };
    return (await questionAbout(repository, arrives, asker)).question;
  }
  if (base !== undefined || target !== undefined)
    throw usage("`--change` says itself what is to land where");
  const shown = await shownChange(access, changeIdOf(change));
  const found = await recompute(repository, shown, pushedBy);
  if (found.kind === "same") return found.question;
  throw new GateError(
    "CHANGE_DIFFERS",
    ["the change that is here is not the one that the server shows", ...found.says].join("\n  "),
    "check out the repository of that change, with its whole history",
  );
}

type Concluded = { readonly answer: Answer; readonly effect: Effect | null };

function conclude({ answer, effect }: Concluded, question: Question, options: Options): void {
  const waits = effect?.kind === "waits";
  // Before the output, whose reader may leave early. by (fail-closed)
  process.exitCode = waits ? EXIT.hold : EXIT[answer.effective];
  const { id: change, url, words, index, entry, effective, decision } = answer;
  const { place } = question;
  process.stdout.write(
    options.json === true
      ? `${jsonText({ change, url, words, index, entry, effective, effect: effect?.kind ?? null, place, decision }, 2)}\n`
      : [explained(answer, { question }, paintFor(process.stdout)), ...link(answer)].join("\n"),
  );
  if (effect !== null && effect.kind !== "durable") saying(effectText(effect, place.target));
}

function effectText(effect: Exclude<Effect, { kind: "durable" }>, target: string): string {
  switch (effect.kind) {
    case "provable":
      return effect.says;
    case "goes-on":
      return `! goes on, not provable yet  ${target}\n  ${effect.why}\n  \`ifDown\` of the policy in force lets it`;
    case "waits":
      return `● hold  ${target}\n  ${effect.why}\n  ${effect.waits.says}\n  help: ${effect.waits.help}`;
  }
}

const narrowedTo = (tiers: readonly number[] | undefined) =>
  tiers === undefined ? null : { tiers, saidBy: "`--allow-if-down`" };

type Alone = {
  readonly reply: Extract<Reply, { readonly kind: "away" }>;
  readonly access: Access;
  readonly tier: number | undefined;
  readonly tiers: readonly number[] | undefined;
};

/** As the hook does; there is no repository here to keep a record in, so the pipeline's log has it. */
function withoutServer(question: Question, { reply, access, tier, tiers }: Alone): void {
  const why = `\`${access.server}\` is away: ${reply.says}`;
  const reason = heldAlone(question, { away: reply.what, tier, narrowed: narrowedTo(tiers) });
  if (reason !== null) {
    process.exitCode = EXIT.hold;
    saying(`● hold  ${question.place.target}\n  ${why}\n  ${reason.says}\n  help: ${reason.help}`);
    return;
  }
  saying(
    `! goes on without a decision  ${question.place.target}\n  ${why}\n  ${letsAlone(question)}`,
  );
  process.exitCode = EXIT.allow;
}

function tierOf(written: string): number {
  if (/^[1-4]$/.test(written)) return Number(written);
  throw usage(`\`${written}\` is no tier; tiers are 1 to 4`);
}

const usage = (why: string): GateError =>
  new GateError("USAGE", why, "see `interlock gate --help`");
