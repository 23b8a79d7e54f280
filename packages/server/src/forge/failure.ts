// SPDX-License-Identifier: Apache-2.0
/** Why a forge gave no answer that can be used. An answer of the forge that says no is one of these too. */
export type ForgeFailure = {
  /**
   * `limited`: asked too often; `absent`: not there, or not for us; `refused`: it says no; `away`: no
   * answer; `unfit`: an answer that is not the documented one, or longer than any honest one.
   */
  readonly kind: "limited" | "absent" | "refused" | "away" | "unfit";
  readonly says: string;
  /** When to ask again, where the forge says so; milliseconds since 1970. */
  readonly until: number | null;
};

export type FromForge<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ForgeFailure };

/** An outcome of asking a forge that is no answer. */
export const without = (
  kind: ForgeFailure["kind"],
  says: string,
  until: number | null = null,
): { readonly ok: false; readonly failure: ForgeFailure } => ({
  ok: false,
  failure: { kind, says, until },
});
