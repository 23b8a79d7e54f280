// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import type { Loaded } from "../api/loaded.ts";
import { Page } from "../parts/page.tsx";
import { Show } from "../parts/states.tsx";

const EVERY_MS = 10_000;

/** What the server says of its log; to believe it, verify it. */
export function LedgerPage() {
  const checkpoint = useCheckpoint();
  return (
    <Page
      title="Ledger"
      lead={
        <>
          What the server signed last. Verify it with <code>interlock ledger verify</code>.
        </>
      }
    >
      <Show of={checkpoint} what="the checkpoint">
        {(note) => <pre className="note">{note}</pre>}
      </Show>
    </Page>
  );
}

function useCheckpoint(): Loaded<string> {
  const { data, error, dataUpdatedAt, refetch } = useQuery({
    queryKey: ["checkpoint"],
    queryFn: async ({ signal }) => {
      const response = await fetch("/log/checkpoint", { signal });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      return await response.text();
    },
    refetchInterval: EVERY_MS,
  });
  const again = () => void refetch();
  const failure =
    error === null
      ? null
      : ({ code: "SERVER_FAULT", message: error.message, help: "try again" } as const);
  if (data !== undefined)
    return { kind: "there", value: data, at: dataUpdatedAt, stale: failure, again };
  return failure === null ? { kind: "loading", again } : { kind: "failed", failure, again };
}
