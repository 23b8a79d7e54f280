// SPDX-License-Identifier: Apache-2.0
import type { Description } from "@interlock/controlplane";
import { refsApi, type UnrecordedShown } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { counted } from "../change/shown.ts";
import { Badge } from "../parts/badge.tsx";
import { Show } from "../parts/states.tsx";
import { useNow } from "../parts/when.tsx";
import { MovedKeys, type Places, Strangers } from "./unrecorded-keys.tsx";
import { MovedRefs } from "./unrecorded-refs.tsx";
import { isSeen, WatchedCells, withUnseen } from "./watched-cells.tsx";

const EVERY_MS = 10_000;

/** What nothing in the ledger allowed, and how much of what there is was looked at. */
export function Unrecorded({ plane }: { readonly plane: Description | null }) {
  const found = useLoaded(refsApi.listUnrecorded, { query: {} }, { everyMs: EVERY_MS });
  return (
    <section className="section" aria-labelledby="unrecorded">
      <h2 id="unrecorded">Unrecorded changes</h2>
      <Show of={found} what="the unrecorded changes">
        {(list) => <Parts list={withUnseen(list, plane)} targets={plane?.targets ?? []} />}
      </Show>
    </section>
  );
}

function Parts({ list, targets }: { readonly list: UnrecordedShown; readonly targets: Places }) {
  const { keys, changes, strangers, cells } = list;
  const open = keys.filter(({ closedAt }) => closedAt === null);
  const over = keys.filter(({ closedAt }) => closedAt !== null);
  return (
    <>
      <Looked list={list} open={open.length} />
      {open.length > 0 && (
        <>
          <h3>Keys of targets that nothing explains</h3>
          <MovedKeys keys={open} targets={targets} />
        </>
      )}
      {changes.length > 0 && (
        <>
          <h3>Protected refs that moved past the gate</h3>
          <MovedRefs changes={changes} />
        </>
      )}
      {over.length > 0 && (
        <details>
          <summary>{counted(over.length, "key")} that somebody set and that are over</summary>
          <MovedKeys keys={over} targets={targets} />
        </details>
      )}
      {strangers.length > 0 && (
        <details>
          <summary>{counted(strangers.length, "key")} that no config set knows</summary>
          <Strangers strangers={strangers} />
        </details>
      )}
      {cells.length > 0 && <WatchedCells cells={cells} />}
    </>
  );
}

/** An empty list never reads as safe: it says what was looked at. */
function Looked({ list, open }: { readonly list: UnrecordedShown; readonly open: number }) {
  const now = useNow();
  const { cells, changes } = list;
  const seen = cells.filter((cell) => isSeen(cell, now)).length;
  const unseen = cells.length - seen;
  return (
    <p>
      {open + changes.length === 0 && "None is known. "}
      {cells.length === 0
        ? "No cell of any target is watched"
        : `${counted(seen, "cell was", "cells were")} seen whole within the last minute`}
      {unseen > 0 && (
        <>
          , <Badge meaning="unknown">{counted(unseen, "cell was not", "cells were not")}</Badge>
        </>
      )}
      ; protected refs were compared wherever a token reported them, and nowhere else. In a
      terminal: <code>interlock unrecorded list</code>
    </p>
  );
}
