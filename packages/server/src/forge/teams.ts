// SPDX-License-Identifier: Apache-2.0
/** Who is in a team of a forge, as an entry of the ledger. */
import { personGraph } from "@interlock/core";
import { everySubject, read, type Transaction, transaction, wantJobs } from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { NO_IDENTITY } from "../identity/settings.ts";
import { prepare } from "../ledger/record.ts";
import { peopleFacts } from "../people/facts.ts";
import type { Roster } from "../people/roster.ts";
import { done } from "../people/terms.ts";
import { accountIn, type Reviewer } from "./accounts.ts";
import type { ForgeTerms } from "./terms.ts";

export type ReadTeam = {
  /** What it is called here. */
  readonly team: string;
  /** The forge's id of it, such as `github:55`. */
  readonly group: string;
  /** What the forge calls it. */
  readonly name: string;
  readonly members: readonly Reviewer[];
};

/** `leftOut`: accounts that are nobody's here. `persons`: how many are in the team. */
export type KeptTeam = { readonly leftOut: readonly string[]; readonly persons: number };

/** Whose decisions may depend on a team. */
const FORGES = ["github", "gitlab"];

/**
 * Writes who came and who left, and everything shown is judged again. Without a change an entry says
 * so when a quarter of the time is over for which the last one stands.
 */
export async function keepTeam(
  { store, ledger, book, now: clock }: ForgeTerms,
  team: ReadTeam,
  goodForMs: number,
): Promise<Answer<KeptTeam>> {
  const outcome = await transaction<KeptTeam, Refusal>(store, async (tx) => {
    const now = clock();
    const roster = await book.at(tx);
    const { persons, leftOut } = personsAmong(roster, team.members, now);
    const kept = { leftOut, persons: persons.size };
    const before = roster.told.teams.get(team.group);
    const body = {
      ...{ group: team.group, name: team.name, forge: { goodUntil: now + goodForMs } },
      added: [...persons].filter((one) => before?.persons.has(one) !== true).sort(),
      removed: [...(before?.persons ?? [])].filter((one) => !persons.has(one)).sort(),
    };
    const stood = before !== undefined && before.goodUntil > now;
    const same = stood && body.added.length + body.removed.length === 0;
    if (same && before.goodUntil - now > goodForMs * 0.75) return done(kept);
    const entry = prepare({ kind: "members", at: now, subject: null, body });
    const appended = await ledger.append(tx, [entry]);
    if (!appended.ok) return appended;
    if (!same) await judgeAgain(tx, now);
    return done(kept);
  });
  return outcome.kind === "committed"
    ? done(outcome.value)
    : { ok: false, failure: outcome.failure };
}

/** Members are told apart as reviewers are, among the people of the ledger. */
function personsAmong(roster: Roster, members: readonly Reviewer[], now: number) {
  const graph = personGraph(peopleFacts(roster, NO_IDENTITY, now));
  const persons = new Set<string>();
  const leftOut: string[] = [];
  for (const member of members) {
    const found = graph.resolve(accountIn(graph, member));
    if (member.kind === "human" && found.kind === "person" && !found.agent) persons.add(found.id);
    else leftOut.push(`\`${member.account}\` (\`${member.byId}\`)`);
  }
  return { persons, leftOut };
}

async function judgeAgain(tx: Transaction, dueAt: number): Promise<void> {
  for (const forge of FORGES) {
    const subjects = await everySubject(tx, forge);
    const jobs = subjects.map(({ repository, subject }) => ({ repository, subject, hint: "" }));
    await wantJobs(
      tx,
      jobs.map((job) => ({ ...job, forge, dueAt })),
    );
  }
}

/** Whether what was read last stands no longer, or nothing was ever read. */
export async function isUnread({ store, book, now }: ForgeTerms, group: string): Promise<boolean> {
  const roster = await read(store, (db) => book.at(db));
  if (!roster.ok) return false;
  const team = roster.value.told.teams.get(group);
  return team === undefined || team.goodUntil <= now();
}

/** Asks for everything shown to be judged again. `false`: it could not be asked for. */
export async function judgeAllAgain({ store, now }: ForgeTerms): Promise<boolean> {
  const outcome = await transaction(store, async (tx) => {
    await judgeAgain(tx, now());
    return done(null);
  });
  return outcome.kind === "committed";
}
