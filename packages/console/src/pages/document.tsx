// SPDX-License-Identifier: Apache-2.0
import { type Blast, isUnknown } from "@interlock/core";
import { utf8 } from "@interlock/digest";
import { TEMPLATES } from "@interlock/document";
import { showChange } from "@interlock/protocol";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useRef } from "react";
import { useLoaded } from "../api/loaded.ts";
import { shownOf } from "../change/shown.ts";
import { type Checked, checkedText } from "../documents/checked.ts";
import { Editor, goTo } from "../documents/editor.tsx";
import { IntoGit } from "../documents/into-git.tsx";
import type { Keeper } from "../documents/keeper.ts";
import { KeepingNote } from "../documents/keeping-note.tsx";
import { Preview } from "../documents/preview.tsx";
import { Reach } from "../documents/reach.tsx";
import { Remarks } from "../documents/remarks.tsx";
import { useDraft, useWritten } from "../documents/use-draft.ts";
import { Download } from "../ledger/download.tsx";
import { Field } from "../parts/field.tsx";
import { Page } from "../parts/page.tsx";
import { Refused } from "../parts/states.tsx";
import { type Command, useCommands } from "../shell/commands.ts";
import { useMe } from "../shell/session.ts";

const route = getRouteApi("/shell/documents/$draft");

/** One document that somebody writes: the text, what is to be mended in it, and how a reviewer reads it. */
export function DocumentPage() {
  const { draft } = route.useParams();
  const { kind, change = "" } = route.useSearch();
  const me = useMe();
  const template = Object.entries(TEMPLATES).find(([name]) => name === kind)?.[1];
  const begins = template === undefined ? null : { text: template, change };
  const opened = useDraft({ draft, person: me.person, begins });
  if (opened.kind === "open")
    return <Writing key={draft} draft={draft} keeper={opened.keeper} isNew={kind !== undefined} />;
  return (
    <Page title="Document">
      {opened.kind === "failed" ? (
        <Refused failure={opened.failure} />
      ) : (
        <p className="muted">loading your draft …</p>
      )}
    </Page>
  );
}

type Given = { readonly draft: string; readonly keeper: Keeper; readonly isNew: boolean };

function Writing({ draft, keeper, isNew }: Given) {
  const written = useWritten(keeper);
  const { text, change } = written;
  const area = useRef<HTMLTextAreaElement>(null);
  const blast = useBlast(change);
  const later = useDeferredValue(text);
  const checked = useMemo(() => checkedText(later, blast), [later, blast]);
  useAddress(draft, isNew && written.over > 0);
  const commands = useMemo(
    (): readonly Command[] => [
      { name: "Save now", says: "keep the draft on the server", run: keeper.flush },
      {
        name: "Go to what is to be mended",
        says: "the first line with an error",
        run: () => {
          const [first] = checked.remarks;
          if (first !== undefined) goTo(area.current, first);
        },
      },
    ],
    [keeper, checked],
  );
  useCommands(commands);
  return (
    <Page
      title={titleOf(checked)}
      lead={<For change={change} />}
      acts={<Download bytes={utf8(text)} name={`${nameFor(text)}.md`} label="Download" />}
    >
      <KeepingNote keeper={keeper} written={written} />
      <div className="writing">
        <Editor
          {...{ text, area, remarks: checked.remarks, describedBy: "remarks" }}
          onChange={(next) => keeper.write({ text: next })}
        />
        <Remarks checked={checked} onGo={(remark) => goTo(area.current, remark)} />
      </div>
      <IntoGit draft={draft} name={nameFor(text)} checked={checked} />
      <section className="section narrow-form" aria-label="the change that it is for">
        <Field
          name="Change"
          value={change}
          onChange={(next) => keeper.write({ change: next.trim() })}
          hint="the id of the change that it is for, from its page; empty where there is none yet"
          problem={
            /^(?:[0-9a-f]{20})?$/.test(change) ? undefined : "an id has 20 digits, 0-9 and a-f"
          }
        />
      </section>
      <Reach declared={checked.document?.scope?.blast ?? null} blast={blast} />
      <section className="section" aria-labelledby="preview">
        <h2 id="preview">As a reviewer reads it</h2>
        {checked.document === null ? (
          <p className="state">It cannot be read yet: mend what stands above.</p>
        ) : (
          <Preview document={checked.document} />
        )}
      </section>
    </Page>
  );
}

/** Once the server has a new one its address is a link to it; nothing on the page moves. */
function useAddress(draft: string, isKept: boolean): void {
  const navigate = useNavigate();
  useEffect(() => {
    const place = { to: "/documents/$draft", params: { draft }, search: {} } as const;
    if (isKept) void navigate({ ...place, replace: true, resetScroll: false });
  }, [draft, isKept, navigate]);
}

function useBlast(change: string): Blast | null {
  const isId = /^[0-9a-f]{20}$/.test(change);
  const shown = useLoaded(showChange, { params: { id: change } }, { when: isId, steady: true });
  const answer = isId && shown.kind === "there" ? shown.value : null;
  return useMemo(() => {
    const blast = answer === null ? undefined : shownOf(answer).judged?.facts?.blast;
    return blast === undefined || isUnknown(blast) ? null : blast;
  }, [answer]);
}

function For({ change }: { readonly change: string }) {
  if (!/^[0-9a-f]{20}$/.test(change)) return <>A draft, kept for you alone.</>;
  return (
    <>
      For the change{" "}
      <Link to="/changes/$id" params={{ id: change }}>
        {change}
      </Link>
      ; kept for you alone.
    </>
  );
}

function titleOf({ document }: Checked): string {
  const title = document?.title ?? "";
  return title === "" || title.startsWith("FILL") ? "A new document" : title;
}

/** A name for a file, of what the title says. */
function nameFor(text: string): string {
  const title = /^title:[ \t]*(.*)$/m.exec(text.slice(0, 4_096))?.[1] ?? "";
  const plain = title.startsWith('"FILL') ? "" : title.toLowerCase();
  const name = plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);
  return name === "" ? "document" : name;
}
