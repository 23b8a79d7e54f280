// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import type { Batch, TargetFailure, Unsettled } from "../target.ts";

/** What a cell is made of, and how its keys lie in an object of the API. */
export type Form = {
  /** `/api/v1`, `/apis/apps/v1`. */
  readonly root: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** As in the paths of the API. */
  readonly plural: string;
  /** Whether one that is missing is made. */
  readonly creates: boolean;
  readonly valuesIn: (object: Json | undefined) => ReadonlyMap<string, Uint8Array>;
  readonly keyFault: (key: string) => TargetFailure | null;
  /** Why a batch cannot be written, whatever is there. */
  readonly batchFault: (batch: Batch) => TargetFailure | null;
  /** Why this object cannot hold what it would have to; `after`: everything that is in it then. */
  readonly objectFault: (
    object: Json,
    batch: Batch,
    after: ReadonlyMap<string, Uint8Array>,
  ) => TargetFailure | null;
  /** The part of an apply that holds these keys. */
  readonly contentOf: (values: ReadonlyMap<string, Uint8Array>) => Readonly<Record<string, Json>>;
  /** The key that a path in `fieldsV1` belongs to; `null`: none. */
  readonly keyAt: (path: readonly string[]) => string | null;
  /** Paths in `fieldsV1` whose managers own a key. */
  readonly pathsOf: (key: string) => readonly (readonly string[])[];
  /** The key that a conflict of an apply names by its field; `null`: none. */
  readonly keyOfCause: (field: string) => string | null;
  /** Whether a path that is no key's may be left out of an apply of ours, though we applied it once. */
  readonly isBeside: (path: readonly string[]) => boolean;
  /** What of the object has not taken effect yet, as the API tells it; `null`: nothing, or it does not tell. */
  readonly unsettled: (object: Json) => Unsettled | null;
};
