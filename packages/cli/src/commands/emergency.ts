// SPDX-License-Identifier: Apache-2.0
import { EMERGENCY_MS_MAX, GateError } from "@interlock/core";
import { emergencyApi } from "@interlock/protocol";
import type { Command } from "commander";
import { importJournal, keepSigned } from "../emergency/journal.ts";
import { journalPath, keyPath, makeKey, readKey, signedLine, unlocked } from "../emergency/key.ts";
import { passphraseOf } from "../emergency/passphrase.ts";
import { ROSTER_AGE_MS_MAX, readRoster } from "../emergency/roster.ts";
import { leaveAt, signingText, toSign } from "../emergency/signing.ts";
import { readText } from "../files/read.ts";
import { fullRef } from "../gate/question.ts";
import { refreshRoster } from "../hook/after.ts";
import { placeOf } from "../hook/install.ts";
import { readSettings } from "../hook/settings.ts";
import { jsonText, printable } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked } from "../remote/client.ts";

type Typed = { readonly passphraseFile?: string };

export function emergencyCommand(program: Command): void {
  const emergency = program
    .command("emergency")
    .description("sign as one of two while no server can be asked")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock emergency enrol\n  interlock emergency sign OLD..NEW --ref main --reason 'orders fall' --incident inc-42 --push origin\n  interlock emergency import",
    );
  enrol(emergency);
  roster(emergency);
  sign(emergency);
  bring(emergency);
}

const withPassphrase = (command: Command): Command =>
  command.option("--passphrase-file <file>", "where the passphrase stands (default: it is typed)");

function enrol(emergency: Command): void {
  withPassphrase(withServer(emergency.command("enrol")))
    .description("make an emergency key on this machine, and propose it")
    .option("--reason <text>", "for those who endorse it", "an emergency key of mine")
    .action(
      async (options: Pick<AccessOptions, "server"> & Typed & { readonly reason: string }) => {
        const { server, secret, person } = loginOf(options);
        const path = keyPath(process.env);
        const passphrase = await passphraseOf(
          options.passphraseFile,
          "a passphrase for the key, which nobody can recover",
        );
        if (options.passphraseFile === undefined) {
          const again = await passphraseOf(undefined, "once more");
          if (again !== passphrase) throw usage("the two passphrases differ", "type them again");
        }
        const { key } = makeKey(path, { server, person }, passphrase);
        const { reason } = options;
        const proposed = await asked(remoteOf(server, secret), emergencyApi.proposeEmergencyKey, {
          body: { key, reason },
        });
        process.stdout.write(
          [
            `key      ${path}`,
            `open     ${proposed.url}`,
            "         endorse it with your passkey, and let another person do so; it counts after its cool-down",
            "",
          ]
            .map(printable)
            .join("\n"),
        );
      },
    );
}

function roster(emergency: Command): void {
  emergency
    .command("roster")
    .description("fetch and verify who may sign, and keep it beside the hook")
    .option("--repo <bare>", "the bare repository", ".")
    .option(
      "--policy <file>",
      "a trust policy for the log (default: the one kept, else the server's)",
    )
    .option("--json", "print JSON")
    .action(
      async (options: {
        readonly repo: string;
        readonly policy?: string;
        readonly json?: boolean;
      }) => {
        const { gitDir } = await placeOf(options.repo);
        const policy = options.policy === undefined ? null : readText(options.policy);
        await refreshRoster(gitDir, readSettings(gitDir), policy);
        const kept = readRoster(gitDir);
        if (kept === null) throw new Error("invariant broken: the roster was just written");
        const keys = kept.keys.filter(({ revokedAt }) => revokedAt === undefined);
        const { server, checkedAt, last } = kept;
        if (options.json === true) {
          process.stdout.write(`${jsonText({ server, checkedAt, last, keys }, 2)}\n`);
          return;
        }
        const lines = [
          ...keys.map(
            ({ person, credential, usableFrom }) =>
              `${person}  ${credential}  usable from ${new Date(usableFrom).toISOString()}`,
          ),
          `${keys.length} key(s) of ${new Set(keys.map(({ person }) => person)).size} person(s); good for ${ROSTER_AGE_MS_MAX / 86_400_000} days, and newer with each push that the server answers`,
        ];
        process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(""));
      },
    );
}

type SignOptions = Typed & {
  readonly repo: string;
  readonly ref: string;
  readonly reason: string;
  readonly incident: string;
  readonly minutes: string;
  readonly push?: string;
};

function sign(emergency: Command): void {
  withPassphrase(emergency.command("sign"))
    .description("read a change from Git and sign it with the emergency key of this machine")
    .argument("<old..new>", "what the ref is now, and what is to land")
    .requiredOption("--ref <ref>", "the ref that it is to land on")
    .requiredOption("--reason <text>", "why it cannot wait")
    .requiredOption("--incident <incident>", "what is wrong")
    .option("--repo <path>", "a clone of the repository", ".")
    .option("--minutes <minutes>", "how long it is good for, 60 at most", "30")
    .option("--push <remote>", "leave it in that repository, where the hook looks for it")
    .addHelpText(
      "after",
      "\nThe line that it prints is handed to whoever pushes: `git push -o interlock-emergency=LINE`, once for each of the\ntwo. With `--push` it is left in the repository and needs no handing.",
    )
    .action(async (range: string, options: SignOptions) => {
      const key = readKey(keyPath(process.env));
      const { reason, incident, repo } = options;
      const minutes = minutesOf(options.minutes);
      const prepared = await toSign(repo, key, {
        ...{ range, ref: fullRef(options.ref), reason, incident, minutes },
      });
      process.stderr.write(signingText(prepared));
      const passphrase = await passphraseOf(
        options.passphraseFile,
        `passphrase, to sign this as ${printable(key.person)}`,
      );
      const line = signedLine(prepared.statement, unlocked(key, passphrase));
      // INVARIANT (entry-first): the signer's own record is durable before the signature is anybody's.
      keepSigned(journalPath(process.env), line);
      if (options.push !== undefined) {
        const ref = await leaveAt(repo, options.push, prepared.statement, line);
        process.stderr.write(`  left at  ${printable(ref)}\n`);
      }
      process.stdout.write(`${line}\n`);
    });
}

function minutesOf(written: string): number {
  const minutes = Number(written);
  if (Number.isSafeInteger(minutes) && minutes >= 1 && minutes * 60_000 <= EMERGENCY_MS_MAX)
    return minutes;
  throw usage(`\`${written}\` is no number of minutes from 1 to 60`, "give whole minutes");
}

function bring(emergency: Command): void {
  withServer(emergency.command("import"))
    .description("bring what this machine signed into the ledger; exit code 1 when some waits")
    .action(async (options: Pick<AccessOptions, "server">) => {
      process.exitCode = 1;
      const { server, secret } = loginOf(options);
      const { lines, waits } = await importJournal(
        journalPath(process.env),
        remoteOf(server, secret),
      );
      process.exitCode = waits ? 1 : 0;
      process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(""));
    });
}

const usage = (why: string, help: string): GateError => new GateError("USAGE", why, help);
