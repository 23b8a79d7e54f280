// SPDX-License-Identifier: Apache-2.0
import { readEtcdSettings } from "./etcd/settings.ts";
import { openEtcd } from "./etcd/target.ts";
import { filesSettings, openFiles } from "./files/files.ts";
import { openGit } from "./git/git.ts";
import { gitSettings } from "./git/settings.ts";
import { readHttpSettings } from "./http/settings.ts";
import { openHttp } from "./http/target.ts";
import { readKubernetesSettings } from "./kubernetes/settings.ts";
import { openKubernetes } from "./kubernetes/target.ts";
import { openPostgres } from "./postgres/postgres.ts";
import { postgresSettings } from "./postgres/settings.ts";
import type { Resolved } from "./secrets.ts";
import type { Answered, Target } from "./target.ts";

type Kind = {
  /** Checks the settings, and asks nobody. */
  readonly read: (resolved: Resolved) => Answered<unknown>;
  /** Checks them and opens the target. It may be away: that shows at the first call. */
  readonly open: (name: string, resolved: Resolved) => Promise<Answered<Target>>;
};

/** Every kind that can be driven. */
export const KINDS: Readonly<Partial<Record<Target["kind"], Kind>>> = {
  etcd: { read: readEtcdSettings, open: async (name, resolved) => openEtcd(name, resolved) },
  files: { read: filesSettings, open: openFiles },
  git: { read: gitSettings, open: openGit },
  http: { read: readHttpSettings, open: async (name, resolved) => openHttp(name, resolved) },
  kubernetes: {
    read: readKubernetesSettings,
    open: async (name, resolved) => openKubernetes(name, resolved),
  },
  postgres: { read: postgresSettings, open: openPostgres },
};
