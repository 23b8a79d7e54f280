// SPDX-License-Identifier: Apache-2.0
/** What judging for a forge takes from outside, whichever forge it is. */
import type { Decision, Facts } from "@interlock/core";
import type { Place } from "@interlock/protocol";
import type { Store } from "@interlock/store";
import type { Gate } from "../gate/gate.ts";
import type { GivenPolicy } from "../gate/policies.ts";
import type { Answer } from "../http/bind.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Proving } from "../ledger/proving.ts";
import type { PeopleBook } from "../people/book.ts";

/** One movement of the branch that a change comes from. Ids are those of git, zeros for nothing. */
export type BranchPush = {
  /** An account such as `github:ana`. */
  readonly by: string;
  readonly before: string;
  readonly after: string;
};

export type GatherRequest = {
  /** The bare mirror, which has every commit that is named here. */
  readonly gitDir: string;
  /** Tip of the target, and what would be merged into it. */
  readonly base: string;
  readonly head: string;
  /**
   * The commit that people looked at and pushed: what lands may be another one with the same content,
   * as in a merge queue, and then says less of who wrote it.
   */
  readonly source: string;
  /** Tip of the default branch, which tells which repository this is. */
  readonly main: string;
  /** Full name of the ref. */
  readonly target: string;
  /** Newest first; `null` where nobody watched the branch. */
  readonly pushes: readonly BranchPush[] | null;
  /** Accounts that brought the change besides, such as who opened the pull request. */
  readonly broughtBy: readonly string[];
};

export type Gathered = {
  readonly place: Place;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly policies: readonly GivenPolicy[];
};

/** Reads a change out of a mirror, in a process of its own: the repository is hostile and may be huge. */
export type Gather = (request: GatherRequest, stop: AbortSignal) => Promise<Answer<Gathered>>;

export type Annotation = {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly level: "error" | "warning" | "note";
  readonly title: string;
  readonly message: string;
};

/** A decision as a forge shows it. `summary` is Markdown in which text of the change is inert. */
export type Report = {
  readonly title: string;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
};

export type Reportable = {
  readonly facts: Facts;
  readonly decision: Decision;
  readonly policies: readonly GivenPolicy[];
  readonly words: readonly string[];
  readonly url: string;
};

export type ForgeTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "append">;
  readonly book: PeopleBook;
  readonly gate: Gate;
  readonly proving: Proving;
  readonly now: () => number;
  /** Of the console, for links. */
  readonly origin: string;
  /** The people of this organisation, joined with those whom the repository knows. */
  readonly joinPeople: (people: Facts["people"]) => Promise<Facts["people"]>;
  readonly gather: Gather;
  readonly report: (judged: Reportable) => Report;
  /** Folder for the bare mirrors. */
  readonly mirrors: string;
  readonly onTrouble: (message: string) => void;
  /** Ends what is under way when the server stops; whatever it was is done again. */
  readonly stop: AbortSignal;
  /** How often jobs are looked for that nobody told this server of; milliseconds. */
  readonly pollMs?: number;
};
