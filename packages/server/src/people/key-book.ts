// SPDX-License-Identifier: Apache-2.0
import type { Database } from "@interlock/store";
import { readEntry, readKeys, readPerson } from "@interlock/store";
import type { KeyBook } from "../approvals/keys.ts";
import { enrolmentIn } from "./keys.ts";

/** The keys of persons as those need them who sign changes: working ones only, as the ledger has them. */
export function keyBook(refusedAaguids: readonly string[]): KeyBook {
  return {
    ofPerson: async (db: Database, person: string) => {
      const known = await readPerson(db, person);
      if (known === null || !known.active) return [];
      const keys = (await readKeys(db, person)).filter(
        ({ revokedAt, aaguid }) => revokedAt === null && !refusedAaguids.includes(aaguid),
      );
      const each = await Promise.all(
        keys.map(async ({ credential, enrolment, signCount }) => {
          const entry = await readEntry(db, enrolment);
          const body = entry === null ? null : enrolmentIn(entry);
          // A row that somebody changed gives no key. by (ledger-maps-keys)
          if (body === null || body.credential !== credential || body.person !== person) return [];
          const usableFrom = body.usableFrom;
          return [{ person, credential, enrolmentIndex: enrolment, usableFrom, signCount }];
        }),
      );
      return each.flat();
    },
  };
}
