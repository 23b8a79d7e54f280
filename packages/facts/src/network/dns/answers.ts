// SPDX-License-Identifier: Apache-2.0
/** What answers mean to those who ask: names that may have no other records, and who may send mail. */
import type { DnsFinding, ZoneSides } from "./compare.ts";
import type { RecordSet } from "./record.ts";

/** A name that is another name may have no records of its own (RFC 1034 section 3.6.2). */
export function aliasConflicts({ path, before, after }: ZoneSides): readonly DnsFinding[] {
  const old = new Set(conflictsIn(before).map(({ name }) => name));
  return conflictsIn(after)
    .filter(({ name }) => !old.has(name))
    .map(({ name, alias, others }) => ({
      aspect: "alias-conflict",
      key: "CNAME",
      subject: name,
      path,
      line: alias.line,
      before: others.map(({ type }) => type).join(", "),
      after: alias.values.join(", "),
      tags: alias.apex ? ["apex"] : [],
      counts: { before: others.length, after: 1 },
    }));
}

type Conflict = {
  readonly name: string;
  readonly alias: RecordSet;
  readonly others: readonly RecordSet[];
};

/** Providers that keep records elsewhere answer with what the alias names; a zone file cannot. */
function conflictsIn(sets: readonly RecordSet[]): readonly Conflict[] {
  const aliases = sets.filter((one) => one.type === "CNAME" && one.completed !== undefined);
  return aliases.flatMap((alias) => {
    const others = sets.filter((one) => one.name === alias.name && one.type !== "CNAME");
    return others.length === 0 ? [] : [{ name: alias.name, alias, others }];
  });
}

/** Mechanisms of SPF that name senders (RFC 7208 section 5); qualifiers and modifiers are left out. */
const SENDERS = /^\+?(?:include:|ip4:|ip6:|exists:|a(?:[:/]|$)|mx(?:[:/]|$)|redirect=)/i;

/** Who may send mail for a name: senders that are no longer named, or everybody. */
export function mailFindings({ path, before, after }: ZoneSides): readonly DnsFinding[] {
  const now = new Map(after.filter(isText).map((one) => [one.name, one]));
  return before.filter(isText).flatMap((was) => {
    const had = policyOf(was);
    const is = now.get(was.name);
    const has = is === undefined ? null : policyOf(is);
    // A record that goes with its whole name is the end of the name, not of its senders.
    if (had === null || (is === undefined && !after.some((one) => one.name === was.name)))
      return [];
    const lost = had.filter((word) => SENDERS.test(word) && !(has ?? []).includes(word));
    const opened = (has ?? []).some((word) => /^\+?all$/i.test(word)) && !had.includes("+all");
    if (lost.length === 0 && !opened) return [];
    return [
      {
        aspect: opened ? "mail-from-anybody" : "mail-senders-lost",
        key: was.type,
        subject: was.name,
        path,
        line: is?.line ?? after[0]?.line ?? 1,
        before: had.join(" "),
        after: (has ?? []).join(" "),
        tags: [],
        counts: { before: had.length, after: has?.length ?? 0 },
      },
    ];
  });
}

const isText = ({ type }: RecordSet): boolean => type === "TXT" || type === "SPF";

/** The words of the policy behind `v=spf1`; long ones are written as several strings. */
function policyOf({ values }: RecordSet): readonly string[] | null {
  const text = values
    .map((value) => value.replace(/"\s*"/g, "").replace(/"/g, "").trim())
    .find((value) => /^v=spf1(?:\s|$)/i.test(value));
  return text === undefined ? null : text.toLowerCase().split(/\s+/).slice(1);
}
