// SPDX-License-Identifier: Apache-2.0
/** Effects on Tier 1 wait until anybody can be shown the decision that allowed them. */
import { setTimeout as sleep } from "node:timers/promises";
import { enforcesNothing, GateError, isUnknown, NEVER_WITHOUT, tierTouched } from "@interlock/core";
import { heldUnwitnessed, type Waits, type Without } from "../gate/said.ts";
import type { Answer } from "../hook/answer.ts";
import type { Question } from "../hook/ask.ts";
import { sourceOf } from "../ledger/source.ts";
import type { Remote } from "../remote/client.ts";
import { type Look, lookFor, type Wanted } from "./look.ts";
import { type Pinned, pinnedOrFirst, TRUST_FILE } from "./pinned.ts";

export type Terms = Pick<Without, "tier" | "narrowed"> & {
  readonly remote: Remote;
  /** Where the pinned trust policy and the checkpoint seen last are kept. */
  readonly gitDir: string;
  /** Milliseconds since 1970 UTC; one look is taken in any case. */
  readonly until: number;
  /** Told at once, a line at a time. */
  readonly tell: (line: string) => void;
};

/**
 * What an allowed change may do. `durable`: its tier does not ask for more. `goes-on`: the policy's
 * `ifDown` lets it, though a witness is away.
 */
export type Effect =
  | { readonly kind: "durable" }
  | { readonly kind: "provable"; readonly says: string }
  | { readonly kind: "goes-on"; readonly why: string }
  | { readonly kind: "waits"; readonly why: string; readonly waits: Waits };

/** Between two looks: a checkpoint comes ten times a second while entries come in. */
const POLL_MS = 100;
const POLL_LATER_MS = 500;
/** What is there in a moment needs no words. */
const SILENT_MS = 1_000;

/**
 * A change whose systems nobody knows may touch a Tier 1 system. by (fail-closed) What nothing
 * enforces waits for nothing.
 */
const waitsForProof = ({ facts, policies }: Question, tier: number | undefined): boolean =>
  !enforcesNothing(policies, facts.now) &&
  (isUnknown(facts.change.systems) || tierTouched(facts.change, tier ?? null) === NEVER_WITHOUT);

/** Waits for what an allowed change may do. Never throws for what the server or its log does. */
export async function effectOf(
  question: Question,
  { index, entry }: Pick<Answer, "index" | "entry">,
  terms: Terms,
): Promise<Effect> {
  if (!waitsForProof(question, terms.tier)) return { kind: "durable" };
  const { digest } = question.facts.change;
  const wanted = { index, entry, digest: isUnknown(digest) ? null : digest };
  try {
    const pinned = await pinnedOrFirst(terms.gitDir, terms.remote);
    if (pinned.says !== null) terms.tell(pinned.says);
    return concluded(await patiently(wanted, pinned, terms), question, terms);
  } catch (error) {
    const help = error instanceof GateError ? error.help : helpFor(error);
    if (help === null || !(error instanceof Error)) throw error;
    return waiting(error.message, { says: HELD, help, curable: true });
  }
}

/** A disk that is full or not ours keeps nothing that was seen; `null`: a bug. */
const helpFor = (error: unknown): string | null =>
  error instanceof Error && "syscall" in error
    ? "make the folder writable: what was seen of the log is kept in it"
    : null;

const HELD = "a change of Tier 1 waits until its decision is provable";

const waiting = (why: string, waits: Waits): Effect => ({ kind: "waits", why, waits });

async function patiently(wanted: Wanted, { policy }: Pinned, terms: Terms): Promise<Look> {
  const { gitDir, remote, until } = terms;
  const loud = Date.now() + SILENT_MS;
  let told = false;
  for (;;) {
    const patience = Math.max(SILENT_MS, until - Date.now());
    const fetch = sourceOf(`${remote.server}/log`, patience);
    const look = await lookFor(wanted, { gitDir, policy, fetch }).catch(lateFor);
    if (look.kind === "provable" || look.kind === "alarm" || Date.now() >= until) return look;
    if (!told && Date.now() >= loud) {
      const seconds = Math.ceil((until - Date.now()) / 1_000);
      terms.tell(`allowed, waiting for ${missing(look)}; for at most ${seconds} s more`);
      told = true;
    }
    await sleep(Math.max(1, Math.min(told ? POLL_LATER_MS : POLL_MS, until - Date.now())));
  }
}

/** What cannot be read now may be readable in a moment; what is wrong with files here is not. */
function lateFor(error: unknown): Look {
  if (error instanceof GateError && error.code === "INPUT_UNREADABLE")
    return { kind: "late", says: error.message };
  throw error;
}

type Missing = Extract<Look, { readonly kind: "late" | "unwitnessed" }>;

function missing(look: Missing): string {
  if (look.kind === "late") return `a checkpoint over its decision: ${look.says}`;
  const { count, witnesses } = look.lacks;
  const of = witnesses.map((name) => `\`${name}\``).join(", ");
  const who = count === 1 ? "1 witness" : `${count} witnesses`;
  return count === witnesses.length ? `${who}: ${of}` : `${who} of ${of}`;
}

function concluded(look: Look, question: Question, { tier, narrowed }: Terms): Effect {
  switch (look.kind) {
    case "provable": {
      const by = look.witnesses.length === 0 ? "" : `, cosigned by ${look.witnesses.join(", ")}`;
      return {
        kind: "provable",
        says: `provable: in the log's checkpoint over ${look.size} entries${by}`,
      };
    }
    case "alarm":
      return waiting(`ALARM: ${look.says}`, {
        says: HELD,
        help: `tell whoever runs the server, and keep \`interlock-checkpoint*\` and \`${TRUST_FILE}\`, which are the evidence; for a log that was changed on purpose pin its trust policy again with \`--trust FILE\``,
        curable: true,
      });
    case "late":
      return waiting(`allowed, and not provable in time: ${look.says}`, {
        says: HELD,
        help: "the server may not be publishing: ask whoever runs it to look at `/healthz/ledger`, and try again",
        curable: true,
      });
    case "unwitnessed": {
      const why = `allowed, and not provable in time: it waits for ${missing(look)}`;
      const held = heldUnwitnessed(question, { tier, narrowed });
      return held === null ? { kind: "goes-on", why } : waiting(why, held);
    }
  }
}
