// SPDX-License-Identifier: Apache-2.0
import { accountOf, EMERGENCY_SIGNERS } from "@interlock/core";
import type { AwayRecord } from "@interlock/protocol";
import { type EmergencySigners, emergencySigners, readEmergency } from "@interlock/receipt";
import type { Roster } from "../people/roster.ts";

export type Verified = Pick<EmergencySigners, "signers" | "statements"> & {
  /** Why the record does not verify, or `null`. */
  readonly says: string | null;
};

/**
 * Verifies what an enforcement point let through by emergency signatures, by the roster as it is now:
 * a key that was revoked before the push, a person who left or who pushed does not count.
 */
export async function verifyAway(record: AwayRecord, roster: Roster): Promise<Verified> {
  const { place, digest, landedAt: at, pushedBy, signed } = record;
  if (signed.length === 0) return { signers: [], statements: [], says: null };
  const { repository, target, base, head } = place;
  const found = await emergencySigners(signed, {
    landing: { repository, target, base, head, digest: digest ?? "", at },
    keys: roster.emergencyKeys,
    barred: (person) => barred(roster, person, pushedBy),
  });
  const enough = found.signers.length >= EMERGENCY_SIGNERS;
  const says = enough
    ? null
    : `${found.signers.length} of ${EMERGENCY_SIGNERS} signatures count: ${found.refused.join("; ")}`;
  return { ...found, says };
}

function barred({ persons }: Roster, id: string, pushedBy: AwayRecord["pushedBy"]): string | null {
  const person = persons.get(id);
  if (person?.active !== true) return "nobody active is called so";
  if (pushedBy === null) return "nobody knows who pushed, and it may have been them";
  const own = new Set([...person.accounts, accountOf(id)]);
  return pushedBy.some((account) => own.has(account)) ? "they pushed it themselves" : null;
}

/** Why a line of a journal does not verify by itself, or `null`. */
export async function whyUnsigned(
  line: string,
  person: string,
  roster: Roster,
): Promise<string | null> {
  const read = readEmergency(line);
  if (typeof read === "string") return read;
  const { statement } = read;
  if (statement.person !== person) return `it is of \`${statement.person}\``;
  const found = await emergencySigners([line], {
    landing: { ...statement, at: statement.issuedAt },
    keys: roster.emergencyKeys,
    barred: () => null,
  });
  return found.refused[0] ?? null;
}
