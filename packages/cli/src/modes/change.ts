// SPDX-License-Identifier: Apache-2.0
/** Changes modes in the files of a policy: what it would mean, asked, written, and what is next. */
import { relative } from "node:path";
import { GateError, type Mode } from "@interlock/core";
import { openRepository } from "@interlock/facts";
import { lastOf } from "../backtest/last.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText, printable } from "../output/printable.ts";
import { type AccessOptions, accessOf } from "../remote/access.ts";
import { terminalDesk } from "../runs/ask.ts";
import { type Step, signersOf, signersText, stepsFor } from "./next.ts";
import {
  changedIn,
  observed,
  overriding,
  type PolicyFiles,
  policyFiles,
  writePolicy,
} from "./policy-files.ts";
import { exceptText, trialText, waitsText, wishText } from "./said.ts";
import { liveOverrides } from "./table.ts";
import { type Trial, trials } from "./trial.ts";
import { type Waits, waitsFor } from "./waits.ts";
import { type EndOptions, endOf, knownRules, knownSystems, type Wish } from "./wish.ts";

export type ChangeOptions = AccessOptions &
  EndOptions & {
    readonly repo: string;
    readonly system: readonly string[];
    readonly last: string;
    readonly reason?: string;
    readonly dryRun?: boolean;
    readonly yes?: boolean;
    readonly json?: boolean;
  };

type Plan = {
  readonly wish: Wish;
  readonly before: PolicyFiles;
  readonly after: PolicyFiles;
  readonly trials: readonly Trial[];
  /** `null`: nothing gets stricter, so nobody was asked. */
  readonly waits: Waits | null;
};

/** The commands `mode` and `enforce`. Throws `GateError`; leaves every file as it is when it does. */
export async function changeModes(
  mode: Mode,
  rules: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const plan = await planned(mode, rules, options);
  const files = changedIn(plan.before, plan.after).map((path) => relative(process.cwd(), path));
  const asks = files.length > 0 && options.dryRun !== true && options.yes !== true;
  if (options.json !== true) process.stdout.write(lookText(plan, options));
  if (asks && (options.json === true || process.stdin.isTTY !== true))
    throw new GateError("USAGE", "nobody can be asked here", "add `--yes`, or `--dry-run` to look");
  const writes = files.length > 0 && options.dryRun !== true && (!asks || (await agreed()));
  if (writes) writePolicy(plan.before, plan.after);
  const next = files.length === 0 ? [] : stepsFor(files, wishText(plan.wish), mode === "observe");
  if (options.json === true) {
    const { wish, trials: tried, waits } = plan;
    const signers = await signersOf(options.repo);
    const told = {
      ...wish,
      until: wish.until ?? null,
      trials: tried,
      waits,
      files,
      written: writes,
    };
    process.stdout.write(`${jsonText({ ...told, signers, next }, 2)}\n`);
    return;
  }
  process.stdout.write(await doneText({ files, writes, next }, options));
}

async function planned(
  mode: Mode,
  named: readonly string[],
  options: ChangeOptions,
): Promise<Plan> {
  const before = await policyFiles(options.repo);
  const rules = knownRules(before.policy, named);
  const systems = knownSystems(options.repo, options.system);
  const wish: Wish = { mode, rules, systems, until: endOf(options, Date.now()) };
  if (rules.length === 0) return { ...whole(wish, before), trials: [], waits: null };
  const loosens = mode === "observe";
  const { repo, last } = options;
  const tried = loosens
    ? []
    : await trials({ ...{ repo, rules, systems }, policy: before.path, lastMs: lastOf(last) });
  const after = isSo(before, wish)
    ? before
    : overriding(before, wanted(before, wish, tried, options));
  return {
    ...{ wish, before, after, trials: tried },
    waits: loosens ? null : await waits(options),
  };
}

/** Leaving: neither a server nor a history is asked, so that it works while either is away. */
function whole(wish: Wish, before: PolicyFiles): Pick<Plan, "wish" | "before" | "after"> {
  if (wish.mode !== "observe")
    throw new GateError(
      "USAGE",
      `no rule is named that should ${wish.mode === "warn" ? "warn" : "hold"}`,
      "name rules; `interlock mode --all` lists them",
    );
  if (wish.systems.length > 0 || wish.until !== undefined)
    throw new GateError(
      "USAGE",
      "the whole policy goes back to `observe` for every system and without an end",
      "name rules, or leave `--system`, `--until` and `--for` out",
    );
  return { wish, before, after: observed(before) };
}

function wanted(
  { policy }: PolicyFiles,
  { mode, rules, systems, until }: Wish,
  tried: readonly Trial[],
  { reason, last }: ChangeOptions,
) {
  return rules.flatMap((rule) => {
    const trial = tried.find((one) => one.rule === rule);
    const found =
      trial && `would have held ${trial.held} of ${trial.changes} changes of the last ${last}`;
    const why = reason ?? (isOfPack(policy, rule) ? found : undefined);
    return (systems.length === 0 ? [""] : systems).map((system) => {
      // The one that stands there may have a reason already, and keeps it.
      const stands = policy.overrides.some((o) => o.rule === rule && o.system === system);
      if (why === undefined && isOfPack(policy, rule) && !stands)
        throw new GateError(
          "USAGE",
          `\`${rule}\` is a rule of a pack, and differs from it without a reason`,
          "add `--reason TEXT`, so that the next reader knows why",
        );
      return { ...{ rule, system, mode, reason: why }, ...(until === undefined ? {} : { until }) };
    });
  });
}

/** As the loader tells it: only the policy's own rules and those of its addenda need no reason. */
function isOfPack({ rules }: PolicyFiles["policy"], id: string): boolean {
  const origin = rules.find((rule) => rule.id === id)?.origin ?? "";
  return origin !== "policy" && !origin.startsWith("addendum ");
}

/** Whether everything is as it is wished already. */
function isSo({ policy }: PolicyFiles, { mode, rules, systems, until }: Wish): boolean {
  const now = Date.now();
  return rules.every((id) => {
    const own = liveOverrides(policy, id, now);
    const everywhere = own.find(({ system }) => system === "") ?? {
      mode: policy.rules.find((rule) => rule.id === id)?.mode ?? policy.mode,
      until: undefined,
    };
    return (systems.length === 0 ? [""] : systems).every((system) => {
      const found = own.find((o) => o.system === system) ?? everywhere;
      return found.mode === mode && found.until === until;
    });
  });
}

/** Only who is signed in is told; whatever is missing for that is said, and stops nothing. */
async function waits(options: ChangeOptions): Promise<Waits> {
  try {
    const access = accessOf(options);
    const repository = await openRepository(options.repo);
    try {
      const since = Date.now() - lastOf(options.last);
      const brief = { ...access, timeoutMs: WAITS_TIMEOUT_MS };
      return await waitsFor(brief, await repository.identity(), since);
    } finally {
      repository.close();
    }
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    return { kind: "unknown", because: error.message };
  }
}

const WAITS_TIMEOUT_MS = 5_000;

function lookText({ wish, before, trials: tried, waits: found }: Plan, options: ChangeOptions) {
  const paint = paintFor(process.stdout);
  const lines = [
    ...tried.flatMap((trial) => trialText(trial, options.last, wish.systems, paint)),
    ...(found === null ? [] : [waitsText(found)]),
    ...exceptText(before.policy, wish, Date.now()),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

async function agreed(): Promise<boolean> {
  const desk = terminalDesk();
  try {
    return (await desk.choose("edit the policy?", ["yes", "no"])) === "yes";
  } finally {
    desk.close();
  }
}

type Done = {
  readonly files: readonly string[];
  readonly writes: boolean;
  readonly next: readonly Step[];
};

async function doneText({ files, writes, next }: Done, options: ChangeOptions): Promise<string> {
  if (files.length === 0) return "it is so already: nothing was edited\n";
  const names = files.join(", ");
  if (!writes) return printable(`nothing was edited; it would be ${names}`).concat("\n");
  const signers = signersText(await signersOf(options.repo));
  const wide = Math.max(...next.map(({ run }) => run.length));
  return [
    printable(`edited ${names}`),
    printable(`next: ${signers}`),
    ...next.map(({ run, why }) => printable(`  ${run.padEnd(wide)}  ${why}`)),
    "",
  ].join("\n");
}
