// SPDX-License-Identifier: Apache-2.0
import { isAboutNobody, isAgreed, mayEndorse } from "@interlock/core";
import type { PersonShown, ProposalShown } from "@interlock/protocol";

/** The name of a person, or the id of one that nobody here knows. */
export function nameOf(people: readonly PersonShown[], id: string): string {
  return people.find(({ person }) => person === id)?.name ?? id;
}

/** What a proposal is called in a list. */
export function titleOf(proposal: ProposalShown, people: readonly PersonShown[]): string {
  const who = proposal.name ?? nameOf(people, proposal.person);
  switch (proposal.kind) {
    case "person":
      return `${who} joins`;
    case "key":
      return `a further passkey for ${who}`;
    case "recovery":
      return `${who} lost all passkeys and gets a new one`;
    case "revocation":
      return `a passkey of ${who} is revoked`;
    case "change":
      return proposal.active === false ? `${who} leaves` : `${who} is changed`;
    case "provisioner":
      return `a token for SCIM: ${who}`;
    case "emergency":
      return `an emergency key for ${who}`;
    case "controlplane":
      return "another description of the control planes";
    case "unwind":
      return "an unwind of what a change wrote";
    case "baseline":
      return "what a rollout brought may be gone back to";
  }
}

/** What happens when it is carried out, in whole sentences; the last endorsement does it at once. */
export function effectsOf(
  proposal: ProposalShown,
  people: readonly PersonShown[],
): readonly string[] {
  const before = people.find(({ person }) => person === proposal.person);
  const who = proposal.name ?? before?.name ?? proposal.person;
  const accounts = proposal.accounts ?? [];
  const known =
    accounts.length === 0
      ? `No account is known for ${who}: nothing they author is recognised as theirs.`
      : `What is authored by ${accounts.join(", ")} counts as ${who}'s.`;
  switch (proposal.kind) {
    case "person":
      return [
        `${who} can sign in, and can approve changes once the passkey's cool-down is over.`,
        known,
      ];
    case "key":
      return [
        `${who} can sign in with the new passkey, and approve with it once its cool-down is over.`,
        `The other passkeys of ${who} stay as they are.`,
      ];
    case "recovery":
      return [
        `All earlier passkeys of ${who} end at once, and what they signed stays signed.`,
        `Whoever registered the new passkey acts as ${who} from then on: make sure, by voice, that it is them.`,
      ];
    case "revocation":
      return [`The passkey stops working at once, and its sessions end. ${who} stays a member.`];
    case "change":
      return changeOf(proposal, before, known);
    case "provisioner":
      return [
        "Whoever has its secret can end anybody's part here, add people without a passkey, and say who is in the teams that the server's settings give to SCIM.",
        `${nameOf(people, proposal.by)} has its secret, which works for a year.`,
      ];
    case "emergency":
      return [
        `While no server can be asked, a signature with a key on ${who}'s own machine, and one of another person's, let a change land.`,
        "Each such change is recorded here afterwards, and reviewed by two others.",
      ];
    case "controlplane":
      return [
        "From then on the text below says which control planes are driven, which files of which branches become which keys of which cells, how large a wave may be, and by which signals harm is seen.",
        "The description that is in force now counts no more. What is in progress goes on as it was planned.",
      ];
    case "unwind":
      return [
        "From then on anybody who is signed in can begin it: a rollout, wave by wave and with the same halts, that writes what the plan below says and nothing else.",
        "A plan that no longer fits what the targets hold is refused when it is begun.",
      ];
    case "baseline":
      return [
        "From then on rollouts may begin upon the values below and go back to them, with the code that is named there.",
        "That the rollout which brought them was halted or marked bad before keeps nobody from it any more.",
      ];
  }
}

function changeOf(
  { name, active, accounts }: ProposalShown,
  before: PersonShown | undefined,
  known: string,
): readonly string[] {
  const had = new Set(before?.accounts ?? []);
  const has = new Set(accounts ?? []);
  const comes = [...has].filter((account) => !had.has(account));
  const goes = [...had].filter((account) => !has.has(account));
  const renamed = before !== undefined && name !== null && before.name !== name;
  return [
    ...(active === false && before?.active !== false
      ? ["They cannot sign in or approve any more; their sessions and the tokens they made end."]
      : []),
    ...(active === true && before?.active === false ? ["They can sign in and approve again."] : []),
    ...(renamed ? [`${before.name} is called ${name} from then on.`] : []),
    ...(comes.length > 0 ? [`They get the accounts ${comes.join(", ")}.`] : []),
    ...(goes.length > 0 ? [`They lose the accounts ${goes.join(", ")}.`] : []),
    known,
  ];
}

/** What the button says to somebody: the act and its consequence. */
export function endorseLabel(
  proposal: ProposalShown,
  people: readonly PersonShown[],
  by: string,
): string {
  const who = proposal.name ?? nameOf(people, proposal.person);
  // Whoever endorses an unwind last lets others begin it.
  const last = proposal.kind !== "unwind" && isAgreed(proposal, [...proposal.endorsedBy, by]);
  const act = {
    person: last ? `${who} joins` : `that ${who} joins`,
    key: `a further passkey for ${who}`,
    recovery: last ? `${who}'s earlier passkeys end` : `the recovery of ${who}`,
    revocation: `the passkey of ${who} ends`,
    change: proposal.active === false ? `${who} leaves` : `${who} is changed`,
    provisioner: `the token for SCIM ${who}`,
    emergency: `an emergency key for ${who}`,
    controlplane: "this description of the control planes",
    unwind: "this unwind",
    baseline: "what this rollout brought may be gone back to",
  }[proposal.kind];
  return last ? `Endorse, and at once: ${act}` : `Endorse: ${act}`;
}

/** Whose endorsement is missing: how many, and where one of them has to be of a certain person, who. */
export function missingOf(proposal: ProposalShown, people: readonly PersonShown[]): string {
  const { kind, person, endorsedBy, needed } = proposal;
  const ofOwner = (kind === "key" || kind === "emergency") && !endorsedBy.includes(person);
  const others = needed - endorsedBy.length - (ofOwner ? 1 : 0);
  const owner = `${nameOf(people, person)}'s, with a passkey they have`;
  if (others <= 0) return kind === "unwind" ? "an endorsement of an owner" : owner;
  const many = others === 1 ? "one endorsement" : `${others} endorsements`;
  return ofOwner ? `${owner}, and ${many}` : many;
}

const NEEDS_KEY: readonly ProposalShown["kind"][] = ["person", "key", "recovery"];

/** Whether a passkey has to be registered with the link before anybody can endorse. */
export const waitsForKey = ({ kind, keys }: ProposalShown): boolean =>
  NEEDS_KEY.includes(kind) && keys.length === 0;

/** Whoever made it takes it back, or whom its passkey would belong to. */
export const mayWithdraw = ({ by, person: about, kind }: ProposalShown, person: string): boolean =>
  by === person || (about === person && NEEDS_KEY.includes(kind));

/** Why somebody cannot endorse a proposal now, or `null`. */
export function barredBecause(proposal: ProposalShown, person: string): string | null {
  if (proposal.state !== "open") return "it is not open any more";
  if (!mayEndorse(proposal, person)) return "it is about you: others endorse it";
  if (proposal.endorsedBy.includes(person)) return "you have endorsed it";
  if (waitsForKey(proposal)) return "no passkey is registered with the link yet";
  return null;
}

/** Active persons with a passkey past its cool-down who could still endorse, besides the owner of a key. */
export function whoCan(
  proposal: ProposalShown,
  people: readonly PersonShown[],
  now: number,
): readonly string[] {
  return people
    .filter(({ active, keys }) => active && keys.some((key) => isUsable(key, now)))
    .filter(({ person }) => {
      if (person === proposal.person && !isAboutNobody(proposal.kind)) return false;
      const because = barredBecause(proposal, person);
      return because === null || (waitsForKey(proposal) && because.startsWith("no passkey"));
    })
    .map(({ name }) => name);
}

type Key = PersonShown["keys"][number];

export const isUsable = ({ revokedAt, usableFrom }: Key, now: number): boolean =>
  revokedAt === null && usableFrom <= now;
