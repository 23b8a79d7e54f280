// SPDX-License-Identifier: Apache-2.0
import { type LiveEvent, listChanges, type QueueRowShown } from "@interlock/protocol";
import { useCallback, useState } from "react";
import { call, type Failure } from "../api/call.ts";
import { type Loaded, useLoaded } from "../api/loaded.ts";
import type { QueueSearch } from "./filters.tsx";

export type Queue = {
  readonly rows: readonly QueueRowShown[];
  readonly counts: { readonly waitingForMe: number; readonly held: number } | null;
  /** Size of the ledger when it was asked for. */
  readonly head: number;
  /** Milliseconds since 1970 UTC. */
  readonly asOf: number;
  /** Loads the next page; `null` at the end. */
  readonly more: (() => void) | null;
  /** Why the next page could not be loaded. */
  readonly failure: Failure | null;
};

type Later = {
  /** The first page that these follow. */
  readonly of: number;
  readonly rows: readonly QueueRowShown[];
  readonly next: string | null;
  readonly failure: Failure | null;
};

/** Pages of the queue, one below the other. Nothing that is shown moves before the person asks. */
export function useQueue(search: QueueSearch): Loaded<Queue> {
  const query = queryOf(search);
  const first = useLoaded(listChanges, { query }, { steady: true });
  const [later, setLater] = useState<Later | null>(null);
  if (first.kind !== "there") return first;
  const { changes, counts, head, asOf } = first.value;
  const behind = later?.of === first.at ? later : null;
  const next = behind === null ? first.value.next : behind.next;
  const more = async (after: string) => {
    const page = await call(listChanges, { query: { ...query, after } });
    const before = behind?.rows ?? [];
    setLater(
      page.ok
        ? {
            of: first.at,
            rows: [...before, ...page.value.changes],
            next: page.value.next,
            failure: null,
          }
        : { of: first.at, rows: before, next: after, failure: page.failure },
    );
  };
  return {
    ...first,
    value: {
      ...{ counts, head, asOf, failure: behind?.failure ?? null },
      rows: [...changes, ...(behind?.rows ?? [])],
      more: next === null ? null : () => void more(next),
    },
  };
}

function queryOf({ show, order, repository, target }: QueueSearch) {
  return {
    ...(show === "waiting" ? { waiting: "me" as const } : {}),
    ...(show === "held" ? { effective: "hold" as const } : {}),
    ...(order === undefined ? {} : { order }),
    ...(repository === undefined ? {} : { repository }),
    ...(target === undefined ? {} : { target }),
    limit: 50,
  };
}

/** Counts what happened since the list was loaded; it is shown at a press. */
export function useNews(head: number | null): {
  readonly count: number;
  readonly hear: (event: LiveEvent) => void;
  readonly seen: () => void;
} {
  const [since, setSince] = useState<{ readonly head: number | null; readonly count: number }>({
    head,
    count: 0,
  });
  const count = since.head === head ? since.count : 0;
  const hear = useCallback(
    (event: LiveEvent) => {
      if (!("index" in event) || event.kind === "ran" || event.kind === "rolled") return;
      if (head === null || event.index < head) return;
      setSince((before) => ({ head, count: (before.head === head ? before.count : 0) + 1 }));
    },
    [head],
  );
  const seen = useCallback(() => setSince({ head, count: 0 }), [head]);
  return { count, hear, seen };
}
