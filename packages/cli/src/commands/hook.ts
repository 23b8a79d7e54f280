// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { readText } from "../files/read.ts";
import { firstFetch } from "../hook/first-fetch.ts";
import { importPending } from "../hook/import.ts";
import {
  installing,
  ownProgram,
  type Place,
  placeOf,
  type Steps,
  status,
  uninstalling,
} from "../hook/install.ts";
import { type PreReceive, preReceive } from "../hook/pre-receive.ts";
import { isAlarm, type Moved, movedText, reconcile } from "../hook/reconcile.ts";
import {
  type Protected,
  problemOf,
  readSettings,
  type Settings,
  TIMEOUT_MS,
} from "../hook/settings.ts";
import { jsonText, printable } from "../output/printable.ts";
import { pin, shownTrust } from "../provable/pinned.ts";

type Repo = { readonly repo: string };
type InstallOptions = Repo & {
  readonly server: string;
  readonly tokenFile: string;
  readonly protect?: readonly string[];
  readonly allowIfDown?: readonly string[];
  readonly trust?: string;
  readonly timeout: string;
  readonly dryRun?: boolean;
};

export function hookCommand(program: Command): void {
  const hook = program
    .command("hook")
    .description("judge what is pushed to a bare repository")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock hook install --repo /srv/git/shop.git --server https://interlock.example.com --token-file token\n  interlock hook status --repo /srv/git/shop.git",
    );
  install(hook);
  hook
    .command("uninstall")
    .description("take the hook out again and put back the one from before")
    .option("--repo <bare>", "the bare repository", ".")
    .option("--dry-run", "only say what would be done")
    .action(async ({ repo, dryRun }: Repo & { readonly dryRun?: boolean }) => {
      carryOut(uninstalling(await placeOf(repo)), dryRun);
    });
  hook
    .command("status")
    .description("say how a repository is gated; exit code 1 when it is not")
    .option("--repo <bare>", "the bare repository", ".")
    .action(async ({ repo }: Repo) => {
      const { gated, says } = status(await placeOf(repo));
      process.exitCode = gated ? 0 : 1;
      process.stdout.write(says.map((line) => `${printable(line)}\n`).join(""));
    });
  hook
    .command("reconcile")
    .description("report what moved protected refs past the gate; exit code 1 when something did")
    .option("--repo <repository>", "the gated repository, or a mirror of it with its settings", ".")
    .option("--every <seconds>", "go on, and compare again so often")
    .option("--json", "one object a movement, a line each")
    .action(async (options: Repo & { readonly every?: string; readonly json?: boolean }) => {
      const place = await placeOf(options.repo);
      const print = (moved: Moved) =>
        process.stdout.write(
          `${options.json === true ? jsonText(moved) : printable(movedText(moved))}\n`,
        );
      const once = async (): Promise<void> => {
        const all = await reconcile(place.gitDir);
        if (all.some(isAlarm)) process.exitCode = 1;
        all.forEach(print);
      };
      if (options.every === undefined) return await once();
      await always(once, secondsOf(options.every));
    });
  hook
    .command("import")
    .description(
      "bring what landed while the server was away into its ledger; exit code 1 when some waits",
    )
    .option("--repo <bare>", "the bare repository", ".")
    .option("--json", "print JSON")
    .action(importing);
  hook
    .command("pre-receive")
    .description("what the hook runs: judge the push on standard input")
    .option("--pusher <account>", "who pushed (default: what the Git server says)")
    .option("--then <hook>", "run this hook with the same push once it is allowed")
    .option("--only-if-installed", "let a repository without settings be")
    .action(async (options: PreReceive) => {
      // Whatever ends this early must not look allowed. by (fail-closed)
      process.exitCode = 1;
      if (await preReceive(options)) process.exitCode = 0;
    });
}

/** For a service: what keeps one comparison from being made keeps no later one. */
async function always(once: () => Promise<void>, seconds: number): Promise<never> {
  for (;;) {
    try {
      await once();
    } catch (error) {
      if (!(error instanceof GateError)) throw error;
      process.stderr.write(printable(`${error.code}: ${error.message}`).concat("\n"));
    }
    await new Promise((done) => setTimeout(done, seconds * 1_000));
  }
}

function secondsOf(written: string): number {
  const seconds = Number(written);
  if (Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= 86_400) return seconds;
  throw usage(`\`${written}\` is no time from 1 to 86400 seconds`);
}

const IMPORTED_MAX = 100_000;

async function importing({ repo, json }: Repo & { readonly json?: boolean }): Promise<void> {
  process.exitCode = 1;
  const { gitDir } = await placeOf(repo);
  const report = await importPending(gitDir, readSettings(gitDir), { records: IMPORTED_MAX });
  process.exitCode = report.waits === null ? 0 : 1;
  const { imported, unread, waits } = report;
  const lines = [
    ...imported.map(
      ({ target, head, index, says }) =>
        `entry ${index}: ${head.slice(0, 12)} on ${target}${says === null ? "" : `, which does not verify: ${says}`}`,
    ),
    ...(unread === 0
      ? []
      : [`${unread} line(s) of an older version, or damaged, stay as they are`]),
    waits === null ? "nothing waits" : `${waits.count} wait: ${waits.because}`,
  ];
  process.stdout.write(
    json === true
      ? `${jsonText(report, 2)}\n`
      : lines.map((line) => `${printable(line)}\n`).join(""),
  );
}

function install(hook: Command): void {
  hook
    .command("install")
    .description("install a pre-receive hook that asks a server")
    .option("--repo <bare>", "the bare repository", ".")
    .requiredOption("--server <url>", "the server that judges")
    .requiredOption("--token-file <file>", "a token of the server with the verb `gate`")
    .option("--protect <ref...>", "refs to judge, REF or REF:TIER (default: the default branch)")
    .option(
      "--allow-if-down <tier...>",
      "of what the policy's `ifDown` lets go on, only these tiers do here",
    )
    .option(
      "--trust <file>",
      "the log and witnesses to believe (default: those pinned here, else the server's)",
    )
    .option("--timeout <ms>", "how long to wait for the server", String(TIMEOUT_MS))
    .option("--dry-run", "only say what would be done")
    .action(async (options: InstallOptions) => {
      const place = await placeOf(options.repo);
      const settings = settingsFrom(options, place);
      const why = problemOf(settings);
      if (why !== null) throw usage(why);
      const trust = options.trust === undefined ? null : readText(options.trust);
      carryOut(installing(place, settings, ownProgram()), options.dryRun);
      if (options.dryRun !== true) await fetched(place.gitDir, settings, trust);
      const refs = settings.protect.map(({ ref }) => ref).join(", ");
      if (options.dryRun !== true)
        process.stdout.write(
          `next: push to ${printable(refs)}; whoever pushes reads the decision\n`,
        );
    });
}

async function fetched(gitDir: string, settings: Settings, trust: string | null): Promise<void> {
  if (trust !== null) {
    const counts = shownTrust(await pin(gitDir, trust));
    process.stdout.write(`${printable(`from now on only ${counts} counts here`)}\n`);
  }
  const lines = await firstFetch(gitDir, settings);
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(""));
}

function carryOut({ says, run }: Steps, dryRun: boolean | undefined): void {
  if (dryRun !== true) run();
  const lead = dryRun === true ? "would: " : "";
  const lines = says.length === 0 ? ["nothing is to be done"] : says;
  process.stdout.write(lines.map((line) => `${lead}${printable(line)}\n`).join(""));
}

function settingsFrom(options: InstallOptions, place: Place): Settings {
  return {
    version: 1,
    server: options.server,
    token: tokenIn(options),
    protect: (options.protect ?? [place.main]).map(protectedOf),
    ...(options.allowIfDown === undefined
      ? {}
      : { allowIfDown: options.allowIfDown.map((tier) => tierOf(tier)) }),
    timeoutMs: timeoutOf(options.timeout),
  };
}

function tokenIn({ tokenFile }: InstallOptions): string {
  try {
    return readText(tokenFile).trim();
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    const help = "make a token on the server's page of keys, and write its secret into this file";
    throw new GateError(error.code, error.message, help);
  }
}

/** A colon cannot stand in the name of a ref. */
function protectedOf(written: string): Protected {
  const [name = "", tier] = written.split(":", 2);
  const ref = name.startsWith("refs/") ? name : `refs/heads/${name}`;
  return tier === undefined ? { ref } : { ref, tier: tierOf(tier) };
}

function tierOf(written: string): number {
  if (/^[1-4]$/.test(written)) return Number(written);
  throw usage(`\`${written}\` is no tier; tiers are 1 to 4`);
}

function timeoutOf(written: string): number {
  const ms = Number(written);
  if (Number.isSafeInteger(ms) && ms >= 1 && ms <= 600_000) return ms;
  throw usage(`\`${written}\` is no time from 1 to 600000 milliseconds`);
}

const usage = (why: string): GateError =>
  new GateError("USAGE", why, "see `interlock hook install --help`");
