// SPDX-License-Identifier: Apache-2.0
/** Asks the gate about a change of keys, as the hook asks about a push. */
import { type Decision, GateError, isUnknown } from "@interlock/core";
import { questionAbout } from "../gate/question.ts";
import { heldAlone, letsAlone, missing, neverAlone } from "../gate/said.ts";
import { patiently } from "../gate/waiting.ts";
import type { Answer } from "../hook/answer.ts";
import { ask, type Question, type Reply } from "../hook/ask.ts";
import { keepRecord, wentOn } from "../hook/away.ts";
import { sendContents } from "../hook/contents.ts";
import type { Subject } from "../judge/subject.ts";
import { effectOf } from "../provable/effect.ts";
import type { GateFiles } from "./gate-files.ts";
import type { Plan } from "./plan.ts";
import type { Refusal } from "./refusal.ts";
import { type Scratch, scratchOf } from "./scratch.ts";

export type JudgeTerms = {
  /** Of the guard. */
  readonly name: string;
  readonly state: string;
  readonly policy: Pick<GateFiles, "read">;
  readonly server: string;
  readonly token: string;
  readonly timeoutMs: number;
  readonly tier: number | undefined;
  readonly narrowed: { readonly tiers: readonly number[]; readonly saidBy: string } | null;
  readonly say: (line: string) => void;
};

/** `waits`: to be held that long before the answer, in milliseconds. */
export type Asker = { readonly by: string | null; readonly waitMs: number };

export type Verdict =
  | {
      readonly kind: "goes-on";
      readonly change: string | null;
      readonly digest: string | null;
      readonly because: string;
    }
  | { readonly kind: "held"; readonly refusal: Refusal };

/** A guard has one place that changes go to. */
const TARGET = "refs/guard/live";
export const repositoryOf = (name: string): string => `guard:${name}`;
const RETRY_S = 5;

/** Judges one change. What cannot be judged is held. by (fail-closed) */
export async function judge(plan: Plan, asker: Asker, terms: JudgeTerms): Promise<Verdict> {
  try {
    const scratch = scratchOf(plan.effects, await terms.policy.read());
    return await judgeIn(scratch, plan, { asker, terms });
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    return held({ detail: `${error.code}: ${error.message}`, help: error.help });
  }
}

type Around = { readonly asker: Asker; readonly terms: JudgeTerms };

async function judgeIn(scratch: Scratch, plan: Plan, { asker, terms }: Around): Promise<Verdict> {
  const { question, subject } = await questionOf(scratch, plan, { asker, terms });
  const { server, token, timeoutMs } = terms;
  const asking = async (): Promise<Reply> => {
    const reply = await ask(question, { server, token, timeoutMs });
    if (reply.kind !== "judged") return reply;
    const { repository } = scratch;
    const sent = { subject, question, repository, asking: { server, token, timeoutMs } };
    const warning = await sendContents(reply.answer, sent);
    if (warning !== null) terms.say(warning);
    return reply;
  };
  const remote = { server: server.replace(/\/+$/, ""), secret: token, timeoutMs };
  const reply =
    asker.waitMs > 0
      ? await patiently(asking, { remote, timeoutMs: asker.waitMs, say: () => undefined })
      : await asking();
  if (reply.kind === "judged") return await judged(reply.answer, question, { asker, terms });
  if (reply.kind === "refused")
    return held({ detail: `the server does not judge this: ${reply.says}`, help: reply.help });
  return without(question, reply, { asker, terms });
}

async function questionOf(
  scratch: Scratch,
  plan: Plan,
  { asker, terms }: Around,
): Promise<{ readonly question: Question; readonly subject: Subject }> {
  const { repository, before, after } = scratch;
  const tip = await repository.commit(after);
  if (tip === null)
    throw new GateError("GIT_UNUSABLE", "what was written cannot be read", "check the disk");
  const subject: Subject = {
    kind: "configuration",
    // No commit of anybody's: whoever asked is the one contributor.
    ...{ commits: [], unseen: null, before, after },
    change: await repository.compare(before, after, false),
    now: Date.now(),
    id: plan.title,
  };
  const arriving = { subject, ref: TARGET, base: before, isNew: false, head: after };
  const { question } = await questionAbout(
    repository,
    { ...arriving, tree: tip.tree },
    {
      pushedBy: asker.by === null ? null : [asker.by],
      ...{ firstCommit: null, identity: repositoryOf(terms.name) },
    },
  );
  const { facts } = question;
  const titled = {
    ...facts.change,
    subject: plan.title.slice(0, 1_000).toWellFormed(),
    contributors: asker.by === null ? [] : [{ account: asker.by, did: "author" as const }],
  };
  return { question: { ...question, facts: { ...facts, change: titled } }, subject };
}

async function judged(answer: Answer, question: Question, around: Around): Promise<Verdict> {
  const { id, url, words, effective, decision } = answer;
  const { digest } = question.facts.change;
  const change = { change: id, digest: isUnknown(digest) ? null : digest, words, page: url };
  if (effective !== "allow") {
    const denied = effective === "deny";
    return held({
      ...(denied ? { code: "GUARD_DENIED" as const } : { retryAfterS: retryAfter(decision) }),
      detail: denied ? "the policy denies this change" : `it waits for ${missing(decision)}`,
      help: denied
        ? `read why on ${url}`
        : `whoever is named there approves on ${url}; then ask again`,
      change: { ...change, missing: missingOf(decision) },
    });
  }
  const { terms } = around;
  const { tier, narrowed, server, token, timeoutMs } = terms;
  const effect = await effectOf(question, answer, {
    ...{ gitDir: terms.state, tier, narrowed, tell: terms.say },
    remote: { server: server.replace(/\/+$/, ""), secret: token, timeoutMs },
    until: Date.now() + timeoutMs,
  });
  if (effect.kind === "waits")
    return held({
      detail: `${effect.why}; ${effect.waits.says}`,
      ...{ help: effect.waits.help, change, retryAfterS: RETRY_S },
    });
  if (effect.kind === "goes-on") record(question, effect.why, around);
  return goesOn(question, id, effect.kind === "goes-on" ? effect.why : "allowed");
}

/** The server is away: only what the policy in force lets go on does, and is on record here first. */
function without(
  question: Question,
  reply: Extract<Reply, { readonly kind: "away" }>,
  around: Around,
): Verdict {
  const { tier, narrowed } = around.terms;
  const why = `the server is away: ${reply.says}`;
  const waits = heldAlone(question, { away: reply.what, tier, narrowed }) ?? neverAlone(question);
  if (waits !== null)
    return held({ detail: `${why}; ${waits.says}`, help: HELP_AWAY, retryAfterS: RETRY_S });
  record(question, why, around);
  return goesOn(question, null, `${why}; ${letsAlone(question)}`);
}

const HELP_AWAY = "ask again when the server is back";

function record(question: Question, because: string, { asker, terms }: Around): void {
  const pushedBy = asker.by === null ? null : [asker.by];
  keepRecord(terms.state, wentOn(question, { pushedBy, because, signed: [] }));
}

const goesOn = ({ facts }: Question, change: string | null, because: string): Verdict => ({
  ...{ kind: "goes-on", change, because },
  digest: isUnknown(facts.change.digest) ? null : facts.change.digest,
});

const held = (how: Omit<Refusal, "code"> & { readonly code?: Refusal["code"] }): Verdict => ({
  kind: "held",
  refusal: { code: "GUARD_HELD", retryAfterS: RETRY_S, ...how },
});

const RETRY_MAX_S = 3_600;

/** When time itself would change the decision, else soon. */
function retryAfter({ until }: Decision): number {
  if (until === undefined) return RETRY_S;
  return Math.min(RETRY_MAX_S, Math.max(RETRY_S, Math.ceil((until - Date.now()) / 1_000)));
}

/** What is missing, and who can supply it; nothing where a newer server says it in its own way. */
function missingOf(decision: Decision): readonly object[] {
  const rules: Decision["rules"] = Array.isArray(decision.rules) ? decision.rules : [];
  return rules
    .filter((rule) => rule.mode === "enforce" && rule.outcome !== "allow")
    .flatMap((rule) =>
      (rule.requirements ?? [])
        .filter(({ state }) => state !== "met")
        .map(({ requirement, who }) => ({
          rule: rule.rule,
          what: requirement.kind,
          who: who ?? [],
        })),
    );
}
