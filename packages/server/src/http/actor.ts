// SPDX-License-Identifier: Apache-2.0
import type { Verb } from "@interlock/protocol";

/** Who calls. Nothing here can approve but a person, and a person only by a passkey. */
export type Actor =
  | { readonly kind: "nobody" }
  | {
      readonly kind: "person";
      readonly person: string;
      readonly session: string;
      /** Who says that it is this person: their passkey, or an identity provider, which is no proof for us. */
      readonly means: "passkey" | "issuer";
    }
  /** A terminal that a person let in: it reads, asks and records runs for that person, and changes nothing of people. */
  | {
      readonly kind: "terminal";
      readonly person: string;
      readonly session: string;
      /** When its person let it in, by a passkey. */
      readonly signedInAt: number;
    }
  | {
      readonly kind: "token";
      readonly id: string;
      /** Immutable id of the one repository it speaks for. */
      readonly repository: string;
      readonly verbs: readonly Verb[];
    };

export const NOBODY: Actor = { kind: "nobody" };
