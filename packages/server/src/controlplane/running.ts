// SPDX-License-Identifier: Apache-2.0
/**
 * The control plane of a running server: targets and signals as the description says that two people
 * signed, whichever is in force by now. Several servers on one database follow the same one.
 */
import type { Description } from "@interlock/controlplane";
import type { Verdict } from "@interlock/core";
import { read, type Store } from "@interlock/store";
import type { Target } from "@interlock/targets";
import type { PeopleBook } from "../people/book.ts";
import type { Analyst } from "../rollouts/terms.ts";
import { type OpenSignals, openSignals, type SignalsNow } from "../signals/opening.ts";
import { secretsOfMachine } from "../signals/sources/secrets.ts";
import { type Described, describedNow } from "./described.ts";
import { openTargets } from "./targets.ts";

export type ControlPlaneTerms = {
  readonly store: Store;
  readonly book: PeopleBook;
  readonly now: () => number;
  readonly fetch: typeof fetch;
  /** Told once of whatever keeps a part of it from working; `null`: it works again. */
  readonly onTrouble: (part: string, says: string | null) => void;
  /** Another description is in force. */
  readonly onChange: () => void;
  /** Harm that the analysis saw without being asked. */
  readonly onHarm: (rollout: string, verdicts: readonly Verdict[]) => void;
};

export type ControlPlane = {
  readonly plane: () => Promise<Description | null>;
  readonly target: (name: string) => Target | null;
  readonly analyst: Analyst;
  /** What routes about signals need; another one after the description changed. */
  readonly signals: () => SignalsNow;
  /** Looks which description is in force. */
  readonly follow: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const FOLLOW_MS = 2_000;

/** Opens nothing before the first look, which this waits for; looks again by itself. */
export async function openControlPlane(terms: ControlPlaneTerms): Promise<ControlPlane> {
  const plane = new Running(terms);
  await plane.follow();
  plane.again();
  return plane;
}

class Running implements ControlPlane {
  private readonly terms: ControlPlaneTerms;
  private readonly targets = openTargets((reference) =>
    Promise.resolve(secretsOfMachine(reference)),
  );
  private readonly troubles = new Map<string, string>();
  private described: Described | null = null;
  private open: (OpenSignals & { readonly stop: () => void }) | null = null;
  private following: Promise<void> | null = null;
  private next: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(terms: ControlPlaneTerms) {
    this.terms = terms;
  }

  readonly target = (name: string): Target | null => this.targets.of(name);

  readonly plane = async (): Promise<Description | null> => {
    await this.follow();
    return this.described?.description ?? null;
  };

  readonly signals = (): SignalsNow => this.open ?? this.nothing;

  readonly analyst: Analyst = {
    ask: async (plan, effect, about) =>
      (await this.open?.analysis.ask(plan, { ...effect, ...about })) ?? [],
    ended: async (rollout) => await this.open?.analysis.ended(rollout),
  };

  /** A look that is under way may have read before what its caller knows of was there: they get the next. */
  readonly follow = (): Promise<void> => {
    if (this.following === null) return this.begin();
    const next = () => {
      this.next = null;
      return this.following ?? this.begin();
    };
    this.next ??= this.following.then(next, next);
    return this.next;
  };

  readonly again = (): void => {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.follow().finally(this.again), FOLLOW_MS);
    this.timer.unref();
  };

  readonly close = async (): Promise<void> => {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await (this.next ?? this.following);
    await this.open?.close();
    await this.targets.close();
  };

  private get nothing(): SignalsNow {
    const { store, now } = this.terms;
    return {
      ...{ store, now, signals: [], analysis: null, trouble: new Map() },
      ...{ cellsOf: () => [], asyncFailureMsOf: () => 0 },
    };
  }

  private begin(): Promise<void> {
    this.following = this.look().finally(() => {
      this.following = null;
    });
    return this.following;
  }

  /** A text that is not the signed one drives nothing; a database that is away changes nothing. by (fail-closed) */
  private async look(): Promise<void> {
    if (this.closed) return;
    const { store, book, onChange } = this.terms;
    const asked = await read(store, (db) => describedNow(book, db));
    if (!asked.ok) return;
    const said = asked.value;
    this.tell("the description", said.ok ? null : said.failure.message);
    const next = said.ok ? said.value : null;
    const same = next?.digest === this.described?.digest;
    this.described = next;
    // A credential that is put where the description names it is found at the next look.
    if (!same || this.troubles.has("targets")) await this.openTargets();
    if (same) return;
    await this.openSignals(next?.description ?? null);
    onChange();
  }

  private async openTargets(): Promise<void> {
    const troubles = await this.targets.follow(this.described?.description.targets ?? []);
    this.tell("targets", troubles.size === 0 ? null : [...troubles.values()].join("; "));
  }

  private async openSignals(description: Description | null): Promise<void> {
    await this.open?.close();
    this.open = null;
    if (description === null) return;
    const { store, now, fetch, onHarm } = this.terms;
    const opened = openSignals(
      {
        ...description,
        onSource: (signal, says) => this.tell(`the signal \`${signal}\``, says),
      },
      { store, now, fetch, onFault: (error) => this.tell("the analysis", String(error)) },
    );
    this.tell("signals", opened.ok ? null : opened.failure.message);
    if (!opened.ok) return;
    const stop = opened.value.analysis.listen(onHarm);
    this.open = { ...opened.value, stop };
    opened.value.start();
  }

  private tell(part: string, says: string | null): void {
    if ((this.troubles.get(part) ?? null) === says) return;
    if (says === null) this.troubles.delete(part);
    else this.troubles.set(part, says);
    this.terms.onTrouble(part, says);
  }
}
