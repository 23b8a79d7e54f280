// SPDX-License-Identifier: Apache-2.0
/** What goes on while something is away: as declared, and as the hook does it. */
import { existsSync } from "node:fs";
import { openRepository } from "@interlock/facts";
import { mayGoOnWithout, type Protected, protectionOf, type Settings } from "../hook/settings.ts";

export const AWAY = ["server", "database", "witness"] as const;
export type Away = (typeof AWAY)[number];

export type Outcome = "waits" | "goes on" | "is judged";

export type Declared = {
  readonly ref: string;
  readonly tier: number | null;
  readonly while: Readonly<Record<Away, Outcome>>;
};

/**
 * A server without its database answers that it cannot (503), which counts as its absence. A witness
 * that is away costs a checkpoint its cosignature and holds no decision up.
 */
export function declared(settings: Settings): readonly Declared[] {
  return settings.protect.map((how) => {
    const alone = expected(how, settings);
    const times = { server: alone, database: alone, witness: "is judged" } as const;
    return { ref: how.ref, tier: how.tier ?? null, while: times };
  });
}

export const expected = (how: Protected, settings: Settings): Outcome =>
  mayGoOnWithout(how, settings) ? "goes on" : "waits";

/** Refs that stand and are protected, with what is declared for them. */
export async function standingTargets(
  gitDir: string,
  settings: Settings,
): Promise<readonly { readonly ref: string; readonly tip: string; readonly how: Protected }[]> {
  if (!existsSync(gitDir)) return [];
  const repository = await openRepository(gitDir);
  try {
    const { refs } = await repository.refs("refs/");
    return refs.flatMap(({ name, target }) => {
      const how = protectionOf(name, settings);
      return how === null ? [] : [{ ref: name, tip: target, how }];
    });
  } finally {
    repository.close();
  }
}
