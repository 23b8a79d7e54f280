// SPDX-License-Identifier: Apache-2.0
import { Badge } from "../parts/badge.tsx";
import { When } from "../parts/when.tsx";
import type { Keeper, Written } from "./keeper.ts";

/** Where what is written stands by now; held free, so that it moves nothing. */
export function KeepingNote({
  keeper,
  written: { keeping },
}: {
  readonly keeper: Keeper;
  readonly written: Written;
}) {
  if (keeping.kind === "moved")
    return (
      <div className="moved" role="alert">
        <p>
          <Badge meaning="person">changed elsewhere</Badge>{" "}
          {keeping.theirs === null ? (
            "This draft was forgotten on another page. Yours is still here."
          ) : (
            <>
              Another page changed this draft <When at={keeping.theirs.changedAt} />. Both texts are
              there; nothing was replaced.
            </>
          )}
        </p>
        <div className="acts">
          <button type="button" onClick={keeper.keepMine}>
            Keep this text{keeping.theirs !== null && ", and drop the other"}
          </button>
          {keeping.theirs !== null && (
            <button type="button" onClick={keeper.takeTheirs}>
              Take the other text, and drop this one
            </button>
          )}
        </div>
        {keeping.theirs !== null && (
          <details>
            <summary>The other text</summary>
            <pre className="command">{keeping.theirs.text}</pre>
          </details>
        )}
      </div>
    );
  return (
    <p className="keeping" role="status">
      {keeping.kind === "failed" ? (
        <>
          <Badge meaning="unknown">kept in this browser</Badge> not on the server yet:{" "}
          {keeping.failure.message}. It is sent again by itself.
        </>
      ) : keeping.kind === "saving" ? (
        <Badge meaning="working">keeping …</Badge>
      ) : keeping.at === null ? (
        <span className="muted">A new draft: it is kept from your first change on.</span>
      ) : (
        <>
          <Badge meaning="done">kept</Badge>{" "}
          <span className="muted">
            on the server <When at={keeping.at} />
          </span>
        </>
      )}
    </p>
  );
}
