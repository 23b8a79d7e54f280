// SPDX-License-Identifier: Apache-2.0
import { type DraftShown, draftsApi } from "@interlock/protocol";
import { useEffect, useState, useSyncExternalStore } from "react";
import { z } from "zod";
import { call, type Failure } from "../api/call.ts";
import { type Keeper, type Kept, openKeeper, type Written } from "./keeper.ts";

const KEPT = z.object({ text: z.string(), change: z.string(), over: z.number().int().min(0) });

const placeOf = (person: string, draft: string): string => `interlock.draft.${person}.${draft}`;

/** What this browser has of a draft that the server may lack. */
function remembered(place: string): Kept | null {
  const text = localStorage.getItem(place);
  if (text === null) return null;
  try {
    return KEPT.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Somebody else wrote there: it is nothing of ours.
    return null;
  }
}

export type DraftOpened =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "open"; readonly keeper: Keeper };

export type DraftAsked = {
  readonly draft: string;
  readonly person: string;
  /** What a new one begins with; `null` where it has to be there. */
  readonly begins: Pick<Kept, "text" | "change"> | null;
};

/** Opens a draft: the server's, or what this browser kept of it while the server was away. */
export function useDraft({ draft, person, begins }: DraftAsked): DraftOpened {
  const [opened, setOpened] = useState<DraftOpened>({ kind: "loading" });
  const [first] = useState(begins);
  useEffect(() => {
    let closed = false;
    let keeper: Keeper | null = null;
    const open = async () => {
      const place = placeOf(person, draft);
      const answer = await call(draftsApi.showDraft, { params: { draft } });
      const local = remembered(place);
      const start = startOf(answer.ok ? answer.value : null, local, first);
      const gone = !answer.ok && answer.failure.code === "NOT_FOUND";
      if (closed) return;
      if (start === null || (!answer.ok && !gone && local === null)) {
        setOpened({ kind: "failed", failure: answer.ok ? NOTHING : answer.failure });
        return;
      }
      keeper = openKeeper(start, termsOf(place, draft));
      setOpened({ kind: "open", keeper });
    };
    void open();
    const flush = () => keeper?.flush();
    window.addEventListener("online", flush);
    return () => {
      closed = true;
      window.removeEventListener("online", flush);
      keeper?.close();
    };
  }, [draft, person, first]);
  return opened;
}

const NOTHING: Failure = {
  code: "NOT_FOUND",
  message: "you are writing no such document",
  help: "see the list of your drafts",
};

function startOf(shown: DraftShown | null, local: Kept | null, begins: DraftAsked["begins"]) {
  if (local !== null && (shown === null || local.text !== shown.text))
    return { ...local, at: null, unsaved: true };
  if (shown !== null) {
    const { text, change, version, changedAt } = shown;
    return { text, change, over: version, at: changedAt, unsaved: false };
  }
  return begins === null ? null : { ...begins, over: 0, at: null, unsaved: false };
}

const termsOf = (place: string, draft: string) => ({
  save: (body: Kept) => call(draftsApi.saveDraft, { params: { draft }, body }),
  theirs: () => call(draftsApi.showDraft, { params: { draft } }),
  remember: (kept: Kept | null) => {
    if (kept === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(kept));
  },
  later: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
});

/** Forgets what this browser kept of a draft. */
export const forgetLocally = (person: string, draft: string): void =>
  localStorage.removeItem(placeOf(person, draft));

export const useWritten = (keeper: Keeper): Written =>
  useSyncExternalStore(keeper.subscribe, keeper.now);

/** A new id, which nobody guesses and no two pages choose. */
export const newDraftId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
