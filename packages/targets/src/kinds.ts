// SPDX-License-Identifier: Apache-2.0
import { openEtcd } from "./etcd/target.ts";
import { openFiles } from "./files/files.ts";
import { openGit } from "./git/git.ts";
import { openHttp } from "./http/target.ts";
import { openKubernetes } from "./kubernetes/target.ts";
import { openPostgres } from "./postgres/postgres.ts";
import type { Resolved } from "./secrets.ts";
import type { Answered, Target } from "./target.ts";

/** Checks the settings of its kind and opens the target. It may be away: that shows at the first call. */
export type OpenKind = (name: string, resolved: Resolved) => Promise<Answered<Target>>;

/** Every kind that can be driven. */
export const KINDS: Readonly<Partial<Record<Target["kind"], OpenKind>>> = {
  etcd: async (name, resolved) => openEtcd(name, resolved),
  files: openFiles,
  git: openGit,
  http: async (name, resolved) => openHttp(name, resolved),
  kubernetes: async (name, resolved) => openKubernetes(name, resolved),
  postgres: openPostgres,
};
