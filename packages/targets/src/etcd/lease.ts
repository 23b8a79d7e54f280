// SPDX-License-Identifier: Apache-2.0
/** Idempotency keys hang on a lease, so that etcd forgets them by itself some day. */
import { performance } from "node:perf_hooks";
import { textIn } from "../web/json.ts";
import type { Called, Gateway } from "./gateway.ts";

export type Leases = {
  readonly current: () => Promise<Lease>;
  /** After etcd said that it does not know it. */
  readonly forget: (id: string) => void;
};

export type Lease =
  | { readonly kind: "ok"; readonly id: string }
  | { readonly kind: "none"; readonly called: Exclude<Called, { kind: "ok" }> };

/** A lease runs twice as long as is remembered and is used for its first half. */
export function leasesOf(gateway: Gateway, rememberSeconds: number): Leases {
  let held: { readonly lease: Promise<Lease>; readonly until: number } | null = null;
  const grant = async (): Promise<Lease> => {
    const called = await gateway.call(
      "/v3/lease/grant",
      { TTL: String(2 * rememberSeconds) },
      true,
    );
    const id = called.kind === "ok" ? textIn(called.body, "ID") : undefined;
    if (id !== undefined) return { kind: "ok", id };
    held = null;
    if (called.kind === "no") return { kind: "none", called };
    // A lease that may have been granted and that nothing hangs on is no effect.
    const why = called.kind === "ok" ? "a lease without a number" : called.why;
    return { kind: "none", called: { kind: "away", why } };
  };
  return {
    current: () => {
      if (held === null || performance.now() > held.until)
        held = { lease: grant(), until: performance.now() + rememberSeconds * 1_000 };
      return held.lease;
    },
    forget: (id) => {
      const current = held;
      void current?.lease.then((lease) => {
        if (lease.kind === "ok" && lease.id === id && held === current) held = null;
      });
    },
  };
}
