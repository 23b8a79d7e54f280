// SPDX-License-Identifier: Apache-2.0
/** Who answers for which account, as far as a history tells, and whom somebody has to be asked about. */

/** Somebody as commits name them: one name, and the addresses that it used. */
export type Author = { readonly name: string; readonly emails: readonly string[] };

export type FoundPerson = { readonly id: string; readonly accounts: readonly string[] };

/** An author of whom the history does not tell whether they are somebody else. */
export type Doubt = {
  readonly author: FoundPerson & { readonly name: string };
  /** Id of the person that it may be; `null`: it may be a machine. */
  readonly like: string | null;
  readonly because: string;
};

export type FoundPeople = {
  readonly persons: readonly FoundPerson[];
  readonly machines: readonly string[];
  readonly doubts: readonly Doubt[];
};

/** `same`: as the person whom it is like; `other`: a person of their own; `machine`: nobody. */
export type Verdict = "same" | "other" | "machine";

const BOT = /\[bot\]|(^|[-_ ])bot(@|$|[-_ ])/i;
/** Often a machine, and sometimes somebody's name or a mailbox that people share. */
const MAY_BE_MACHINE =
  /^(ci|cd|build|builds|builder|deploy|deployer|deployment|release|releases|jenkins|automation|automated|renovate|dependabot|root|admin|noreply|no-reply|system|service)$/i;
const NOREPLY = /^(?:\d+\+)?([a-z0-9-]+)@users\.noreply\.github\.com$/;

/** Puts together what is certain, in the order of the names; what is not certain is a doubt. */
export function peopleAmong(authors: readonly Author[]): FoundPeople {
  const machines: string[] = [];
  const persons: FoundPerson[] = [];
  const doubts: Doubt[] = [];
  const byHandle = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const { name, emails } of [...authors].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const bots = emails.filter((email) => BOT.test(`${name} ${email}`));
    machines.push(...bots);
    const accounts = emails.filter((email) => !bots.includes(email)).sort();
    if (accounts.length === 0) continue;
    const handles = handlesOf(name, accounts);
    const like = handles.map((handle) => byHandle.get(handle)).find((id) => id !== undefined);
    const id = idFor(name, persons.length + doubts.length, taken);
    const author = { id, name, accounts };
    if (like !== undefined)
      doubts.push({ author, like, because: "they share a name, or the first part of an address" });
    else if (handles.some((handle) => MAY_BE_MACHINE.test(handle)))
      doubts.push({ author, like: null, because: "it is called as machines often are" });
    else {
      persons.push({ id, accounts });
      for (const handle of handles) byHandle.set(handle, id);
    }
  }
  return { persons, machines: [...new Set(machines)].sort(), doubts };
}

/** By what two authors may be one: the name without case and order, and what stands before the `@`. */
function handlesOf(name: string, emails: readonly string[]): readonly string[] {
  const words = plain(name).split(" ").sort().join(" ");
  const logins = emails.map((email) => NOREPLY.exec(email)?.[1] ?? email.split("@")[0] ?? "");
  return [...new Set([words, ...logins.map(plain)])].filter((handle) => handle !== "");
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, " ")
    .trim();

function idFor(name: string, i: number, taken: Map<string, number>): string {
  const id = plain(name).replaceAll(" ", "-") || `person-${i + 1}`;
  const n = (taken.get(id) ?? 0) + 1;
  taken.set(id, n);
  return n === 1 ? id : `${id}-${n}`;
}

/** With what somebody said of each doubt, in their order; one that nobody answered stays out. */
export function settled(
  { persons, machines, doubts }: FoundPeople,
  verdicts: readonly (Verdict | null)[],
): Pick<FoundPeople, "persons" | "machines"> {
  const accounts = new Map(persons.map(({ id, accounts: own }) => [id, [...own]]));
  const more: string[] = [];
  for (const [i, { author, like }] of doubts.entries()) {
    const verdict = verdicts[i] ?? null;
    if (verdict === "machine") more.push(...author.accounts);
    else if (verdict === "other") accounts.set(author.id, [...author.accounts]);
    else if (verdict === "same" && like !== null) accounts.get(like)?.push(...author.accounts);
  }
  return {
    persons: [...accounts].map(([id, own]) => ({ id, accounts: [...new Set(own)].sort() })),
    machines: [...new Set([...machines, ...more])].sort(),
  };
}

/** One question a doubt; `null` from whoever is asked ends the asking. */
export async function askedAbout(
  doubts: readonly Doubt[],
  choose: (question: string, answers: readonly Verdict[]) => Promise<Verdict | null>,
): Promise<readonly (Verdict | null)[]> {
  const verdicts: (Verdict | null)[] = [];
  for (const { author, like } of doubts) {
    const who = `${author.name} <${author.accounts.join(", ")}>`;
    const verdict =
      like === null
        ? await choose(`is ${who} a machine, or another person?`, ["machine", "other"])
        : await choose(`is ${who} the same as ${like}, another person, or a machine?`, [
            ...(["same", "other", "machine"] as const),
          ]);
    if (verdict === null) break;
    verdicts.push(verdict);
  }
  return doubts.map((_, i) => verdicts[i] ?? null);
}

/** What somebody has to add by hand for each doubt that nobody settled. */
export function openText(doubts: readonly Doubt[]): readonly string[] {
  return doubts.flatMap(({ author, like, because }) => {
    const accounts = author.accounts.map((account) => JSON.stringify(account)).join(", ");
    const purpose = 'purpose: "…", mayTouch: []';
    return [
      `${JSON.stringify(author.name)}: ${because}; one of these lines belongs into interlock/people.yaml:`,
      ...(like === null ? [] : [`  the same as ${like}: add ${accounts} to its accounts`]),
      `  another person: - { id: ${JSON.stringify(author.id)}, accounts: [${accounts}], teams: [], active: true }`,
      ...author.accounts.map(
        (account) => `  a machine: - { account: ${JSON.stringify(account)}, ${purpose} }`,
      ),
    ];
  });
}
