// SPDX-License-Identifier: Apache-2.0
/** Targets by their names, which stay what they are while the description of the control plane changes. */
import type { TargetDescription } from "@interlock/controlplane";
import { canonicalJson } from "@interlock/digest";
import { openTarget, type Secrets, type Target, type TargetFailure } from "@interlock/targets";

type Opened = { readonly place: string; readonly target: Target };

export type Targets = {
  /** One that lasts as long as this; `null`: nobody described one of that name, or it cannot be opened here. */
  readonly of: (name: string) => Target | null;
  /** Opens what is new, closes what is gone; why some cannot be opened, by name. */
  readonly follow: (all: readonly TargetDescription[]) => Promise<ReadonlyMap<string, string>>;
  readonly close: () => Promise<void>;
};

export function openTargets(secrets: Secrets): Targets {
  const opened = new Map<string, Opened>();
  const lasting = new Map<string, Target>();
  const now = (name: string): Target | null => opened.get(name)?.target ?? null;
  return {
    of: (name) => {
      if (now(name) === null) return null;
      const known = lasting.get(name) ?? through(name, () => now(name));
      lasting.set(name, known);
      return known;
    },
    follow: async (all) => {
      const troubles = new Map<string, string>();
      const places = new Map(all.map((one) => [one.name, canonicalJson(one)]));
      for (const [name, { place, target }] of [...opened]) {
        if (places.get(name) === place) continue;
        opened.delete(name);
        await target.close();
      }
      for (const one of all) {
        if (opened.has(one.name)) continue;
        const answer = await openTarget(one, secrets);
        if (answer.ok)
          opened.set(one.name, { place: places.get(one.name) ?? "", target: answer.value });
        else troubles.set(one.name, `${answer.failure.message}; ${answer.failure.help}`);
      }
      return troubles;
    },
    close: async () => {
      for (const { target } of opened.values()) await target.close();
      opened.clear();
    },
  };
}

const GONE: TargetFailure = {
  code: "TARGET_AWAY",
  message: "the description of the control plane does not name it any more",
  help: "see `interlock control-plane show`",
};

/** A rollout goes on with what its target is called, whatever stands behind the name now. */
function through(name: string, now: () => Target | null): Target {
  const none = { ok: false, failure: GONE } as const;
  return {
    name,
    get kind() {
      return now()?.kind ?? "files";
    },
    get abilities() {
      return now()?.abilities ?? { atomic: false, fences: false, remembers: false };
    },
    read: async (cell, keys) => (await now()?.read(cell, keys)) ?? none,
    list: async (cell, page) => (await now()?.list(cell, page)) ?? none,
    write: async (batch) => (await now()?.write(batch)) ?? { kind: "away", failure: GONE },
    watch: (since, signal) => now()?.watch(since, signal) ?? nothing(),
    lastWriter: async (asked) =>
      (await now()?.lastWriter?.(asked)) ?? ({ ok: true, value: null } as const),
    health: async () => (await now()?.health()) ?? { answers: false, says: GONE.message },
    close: () => Promise.resolve(),
  };
}

async function* nothing(): AsyncGenerator<never> {
  // Nothing changes in what is not there.
}
