// SPDX-License-Identifier: Apache-2.0
import type { ContentsShown } from "@interlock/protocol";
import { useMemo } from "react";
import type { Loaded } from "../api/loaded.ts";
import { Files } from "../diff/files.tsx";
import { Badge } from "../parts/badge.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { TAMPERED, type Verified, verifiedContents } from "./contents.ts";
import { counted } from "./shown.ts";

/** How far this browser could make the change again. */
export type Reading =
  | { readonly kind: "reading" }
  | { readonly kind: "not-sent" }
  | { readonly kind: "tampered"; readonly path: string }
  | Verified;

export function useReading(
  contents: Loaded<ContentsShown>,
  digest: string | null,
  tampered: string | null,
): Reading {
  const value = contents.kind === "there" ? contents.value : null;
  const verified = useMemo(
    () => (value === null ? null : verifiedContents(value, digest)),
    [value, digest],
  );
  if (tampered !== null) return { kind: "tampered", path: tampered };
  if (verified !== null) return verified;
  return contents.kind === "loading" ? { kind: "reading" } : { kind: "not-sent" };
}

/** Why a person cannot know from this page what they would approve; `null` when they can. */
export function unsureOf(reading: Reading): string | null {
  switch (reading.kind) {
    case "same":
      return null;
    case "reading":
      return "its contents are not here yet";
    case "not-sent":
      return "its contents cannot be shown here; push it again, or approve it in a terminal, which reads your own clone";
    case "tampered":
      return `the content of ${reading.path} is not what an approval would bind`;
    case "differs":
      return "what the server shows does not give the digest that an approval would bind";
  }
}

/** The diff, under what this browser found out about it. */
export function Contents(given: {
  readonly reading: Reading;
  readonly change: string;
  readonly contents: Loaded<ContentsShown>;
  readonly onTampered: (path: string) => void;
}) {
  const { reading, change, contents, onTampered } = given;
  return (
    <section className="section" aria-labelledby="diff">
      <h2 id="diff">What changes</h2>
      <Found reading={reading} />
      {contents.kind === "failed" && contents.failure.code === "NOT_FOUND" ? (
        <Empty title="The contents of this change are not here">
          {contents.failure.help}. Until then <code>interlock approve {change}</code> in a terminal
          shows them from your own clone.
        </Empty>
      ) : (
        <Show of={contents} what="the contents">
          {(value) =>
            reading.kind === "same" || reading.kind === "tampered" ? (
              <Files {...{ change, onTampered }} contents={value} entries={value.entries} />
            ) : null
          }
        </Show>
      )}
    </section>
  );
}

function Found({ reading }: { readonly reading: Reading }) {
  switch (reading.kind) {
    case "reading":
    case "not-sent":
      return null;
    case "same":
      return (
        <p className="muted">
          <Badge meaning="done">same</Badge> this browser made the digest again from these{" "}
          {counted(reading.entries.length, "path")} and their hashes, and each content shown has its
          own hash
        </p>
      );
    case "tampered":
      return (
        <p className="refused" role="alert">
          <Badge meaning="stopped">refused</Badge>
          <span>
            {reading.path}: {TAMPERED.message}; {TAMPERED.help}
          </span>
        </p>
      );
    case "differs":
      return (
        <p className="refused" role="alert">
          <Badge meaning="stopped">refused</Badge>
          <span>
            what the server says this change is made of does not give its digest ({reading.because}
            ); {TAMPERED.help}
          </span>
        </p>
      );
  }
}
