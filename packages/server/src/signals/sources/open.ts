// SPDX-License-Identifier: Apache-2.0
import type { Store } from "@interlock/store";
import { pushSource } from "../push/take.ts";
import type { Signal } from "../settings.ts";
import { httpSource } from "./http.ts";
import { prometheusSource } from "./prometheus.ts";
import type { Secrets, Source } from "./source.ts";
import { sqlSource } from "./sql.ts";

export type SourceTerms = {
  readonly store: Store;
  readonly fetch: typeof fetch;
  readonly secrets: Secrets;
};

/** The source of a signal, which connects to nothing yet. */
export function openSource(signal: Signal, terms: SourceTerms): Source {
  switch (signal.kind) {
    case "prometheus":
      return prometheusSource(signal, terms);
    case "sql":
      return sqlSource(signal, terms);
    case "http":
      return httpSource(signal, terms);
    case "push":
      return pushSource(signal, terms.store);
  }
}
