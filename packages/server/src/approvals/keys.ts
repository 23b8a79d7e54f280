// SPDX-License-Identifier: Apache-2.0
import type { Database } from "@interlock/store";
import type { WorkingKey } from "../people/keys.ts";

/** Whose keys there are. Revoked keys, and those of persons who are not active, are not among them. */
export type KeyBook = {
  readonly ofPerson: (db: Database, person: string) => Promise<readonly WorkingKey[]>;
};
