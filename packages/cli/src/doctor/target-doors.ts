// SPDX-License-Identifier: Apache-2.0
/** Targets of the control plane, as far as the metrics of the server tell. */
import type { Found } from "./door.ts";
import type { Plain } from "./server-doors.ts";

/** A whole read comes twice a minute. */
const UNSEEN_SECONDS = 120;

export function* targetDoors({ status, body, date }: Plain): Generator<Found> {
  const text = status === 200 ? body.toString("utf8") : "";
  const open = metricIn(text, "interlock_unrecorded_keys");
  if (open !== null && open > 0)
    yield {
      id: "unrecorded-keys",
      says: `${open} key(s) of targets hold what nothing in the ledger explains`,
      why: "somebody writes to production past the gate",
      next: "interlock unrecorded list",
    };
  const seen = metricIn(text, "interlock_targets_seen_timestamp_seconds");
  const ago = seen === null || date === null ? 0 : date / 1_000 - seen;
  if (ago > UNSEEN_SECONDS)
    yield {
      id: "targets-unseen",
      says: `a cell of a target was not seen ${seen === 0 ? "yet" : `for ${Math.round(ago)} seconds`}`,
      why: "what is written there past the gate nobody notices",
      next: "interlock unrecorded list",
    };
}

/** The value of a metric without labels (Prometheus text format 0.0.4); `null`: it is not there. */
function metricIn(text: string, name: string): number | null {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  const value = line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
  return Number.isFinite(value) ? value : null;
}
