// SPDX-License-Identifier: Apache-2.0
/** The emergency path: two people who signed on their own machines, verified without a server. */
import {
  accountOf,
  contributorsOf,
  EMERGENCY_SIGNERS,
  type Facts,
  isUnknown,
  personGraph,
} from "@interlock/core";
import type { Repository } from "@interlock/facts";
import { EMERGENCY_TEXT_MAX, emergencySigners } from "@interlock/receipt";
import { type EmergencyRoster, readRoster, whyStale } from "../emergency/roster.ts";
import type { Question } from "./ask.ts";
import type { Settings } from "./settings.ts";

/** Where signatures can be handed over as a blob each, below the change's digest. */
export const EMERGENCY_REFS = "refs/interlock/emergency";
const OPTION = "interlock-emergency=";
const OPTIONS_MAX = 50;
const LINES_MAX = 10;

type Environment = Readonly<Record<string, string | undefined>>;

/** What `git push -o interlock-emergency=…` hands over (githooks(5), "pre-receive"). */
export function pushedLines(env: Environment): readonly string[] {
  const count = Math.min(Number(env["GIT_PUSH_OPTION_COUNT"] ?? 0) || 0, OPTIONS_MAX);
  return Array.from({ length: count }, (_, i) => env[`GIT_PUSH_OPTION_${i}`] ?? "")
    .filter((option) => option.startsWith(OPTION))
    .map((option) => option.slice(OPTION.length));
}

async function keptLines(repository: Repository, digest: string): Promise<readonly string[]> {
  const { refs } = await repository.refs(`${EMERGENCY_REFS}/${digest}/`);
  const lines: string[] = [];
  for (const { target } of refs.slice(0, LINES_MAX)) {
    const object = await repository.object(target, EMERGENCY_TEXT_MAX);
    if (object.kind === "content") lines.push(object.bytes.toString("utf8").trim());
  }
  return lines;
}

export type Emergency =
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly says: readonly string[] }
  | {
      readonly kind: "signed";
      readonly signers: readonly string[];
      readonly reasons: readonly string[];
      readonly lines: readonly string[];
    };

export type Asked = {
  readonly repository: Repository;
  readonly gitDir: string;
  readonly settings: Settings;
  /** Handed over with the push. */
  readonly pushed: readonly string[];
};

/** Whether two people signed this change for this ref; nothing else than the roster is believed. by (two-people, bound) */
export async function emergencyOf(
  { place, facts }: Question,
  { repository, gitDir, settings, pushed }: Asked,
): Promise<Emergency> {
  const { digest } = facts.change;
  if (isUnknown(digest))
    return pushed.length === 0
      ? { kind: "none" }
      : { kind: "refused", says: [`nobody can sign it: ${digest.$unknown.because}`] };
  const lines = [...new Set([...pushed, ...(await keptLines(repository, digest))])];
  if (lines.length === 0) return { kind: "none" };
  const roster = readRoster(gitDir);
  const stale = whyStale(roster, Date.now());
  if (roster === null || stale !== null) return { kind: "refused", says: [stale ?? ""] };
  if (roster.server !== settings.server.replace(/\/+$/, ""))
    return { kind: "refused", says: [`the roster is of \`${roster.server}\``] };
  const { repository: id, target, base, head } = place;
  const found = await emergencySigners(lines.slice(0, LINES_MAX), {
    landing: { repository: id, target, base, head, digest, at: Date.now() },
    keys: new Map(roster.keys.map((key) => [key.credential, { revokedAt: null, ...key }])),
    barred: await barring(facts, roster),
  });
  const { signers, refused, statements } = found;
  const reasons = statements.map(
    ({ person, reason, incident }) => `${person}: ${reason} (${incident})`,
  );
  const counts = `${signers.length} of ${EMERGENCY_SIGNERS} emergency signatures count`;
  return signers.length >= EMERGENCY_SIGNERS
    ? { kind: "signed", signers, reasons, lines: lines.slice(0, LINES_MAX) }
    : { kind: "refused", says: [counts, ...refused] };
}

/** Why a person of the roster does not count; where a contributor may be hidden nobody does. */
async function barring(
  facts: Facts,
  { persons }: EmergencyRoster,
): Promise<(person: string) => string | null> {
  const { joinPeople } = await import("@interlock/server");
  const own = persons.map(({ id, accounts, active }) => ({
    id,
    accounts,
    agents: [],
    teams: [],
    active,
  }));
  const people = joinPeople(facts.people, { persons: own, machines: [] });
  const { contributors, pushedBy } = facts.change;
  if (isUnknown(people)) return () => `who contributed is not known: ${people.$unknown.because}`;
  if (isUnknown(contributors) || isUnknown(pushedBy))
    return () => "who contributed is not known, and it may have been them";
  const graph = personGraph(people);
  const { persons: barred, unresolved, outOfScope } = contributorsOf(facts.change, graph);
  const hidden = [...unresolved, ...outOfScope];
  return (person) => {
    const found = graph.resolve(accountOf(person));
    if (found.kind !== "person" || !found.active) return "nobody active is called so";
    if (found.agent) return "an agent signs nothing";
    if (barred.has(found.id)) return "they contributed to the change";
    return hidden.length === 0
      ? null
      : "a contributor is nobody that is known here, and it may have been them";
  };
}
