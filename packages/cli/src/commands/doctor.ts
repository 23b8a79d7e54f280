// SPDX-License-Identifier: Apache-2.0

import { AWAY, GateError } from "@interlock/core";
import type { Command } from "commander";
import { examine } from "../doctor/doctor.ts";
import { type Door, type Examined, SEVERITIES } from "../doctor/door.ts";
import { declared, standingTargets } from "../doctor/if-down.ts";
import { type Rehearsed, rehearse } from "../doctor/rehearse.ts";
import { placeOf } from "../hook/install.ts";
import { readSettings, type Settings } from "../hook/settings.ts";
import { type Paint, paintFor } from "../output/paint.ts";
import { jsonText, printable, printableData, printableLines } from "../output/printable.ts";

type Options = {
  readonly repo: string;
  readonly gitlab?: string;
  readonly tokenFile?: string;
  readonly admission?: string;
  readonly webhook?: string;
  readonly guard?: string;
  readonly controlPlane?: string;
  readonly ifDown?: boolean;
  readonly rehearse?: boolean;
  readonly json?: boolean;
};

const OPEN = 1;

export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .description(
      "look for ways past the gate of a bare repository, on GitLab, at an admission webhook, at a guard or to the targets of a control plane, and say what closes each",
    )
    .option("--repo <bare>", "the bare repository", ".")
    .option("--gitlab <file>", "the projects of these settings on GitLab, in place of a repository")
    .option("--token-file <file>", "with --gitlab: look with this token of a maintainer")
    .option("--admission <file>", "an admission webhook with these settings")
    .option("--webhook <file>", "with --admission: the configuration by which it is asked (YAML)")
    .option("--guard <file>", "a guard with these settings, and the engine behind it")
    .option(
      "--control-plane <file>",
      "who else can write to the targets of this description; run it where the server runs, as its user",
    )
    .option("--if-down", "show what goes on while the server, its database or a witness is away")
    .option("--rehearse", "with --if-down: push to a scratch copy whose server is away")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock doctor --repo /srv/git/shop.git\n  interlock doctor --repo /srv/git/shop.git --if-down --rehearse\n  interlock doctor --gitlab gitlab.json\n  interlock doctor --admission admission.json --webhook webhook.yaml\n  interlock doctor --guard guard.json\n  interlock doctor --control-plane interlock/control-plane.yaml\n\nExit codes: 0 no door is open, 1 a door is open, 3 could not look, 64 wrong usage",
    )
    .action(async (options: Options) => {
      if (options.rehearse === true && options.ifDown !== true)
        throw new GateError("USAGE", "`--rehearse` belongs to `--if-down`", "give both");
      if (options.gitlab !== undefined || options.tokenFile !== undefined)
        return await shownGitlab(options);
      if (options.admission !== undefined || options.webhook !== undefined)
        return await shownAdmission(options);
      if (options.guard !== undefined) return await shownGuard(options.guard, options);
      if (options.controlPlane !== undefined)
        return await shownControlPlane(options.controlPlane, options);
      const place = await placeOf(options.repo);
      // What ends this early has found nothing closed. by (fail-closed)
      process.exitCode = OPEN;
      const open =
        options.ifDown === true
          ? await shownIfDown(place.gitDir, readSettings(place.gitDir), options)
          : shownDoors(await examine(place), options);
      process.exitCode = open ? OPEN : 0;
    });
}

async function shownGitlab(options: Options): Promise<void> {
  const { gitlab, tokenFile, ifDown } = options;
  if (gitlab === undefined || ifDown === true)
    throw new GateError(
      "USAGE",
      "`--gitlab` goes with `--token-file` alone",
      "leave the other out",
    );
  const { examineGitlab } = await import("../doctor/gitlab.ts");
  process.exitCode = OPEN;
  process.exitCode = shownDoors(await examineGitlab(gitlab, tokenFile), options) ? OPEN : 0;
}

async function shownAdmission(options: Options): Promise<void> {
  const { admission, webhook, ifDown } = options;
  if (admission === undefined || ifDown === true)
    throw new GateError("USAGE", "`--webhook` goes with `--admission` alone", "give that");
  const { examineAdmission } = await import("../doctor/admission-doors.ts");
  process.exitCode = OPEN;
  process.exitCode = shownDoors(examineAdmission(admission, webhook), options) ? OPEN : 0;
}

async function shownGuard(guard: string, options: Options): Promise<void> {
  if (options.ifDown === true)
    throw new GateError("USAGE", "`--guard` goes with `--json` alone", "leave the others out");
  const { examineGuard } = await import("../doctor/guard-doors.ts");
  process.exitCode = OPEN;
  process.exitCode = shownDoors(await examineGuard(guard), options) ? OPEN : 0;
}

async function shownControlPlane(file: string, options: Options): Promise<void> {
  if (options.ifDown === true)
    throw new GateError(
      "USAGE",
      "`--control-plane` goes with `--json` alone",
      "leave the others out",
    );
  const { examineControlPlane } = await import("../doctor/control-plane-doors.ts");
  process.exitCode = OPEN;
  process.exitCode = shownDoors(await examineControlPlane(file), options) ? OPEN : 0;
}

/** What was not looked at is no open door, and no closed one: it is said. */
function shownDoors(look: Examined, { json }: Options): boolean {
  const { doors, unseen } = look;
  if (json === true) print(`${jsonText(look, 2)}\n`);
  else {
    const shown = printableData(look);
    const paint = paintFor(process.stdout);
    const counts = SEVERITIES.flatMap((severity) => {
      const count = doors.filter((door) => door.severity === severity).length;
      return count === 0 ? [] : [`${count} ${severity}`];
    });
    print(
      [
        ...shown.doors.flatMap((door) => doorLines(door, paint)),
        ...shown.unseen.map((text) => paint.dim(`· not looked at: ${text}`)),
        ...(unseen.length > 0 && doors.length === 0 ? [""] : []),
        doors.length === 0 ? "no open door was found" : `open doors: ${counts.join(", ")}`,
        "",
      ].join("\n"),
    );
  }
  return doors.length > 0;
}

const COLOURS = { critical: "red", high: "red", medium: "yellow", low: "dim" } as const;

const doorLines = ({ id, severity, says, why, next }: Door, paint: Paint): readonly string[] => [
  `${paint[COLOURS[severity]](severity.padEnd(8))}  ${paint.bold(id)}  ${says}`,
  `          ${why}`,
  `          next: ${next}`,
  "",
];

/** Of a column of the table: the longest outcome and two spaces. */
const WIDTH = 17;

async function shownIfDown(
  gitDir: string,
  settings: Settings,
  { json, rehearse: asked }: Options,
): Promise<boolean> {
  const targets = declared(await standingTargets(gitDir, settings), settings);
  const rehearsed = asked === true ? await rehearse(gitDir, settings) : null;
  const wrong = (rehearsed ?? []).filter((one) => one.happened !== one.declared);
  if (json === true) print(`${jsonText({ targets, rehearsed }, 2)}\n`);
  else {
    const lines = targets.flatMap(({ ref, tier, tiers }) => [
      printable(`${ref}${tier === null ? " (no tier of its own)" : ` (Tier ${tier})`}`),
      `  while … is away  ${AWAY.map((away) => away.padEnd(WIDTH)).join("")}`.trimEnd(),
      ...tiers.map(({ tier: of, while: during }) =>
        `  a change of Tier ${of} ${AWAY.map((away) => during[away].padEnd(WIDTH)).join("")}`.trimEnd(),
      ),
    ]);
    print(`${[...lines, ...(rehearsed ?? []).flatMap(rehearsedLines)].join("\n")}\n`);
  }
  return wrong.length > 0;
}

function rehearsedLines({ ref, away, signed, happened, declared: said, said: shown }: Rehearsed) {
  const as = happened === said ? "as declared" : `NOT as declared (${said})`;
  return [
    "",
    printable(
      `rehearsed: a push to ${ref}${signed ? ", signed by two," : ""} while the ${away} is away ${happened}, ${as}`,
    ),
    ...printableLines(shown.trimEnd())
      .split("\n")
      .map((line) => `  | ${line}`),
  ];
}

const print = (text: string): void => {
  process.stdout.write(text);
};
