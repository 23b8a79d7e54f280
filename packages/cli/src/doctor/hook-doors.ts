// SPDX-License-Identifier: Apache-2.0
/** Is the hook there, whole, and the one that git runs? */
import { existsSync, lstatSync } from "node:fs";
import { recordsKept } from "../hook/away.ts";
import { wordsOfHook } from "../hook/install.ts";
import type { Found } from "./door.ts";
import type { Gated } from "./repository.ts";

export function* hookDoors(gated: Gated): Generator<Found> {
  const { place, settings, fault, hook } = gated;
  const install = `interlock hook install --repo ${place.gitDir} --server URL --token-file FILE`;
  if (hook === null)
    yield {
      id: "hook-missing",
      says: `\`${place.hook}\` is not the hook of interlock`,
      why: "every push lands without being judged",
      next: install,
    };
  else yield* ofHook(gated, hook, install);
  if (settings === null)
    yield {
      id: "settings-missing",
      says: `the repository has no settings that can be used: ${fault}`,
      why: "nothing says which refs are protected, and by which server; the hook refuses all pushes, or, in a shared folder of hooks, none",
      next: install,
    };
  if (place.shared)
    yield {
      id: "hooks-elsewhere",
      says: `git takes hooks from outside of this repository: \`${place.hook}\``,
      why: "whoever keeps that folder decides what runs here, and a configuration that is read later moves it again",
      next: `git --git-dir ${place.gitDir} config --show-origin --get-all core.hooksPath, and unset it there`,
    };
  const landed = recordsKept(place.gitDir);
  if (landed > 0)
    yield {
      id: "landed-while-away",
      says: `${landed} push(es) landed while the server did not answer`,
      why: "nobody has judged them since, and no entry of the ledger names them",
      next: `read ${place.gitDir}/interlock-away.jsonl, have the changes reviewed, and move the file away`,
    };
}

function* ofHook({ place }: Gated, hook: string, install: string): Generator<Found> {
  const words = wordsOfHook(hook);
  if (words === null)
    yield {
      id: "hook-changed",
      says: `\`${place.hook}\` is not as \`interlock hook install\` writes it`,
      why: "it may let through what the server holds",
      next: install,
    };
  if ((lstatSync(place.hook).mode & 0o111) === 0)
    yield {
      id: "hook-not-run",
      says: `\`${place.hook}\` may not be run`,
      why: "git passes over a hook without the right to run, and every push lands",
      next: `chmod 755 ${place.hook}`,
    };
  const gone = (words ?? []).filter((word) => word.startsWith("/") && !existsSync(word));
  if (gone.length > 0)
    yield {
      id: "hook-program-gone",
      says: `the hook starts \`${gone.join("`, `")}\`, which is not there`,
      why: "no push lands, and in such hours hooks get removed",
      next: install,
    };
}
