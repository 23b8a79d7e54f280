// SPDX-License-Identifier: Apache-2.0
import { hiddenIn } from "@interlock/core";
import { type ChangeEntry, isDigest } from "@interlock/digest";
import type { LeftOut } from "@interlock/protocol";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Failure, Outcome } from "../api/call.ts";
import { fetchBlob, type Readable, readable } from "../change/contents.ts";
import { anchorOf } from "../change/tree.tsx";
import { Badge } from "../parts/badge.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { diffOf, linesOf } from "./lines.ts";
import { Lines } from "./rows.tsx";
import { Seen } from "./seen.tsx";
import { notesOf, statusOf } from "./what.ts";

export type FileGiven = {
  readonly change: string;
  readonly entry: ChangeEntry;
  readonly attributes: { readonly [name: string]: string };
  readonly leftOut: ReadonlyMap<string, LeftOut>;
  readonly missing: ReadonlySet<string>;
  /** Told of a content that is not what its hash says. */
  readonly onTampered: (path: string) => void;
};

/** One path of the change: what becomes of it, and both contents compared. */
export function FileView(given: FileGiven) {
  const { entry, attributes } = given;
  const notes = notesOf(entry, attributes);
  return (
    <article
      className="file"
      id={anchorOf(entry.path)}
      aria-label={`${statusOf(entry)}: ${entry.path}`}
    >
      <header className="file-head">
        <h3>
          <Seen text={entry.path} />
        </h3>
        <span className="muted">{statusOf(entry)}</span>
        {notes.map((note) => (
          <Badge key={note} meaning="person">
            {note}
          </Badge>
        ))}
      </header>
      <Sides {...given} />
    </article>
  );
}

type Side =
  | { readonly kind: "absent" }
  | { readonly kind: "submodule"; readonly commit: string }
  | { readonly kind: "not-shown"; readonly because: string; readonly content: string }
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | {
      readonly kind: "bytes";
      readonly size: number;
      readonly is: Readable;
      readonly content: string;
    };

function useSide(content: string | null, given: FileGiven): Side {
  const { change, leftOut, missing, entry, onTampered } = given;
  const left = content === null ? undefined : leftOut.get(content);
  const absent =
    content === null || !isDigest(content) || left !== undefined || missing.has(content);
  const { data } = useQuery({
    queryKey: ["blob", change, content],
    queryFn: ({ signal }): Promise<Outcome<Uint8Array>> => fetchBlob(change, content ?? "", signal),
    enabled: !absent,
    // Under its hash a content never changes.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const tampered = data?.ok === false && data.failure.code === "CONTENTS_DIFFER";
  useEffect(() => {
    if (tampered) onTampered(entry.path);
  }, [tampered, entry.path, onTampered]);
  if (content === null) return { kind: "absent" };
  if (!isDigest(content)) return { kind: "submodule", commit: content.replace("submodule:", "") };
  if (left !== undefined)
    return {
      ...{ kind: "not-shown", content },
      because: `${left.because === "too-large" ? "too large to show here" : "the change is too large to show all of it"}: ${left.bytes} bytes, as the enforcement point says`,
    };
  if (missing.has(content))
    return { kind: "not-shown", content, because: "its content was not sent" };
  if (data === undefined) return { kind: "loading" };
  if (!data.ok) return { kind: "failed", failure: data.failure };
  return { kind: "bytes", size: data.value.length, is: readable(data.value), content };
}

function Sides(given: FileGiven) {
  const { entry } = given;
  const before = useSide(entry.oldContent, given);
  const after = useSide(entry.newContent, given);
  if (before.kind === "loading" || after.kind === "loading")
    return (
      <p className="file-note muted" aria-busy="true">
        loading both contents …
      </p>
    );
  const failed = [before, after].find((side) => side.kind === "failed");
  if (failed?.kind === "failed")
    return (
      <p className="file-note" role="alert">
        <Badge meaning="stopped">refused</Badge> {failed.failure.message}; {failed.failure.help}
      </p>
    );
  const texts = [before, after].map(textOf);
  const [old, fresh] = texts;
  if (old === null || old === undefined || fresh === null || fresh === undefined)
    return (
      <dl className="file-note facts">
        <dt>before</dt>
        <dd>
          <Unreadable side={before} />
        </dd>
        <dt>after</dt>
        <dd>
          <Unreadable side={after} />
        </dd>
      </dl>
    );
  if (entry.oldContent === entry.newContent)
    return <p className="file-note muted">the content stays as it is</p>;
  return <Compared path={entry.path} before={old} after={fresh} />;
}

/** What can be compared line by line: a text, or nothing at all. */
function textOf(side: Side): string | null {
  if (side.kind === "absent") return "";
  return side.kind === "bytes" && side.is.kind === "text" ? side.is.text : null;
}

function Unreadable({ side }: { readonly side: Side }) {
  if (side.kind === "absent") return <>not there</>;
  if (side.kind === "submodule")
    return (
      <>
        the commit <ShortId id={side.commit} what="the commit of the submodule" /> of another
        repository, which is not read here
      </>
    );
  if (side.kind === "not-shown")
    return (
      <>
        {side.because}, SHA-256 <ShortId id={side.content} what="the SHA-256" />
      </>
    );
  if (side.kind !== "bytes") return null;
  return (
    <>
      {side.is.kind}, {side.size} bytes, SHA-256 <ShortId id={side.content} what="the SHA-256" />
    </>
  );
}

function Compared({
  path,
  before,
  after,
}: {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}) {
  const { lines, whole } = useMemo(() => diffOf(linesOf(before), linesOf(after)), [before, after]);
  const hidden = lines
    .filter(({ kind }) => kind === "added")
    .flatMap(({ text, new: at }) =>
      hiddenIn(text.replace(/\r$/, "")).map((one) => ({ ...one, at })),
    );
  return (
    <>
      {hidden.length > 0 && (
        <p className="file-note" role="note">
          <Badge meaning="person">hidden</Badge>{" "}
          {hidden
            .slice(0, 5)
            .map(({ at, kind, detail }) => `line ${at}: ${kind} ${detail}`)
            .join("; ")}
          {hidden.length > 5 && ` and ${hidden.length - 5} more`}
        </p>
      )}
      {whole && (
        <p className="file-note muted">
          too much differs to be told line by line: all that was there, then all that is
        </p>
      )}
      <Lines lines={lines} label={`what changes in ${path}`} />
      {before.endsWith("\n") !== after.endsWith("\n") && before !== "" && after !== "" && (
        <p className="file-note muted">
          the last line {after.endsWith("\n") ? "is ended now" : "is not ended any more"}
        </p>
      )}
    </>
  );
}
