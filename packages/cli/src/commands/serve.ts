// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { GateError } from "@interlock/core";
import type {
  Alert,
  Answer,
  IdentitySettings,
  RunningServer,
  ServerTerms,
} from "@interlock/server";
import { parsePolicy } from "@interlock/tlog";
import type { Command } from "commander";
import { parseDocument } from "yaml";
import { printable } from "../output/printable.ts";

type Options = {
  readonly data?: string;
  readonly logKey?: string;
  readonly listen: string;
  readonly origin?: string;
  readonly database?: string;
  readonly databaseFile?: string;
  readonly witnesses?: string;
  readonly quorum?: string;
  readonly github?: string;
  readonly gitlab?: string;
  readonly identity?: string;
  readonly notices?: string;
  readonly keepContents: string;
  readonly contentsQuota: string;
  readonly contentsTotal: string;
  readonly log?: boolean;
};

const LISTEN = "127.0.0.1:8410";

export function serveCommand(program: Command): void {
  program
    .command("serve")
    .description(
      "run the server: ledger, people, passkey approvals, the gate for hooks and pipelines",
    )
    .option(
      "--data <folder>",
      "keys, and the embedded database (default: ~/.local/share/interlock)",
    )
    .option("--log-key <file>", "the log's key, which must be there (default: in the data folder)")
    .option("--listen <host:port>", "where to listen", LISTEN)
    .option("--origin <url>", "what people type into their browser; fixed for ever by the founding")
    .option(
      "--database <url>",
      "a Postgres server in place of the embedded database (or DATABASE_URL)",
    )
    .option("--database-file <file>", "a file that holds the URL, which no process list shows")
    .option("--witnesses <file>", "a tlog policy whose witnesses are asked to cosign checkpoints")
    .option("--quorum <n>", "how many of them the trust policy that is given out asks for")
    .option("--github <file>", "judge pull requests as a GitHub App; see docs/operate/github.md")
    .option("--gitlab <file>", "judge merge requests on GitLab; see docs/operate/gitlab.md")
    .option(
      "--identity <file>",
      "sign-in by OpenID Connect, SCIM, and which CI systems count: docs/operate/identity.md",
    )
    .option(
      "--notices <file>",
      "tell chats and other programs of break-glass, incidents, debts, keys: docs/operate/notices.md",
    )
    .option("--keep-contents <days>", "how long after its last decision a change can be read", "90")
    .option("--contents-quota <gib>", "what the changes of one repository may take", "5")
    .option("--contents-total <gib>", "what all changes may take", "50")
    .option("--log", "log requests to standard error, one JSON a line")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock serve\n  interlock serve --listen 0.0.0.0:8410 --origin https://interlock.example.com --database postgres://…\n\nBehind TLS everywhere but on localhost: passkeys work nowhere else.\nExit codes: 0 stopped, 3 could not start",
    )
    .action(async (options: Options) => {
      const server = await started(options);
      say(`listening on ${server.origin}`);
      say(`log key ${server.verifierKey}`);
      if (server.setUpLink !== null)
        say(`set up your organisation within 24 hours: ${server.setUpLink}`);
      await stopped();
      say("stopping: answering what came in, publishing what is durable");
      await server.close();
    });
}

const say = (line: string): void => {
  process.stderr.write(`interlock: ${line}\n`);
};

function orThrow<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  const { code, message, help } = answer.failure;
  throw new GateError(code, message, help);
}

async function started(options: Options): Promise<RunningServer> {
  // Loaded here: no other command needs a server, and it takes half a second.
  const { startServer, readIdentitySettings, NO_IDENTITY, CONTENTS_QUOTA } = await import(
    "@interlock/server"
  );
  const { identity: file } = options;
  const identity =
    file === undefined ? NO_IDENTITY : orThrow(readIdentitySettings(yamlIn(file), process.env));
  const { github, gitlab } = options;
  const judges = github !== undefined || gitlab !== undefined;
  const forges = judges ? { forges: await forgesOf({ github, gitlab }) } : {};
  const notices =
    options.notices === undefined ? {} : { notices: await noticesOf(options.notices) };
  const contents = {
    ...CONTENTS_QUOTA,
    keepMs: wholeIn(options.keepContents, "--keep-contents", 36_500) * DAY_MS,
    repositoryBytes: wholeIn(options.contentsQuota, "--contents-quota", 1 << 20) * GIB,
    totalBytes: wholeIn(options.contentsTotal, "--contents-total", 1 << 20) * GIB,
  };
  const given = { ...termsOf(options, identity), ...forges, ...notices, contents };
  return orThrow(await startServer(given));
}

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;

function wholeIn(text: string, option: string, most: number): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new GateError(
    "USAGE",
    `\`${option} ${text}\` is no whole number from 1 to ${most}`,
    `write one, such as \`${option} 10\``,
  );
}

type ForgeFiles = { readonly github: string | undefined; readonly gitlab: string | undefined };

async function forgesOf(files: ForgeFiles): Promise<NonNullable<ServerTerms["forges"]>> {
  const { githubFrom, gitlabFrom } = await import("../forge/settings.ts");
  const { gatherer } = await import("../forge/gatherer.ts");
  const { checkReport } = await import("../forge/report.ts");
  return {
    ...(files.github === undefined ? {} : { github: await githubFrom(files.github) }),
    ...(files.gitlab === undefined ? {} : { gitlab: await gitlabFrom(files.gitlab) }),
    ...{ gather: gatherer(), report: checkReport, onForgeTrouble: say },
  };
}

async function noticesOf(file: string): Promise<NonNullable<ServerTerms["notices"]>> {
  const { readNoticesSettings } = await import("@interlock/server");
  return { receivers: orThrow(readNoticesSettings(yamlIn(file), dirname(file))), onTrouble: say };
}

function termsOf(options: Options, identity: IdentitySettings): ServerTerms {
  const { host, port } = placeOf(options.listen);
  return {
    ...{ host, port, origin: options.origin ?? null, log: options.log === true, now: Date.now },
    data: options.data ?? join(homedir(), ".local/share/interlock"),
    ...(options.logKey === undefined ? {} : { logKey: options.logKey }),
    databaseUrl: databaseOf(options),
    console: builtConsole(),
    ...witnessesOf(options),
    identity,
    onTrouble: (trouble) =>
      say("kind" in trouble ? alertIn(trouble) : `${trouble.message}; ${trouble.help}`),
  };
}

function alertIn(alert: Alert): string {
  switch (alert.kind) {
    case "counter-went-back":
      return `alert: the counter of the key ${alert.credential} went back, it may have been copied; revoke it`;
    case "entry-unproven":
      return `alert: entry ${alert.index} of the ledger counts for nothing: ${alert.says}; somebody may have written to the database`;
    case "control-plane":
      return alert.says === null
        ? `${printable(alert.part)}: works again`
        : `${printable(alert.part)}: ${printable(alert.says)}`;
    case "issuer-away":
      return `the issuer at \`${printable(alert.asked)}\` cannot be asked: ${printable(alert.because)}`;
  }
}

/** Where the build left the web console; found by the name of its package, wherever this file lies. */
function builtConsole(): string | null {
  const { resolve } = createRequire(import.meta.url);
  const folder = join(dirname(resolve("@interlock/console/package.json")), "dist");
  if (existsSync(join(folder, "index.html"))) return folder;
  say("the web console is not built: `npm run build` makes it; the API works without");
  return null;
}

function placeOf(listen: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9a-f:]+\]|[^:]+):([0-9]{1,5})$/i.exec(listen);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535)
    throw new GateError("USAGE", `\`${listen}\` is no HOST:PORT`, `take one such as \`${LISTEN}\``);
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

/** The URL of the Postgres server, or `null` for the embedded database. Throws `GateError`. */
export function databaseOf({
  database,
  databaseFile,
}: Pick<Options, "database" | "databaseFile">): string | null {
  if (databaseFile === undefined) return database ?? process.env["DATABASE_URL"] ?? null;
  if (database !== undefined)
    throw new GateError("USAGE", "`--database` and `--database-file` name two", "leave one out");
  const url = bytesIn(databaseFile).toString("utf8").trim();
  // What it holds is a secret, and is not shown.
  if (/^postgres(?:ql)?:\/\/\S+$/.test(url)) return url;
  throw new GateError(
    "INPUT_INVALID",
    `\`${databaseFile}\` does not hold the URL of a Postgres server`,
    "put one line such as `postgres://USER:PASSWORD@HOST/DATABASE` into it",
  );
}

function bytesIn(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${file}\` cannot be read: ${because}`,
      "name a readable file",
    );
  }
}

/** YAML 1.2 without aliases and tags; a key that is there twice is an error. */
function yamlIn(file: string): unknown {
  const text = new TextDecoder().decode(bytesIn(file));
  const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem === undefined) return document.toJS({ maxAliasCount: 0 });
  throw new GateError(
    "INPUT_INVALID",
    `\`${file}\`: ${problem.message.split("\n")[0] ?? ""}`,
    "docs/operate/identity.md and docs/operate/notices.md show how such files are written",
  );
}

const QUORUMS = ["majority", "all", "any", "none"] as const;

function witnessesOf({ witnesses: file, quorum = "majority" }: Options) {
  const witnesses = file === undefined ? [] : witnessesIn(file);
  const count = /^[1-9][0-9]{0,2}$/.test(quorum) ? Number(quorum) : 0;
  const read = QUORUMS.find((word) => word === quorum) ?? count;
  if (read === 0 || (typeof read === "number" && read > witnesses.length))
    throw new GateError(
      "INPUT_INVALID",
      `\`${quorum}\` is no quorum of ${witnesses.length} witnesses`,
      "say `majority`, `all`, `any`, `none` or how many",
    );
  return { witnesses, quorum: read };
}

function witnessesIn(file: string) {
  const policy = parsePolicy(bytesIn(file));
  if (!policy.ok)
    throw new GateError(
      "INPUT_INVALID",
      `\`${file}\`: ${policy.failure.message}`,
      "see c2sp.org/tlog-policy",
    );
  return policy.value.witnesses.flatMap(({ key, url }) => (url === null ? [] : [{ key, url }]));
}

/** Resolves when somebody asks the process to end. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
