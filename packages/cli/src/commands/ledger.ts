// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { RECEIPT_MAX, type Step, verifyReceipt } from "@interlock/receipt";
import type { Command } from "commander";
import { type Audit, audit, type Finding } from "../ledger/audit.ts";
import { remember, rememberedAt, rememberedIf } from "../ledger/remembered.ts";
import { bytesOf, readSite, readTrust } from "../ledger/site.ts";
import { sourceOf } from "../ledger/source.ts";
import { type Paint, paintFor } from "../output/paint.ts";
import { jsonText, printable } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";
import { recoverCommand } from "./ledger-recover.ts";

type Options = {
  readonly policy: string;
  readonly site?: string;
  readonly log?: string;
  readonly from?: string;
  readonly remember?: string;
  readonly json?: boolean;
};

const DIFFERS = 1;

export function ledgerCommand(program: Command): void {
  const ledger = program.command("ledger").description("verify what the ledger recorded");
  recoverCommand(ledger);
  ledger
    .command("verify")
    .description("verify a receipt offline, or audit a whole log")
    .argument("[file]", "a receipt, or - for standard input")
    .requiredOption("--policy <file>", "logs and witnesses to believe (c2sp.org/tlog-policy)")
    .option("--site <file>", "for a receipt: the site that approvals are given on, as JSON")
    .option("--log <place>", "audit the log below this URL or directory")
    .option("--from <file>", "a checkpoint from before, which the log must continue")
    .option(
      "--remember <file>",
      "keep the newest checkpoint here, and alarm when the log goes back or forks",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock ledger verify receipt.json --policy trust.txt --site site.json\n  interlock ledger verify --log https://interlock.example.com/log --policy trust.txt --remember seen\n\nExit codes: 0 verified, 1 not verified, 3 could not look, 64 wrong usage",
    )
    .action(async (file: string | undefined, options: Options) => {
      if ((file === undefined) === (options.log === undefined))
        throw usage("name either a receipt or a log with `--log`");
      // What ends this early has verified nothing. by (fail-closed)
      process.exitCode = DIFFERS;
      const verified =
        file === undefined ? await audited(options) : await receiptVerified(file, options);
      process.exitCode = verified ? 0 : DIFFERS;
    });
}

async function receiptVerified(file: string, options: Options): Promise<boolean> {
  if (options.site === undefined) throw usage("a receipt is verified with `--site`");
  if (options.from !== undefined || options.remember !== undefined)
    throw usage("`--from` and `--remember` are for a log");
  const trust = {
    policy: readTrust(options.policy),
    site: readSite(options.site),
    weigh: { now: Math.floor(Date.now() / 1_000) },
  };
  const outcome = await verifyReceipt(bytesOf(file, RECEIPT_MAX), trust);
  const { verdict, steps } = outcome;
  const shown = outcome.verdict === "failed" ? null : outcome.shown;
  if (options.json === true) print(`${jsonText({ verdict, shown, steps }, 2)}\n`);
  else {
    const paint = paintFor(process.stdout);
    const last = shown === null ? [] : [conclusion(verdict, shown)];
    print(`${[...steps.map((s) => line(stepText(s), s.state, paint)), ...last].join("\n")}\n`);
  }
  return verdict === "verified";
}

const stepText = ({ step, about, says }: Step): string =>
  `${step}${about === "" ? "" : ` of ${about}`}: ${says}`;

function conclusion(
  verdict: string,
  shown: {
    readonly effective: string | null;
    readonly approvedBy: readonly string[];
    readonly at: number;
  },
): string {
  const who = shown.approvedBy.length === 0 ? "nobody" : shown.approvedBy.join(", ");
  const when = new Date(shown.at).toISOString();
  return printable(
    `${verdict}: ${shown.effective ?? "an erased decision"} at ${when}, approved by passkey by ${who}`,
  );
}

const MARKS = { ok: "✓", failed: "✗", "not-shown": "·" } as const;

function line(says: string, state: Finding["state"], paint: Paint): string {
  const colour = { ok: paint.green, failed: paint.red, "not-shown": paint.dim }[state];
  const not = state === "not-shown" ? "not shown: " : "";
  return `${colour(MARKS[state])} ${not}${printable(says)}`;
}

async function audited(options: Options): Promise<boolean> {
  const policy = readTrust(options.policy);
  const from = options.from === undefined ? [] : [await rememberedAt(options.from, policy)];
  const kept = await rememberedIf(options.remember, policy);
  const result = await audit({
    fetch: sourceOf(options.log ?? ""),
    policy,
    seen: kept === null ? from : [...from, kept],
    now: Date.now(),
    progress: progressOn(process.stderr, "reading"),
  });
  // Only what was shown to continue the one before takes its place: an alarm stays one.
  const { checkpoint, verified, findings } = result;
  const alarm = findings.some(({ step }) => step === "rollback" || step === "fork");
  if (checkpoint !== null && options.remember !== undefined && (verified || alarm))
    remember(alarm ? `${options.remember}.alarm` : options.remember, checkpoint);
  printAudit(result, options.json === true);
  return verified;
}

function printAudit({ verified, findings, origin, size }: Audit, json: boolean): void {
  const verdict = verified ? "verified" : "failed";
  if (json) print(`${jsonText({ verdict, origin, size, steps: findings }, 2)}\n`);
  else {
    const paint = paintFor(process.stdout);
    const lines = findings.map((f) => line(`${f.step}: ${f.says}`, f.state, paint));
    print(`${[...lines, verdict].join("\n")}\n`);
  }
}

const print = (text: string): void => {
  process.stdout.write(text);
};

const usage = (why: string): GateError =>
  new GateError("USAGE", why, "see `interlock ledger verify --help`");
