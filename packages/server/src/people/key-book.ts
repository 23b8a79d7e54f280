// SPDX-License-Identifier: Apache-2.0
import type { KeyBook } from "../approvals/keys.ts";
import { keysOf } from "./keys.ts";
import type { PeopleTerms } from "./terms.ts";

/** The keys of persons as those need them who sign changes: working ones only, as the ledger has them. */
export const keyBook = (terms: Pick<PeopleTerms, "book" | "refusedAaguids">): KeyBook => ({
  ofPerson: (db, person) => keysOf(terms, db, person),
});
