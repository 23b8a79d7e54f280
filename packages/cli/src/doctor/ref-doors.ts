// SPDX-License-Identifier: Apache-2.0
/** Which refs the gate does not hold, and when. */
import type { Policy } from "@interlock/core";
import { openRepository, type Repository } from "@interlock/facts";
import type { Place } from "../hook/install.ts";
import { protectionOf, type Settings } from "../hook/settings.ts";
import { workspaceAt } from "../judge/workspace.ts";
import { type Found, type Look, listed, seen } from "./door.ts";
import { declared, standingTargets } from "./if-down.ts";
import type { Gated } from "./repository.ts";

export async function refDoors(gated: Gated): Promise<Look> {
  const { settings, place } = gated;
  if (settings === null) return { doors: [], unseen: ["refs: without settings none is protected"] };
  const repository = await openRepository(place.gitDir);
  try {
    const { refs } = await repository.refs("refs/");
    const names = refs.map(({ name }) => name);
    return seen([
      ...unprotected(gated, settings, names),
      ...(await ifDown(place, settings)),
      ...(await observing(repository, settings, refs)),
    ]);
  } finally {
    repository.close();
  }
}

function* unprotected(
  { place }: Gated,
  settings: Settings,
  names: readonly string[],
): Generator<Found> {
  const all = settings.protect.map(({ ref, tier }) =>
    tier === undefined ? ref : `${ref}:${tier}`,
  );
  const protect = (more: string) =>
    `interlock hook install --repo ${place.gitDir} --server ${settings.server} --token-file FILE --protect ${[...all, more].join(" ")}`;
  if (protectionOf(place.main, settings) === null)
    yield {
      id: "default-branch-unprotected",
      says: `the default branch \`${place.main}\` is not protected`,
      why: "it is what people clone and pipelines build",
      next: protect(place.main),
    };
  const open = names.filter((name) => protectionOf(name, settings) === null && name !== place.main);
  if (open.length > 0)
    yield {
      id: "refs-unprotected",
      says: `nothing judges what is pushed to ${listed(open)}`,
      why: "fine for work in progress, and not for what a pipeline deploys from",
      next: protect(open[0] ?? ""),
    };
}

async function ifDown(place: Place, settings: Settings): Promise<readonly Found[]> {
  const targets = declared(await standingTargets(place.gitDir, settings), settings);
  const open = targets.filter(({ tiers }) =>
    tiers.some(({ while: during }) => Object.values(during).includes("goes on")),
  );
  return open.length === 0
    ? []
    : [
        {
          id: "if-down-open",
          says: `while the server is away, pushes to ${listed(open.map(({ ref }) => ref))} land without it`,
          why: "whoever can keep the server from answering chooses when that is; each such push is kept on record only",
          next: "interlock doctor --if-down shows what goes on; `ifDown` of the policy lets it",
        },
      ];
}

type Ref = { readonly name: string; readonly target: string };

/** Protected refs whose own policy holds nothing yet. */
async function observing(
  repository: Repository,
  settings: Settings,
  refs: readonly Ref[],
): Promise<readonly Found[]> {
  const idle: string[] = [];
  for (const { name, target } of refs.filter((ref) => protectionOf(ref.name, settings) !== null)) {
    const { policies } = await workspaceAt(repository, target, { after: null });
    const read = policies.flatMap((one) => (one.kind === "policy" ? [one.policy.policy] : []));
    if (read.length > 0 && read.every(holdsNothing)) idle.push(name);
  }
  return idle.length === 0
    ? []
    : [
        {
          id: "policy-observes",
          says: `the policy of ${listed(idle)} enforces no rule`,
          why: "in `observe` and `warn` the gate records and says what it would have held, and lets it land",
          next: "run `interlock enforce RULE` for a rule of your choice, or set `mode: enforce` in interlock/policy.yaml",
        },
      ];
}

const holdsNothing = ({ mode, rules, overrides }: Policy): boolean =>
  mode !== "enforce" &&
  rules.every((rule) => rule.mode !== "enforce") &&
  overrides.every(
    ({ mode: own, until }) => own !== "enforce" || (until !== undefined && until <= Date.now()),
  );
