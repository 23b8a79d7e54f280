// SPDX-License-Identifier: Apache-2.0
/** What somebody writes, kept in their browser at once and on the server soon after. */
import type { DraftListed, DraftShown } from "@interlock/protocol";
import type { Failure, Outcome } from "../api/call.ts";

export type Kept = {
  readonly text: string;
  /** Id of the change that it is for; empty where there is none yet. */
  readonly change: string;
  /** The version on the server that it goes over; 0: there is none. */
  readonly over: number;
};

/** Whether what is on the page is on the server. */
export type Keeping =
  /** `at` is null where nothing has been written yet. */
  | { readonly kind: "saved"; readonly at: number | null }
  | { readonly kind: "saving" }
  /** The browser has it; it is sent again by itself. */
  | { readonly kind: "failed"; readonly failure: Failure }
  /** Another page changed it meanwhile; a person says which one stays. `null`: it was forgotten there. */
  | { readonly kind: "moved"; readonly theirs: DraftShown | null };

export type Written = Kept & { readonly keeping: Keeping };

export type KeeperTerms = {
  readonly save: (kept: Kept) => Promise<Outcome<DraftListed>>;
  readonly theirs: () => Promise<Outcome<DraftShown>>;
  /** Keeps it in this browser; `null`: the server has it. */
  readonly remember: (kept: Kept | null) => void;
  /** Runs something later; gives what calls that off. */
  readonly later: (ms: number, run: () => void) => () => void;
};

export type Keeper = {
  readonly now: () => Written;
  readonly subscribe: (listener: () => void) => () => void;
  readonly write: (more: Partial<Pick<Kept, "text" | "change">>) => void;
  /** Of a draft that moved: what stands on this page goes over the other text. */
  readonly keepMine: () => void;
  readonly takeTheirs: () => void;
  /** Sends at once what is not sent yet. */
  readonly flush: () => void;
  readonly close: () => void;
};

const PAUSE_MS = 1_000;
const AGAIN_MS = 5_000;

type Start = Kept & { readonly at: number | null; readonly unsaved: boolean };

/**
 * INVARIANT (nothing lost): from the first letter until the server has it, a text stands in this
 * browser; and it never goes over a text that its writer did not see.
 */
export function openKeeper(start: Start, terms: KeeperTerms): Keeper {
  const page = pageOf(start);
  const sender = senderOf(page, terms);
  if (start.unsaved) sender.changed(0);
  return {
    ...{ now: page.now, subscribe: page.subscribe, flush: sender.flush },
    write: (more) => {
      const { keeping } = page.now();
      page.set({ ...more, keeping: keeping.kind === "saved" ? { kind: "saving" } : keeping });
      terms.remember(page.kept());
      // What failed or moved has its own time to be sent.
      sender.changed(keeping.kind === "moved" || keeping.kind === "failed" ? null : PAUSE_MS);
    },
    keepMine: () => {
      const { keeping } = page.now();
      if (keeping.kind !== "moved") return;
      page.set({ over: keeping.theirs?.version ?? 0, keeping: { kind: "saving" } });
      terms.remember(page.kept());
      sender.changed(0);
    },
    takeTheirs: () => {
      const { keeping } = page.now();
      if (keeping.kind !== "moved" || keeping.theirs === null) return;
      const { text, change, version, changedAt } = keeping.theirs;
      page.set({ text, change, over: version, keeping: { kind: "saved", at: changedAt } });
      terms.remember(null);
      sender.forget();
    },
    close: () => {
      sender.close();
      page.close();
    },
  };
}

/** What stands on the page, and who is told when it changes. */
function pageOf({ text, change, over, at }: Start) {
  const listeners = new Set<() => void>();
  let written: Written = { text, change, over, keeping: { kind: "saved", at } };
  return {
    now: () => written,
    kept: (): Kept => ({ text: written.text, change: written.change, over: written.over }),
    set: (next: Partial<Written>) => {
      written = { ...written, ...next };
      for (const listener of listeners) listener();
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => listeners.clear(),
  };
}

/** Sends one text at a time, and again what was written or failed meanwhile. */
function senderOf(page: ReturnType<typeof pageOf>, terms: KeeperTerms) {
  let [dirty, sending, closed] = [false, false, false];
  let callOff: (() => void) | null = null;
  const soon = (ms: number) => {
    callOff?.();
    if (!closed) callOff = terms.later(ms, () => void send());
  };
  const send = async (): Promise<void> => {
    if (sending || !dirty || page.now().keeping.kind === "moved") return;
    sending = true;
    dirty = false;
    const outcome = await terms.save(page.kept());
    sending = false;
    if (outcome.ok) return saved(outcome.value);
    dirty = true;
    if (outcome.failure.code === "OUT_OF_ORDER") return await moved(outcome.failure);
    failed(outcome.failure);
  };
  const saved = ({ version, changedAt }: DraftListed) => {
    const keeping: Keeping = dirty ? { kind: "saving" } : { kind: "saved", at: changedAt };
    page.set({ over: version, keeping });
    terms.remember(dirty ? page.kept() : null);
    if (dirty) soon(PAUSE_MS);
  };
  const moved = async (because: Failure): Promise<void> => {
    const theirs = await terms.theirs();
    if (theirs.ok) return page.set({ keeping: { kind: "moved", theirs: theirs.value } });
    if (theirs.failure.code === "NOT_FOUND")
      return page.set({ keeping: { kind: "moved", theirs: null } });
    failed(because);
  };
  const failed = (failure: Failure) => {
    page.set({ keeping: { kind: "failed", failure } });
    soon(AGAIN_MS);
  };
  return {
    /** There is something to send; `null`: a time for it is set already. */
    changed: (ms: number | null) => {
      dirty = true;
      if (ms !== null) soon(ms);
    },
    forget: () => {
      dirty = false;
    },
    flush: () => void send(),
    close: () => {
      callOff?.();
      closed = true;
      void send();
    },
  };
}
