// SPDX-License-Identifier: Apache-2.0

/** Verbs after which something is gone. */
const GONE = new Set([
  "delete",
  "del",
  "destroy",
  "drop",
  "purge",
  "wipe",
  "remove",
  "terminate",
  "truncate",
  "flush",
  "erase",
  "reset",
  "nuke",
  "decommission",
  "deregister",
  "unregister",
  "withdraw",
  "evict",
  "drain",
  "detach",
  "uninstall",
  "prune",
  "obliterate",
  "shutdown",
  "deprovision",
  "expunge",
  "cleanup",
  "purgeall",
  "dropall",
  "deleteall",
  "reap",
  "retire",
]);
/** Verbs after which something no longer works, although it is still there. */
const STOPPED = new Set([
  "disable",
  "stop",
  "suspend",
  "deactivate",
  "revoke",
  "cordon",
  "isolate",
  "halt",
  "kill",
  "offline",
]);

/** What the things hold that a command names. */
const OBJECTS: readonly (readonly [RegExp, string, boolean])[] = [
  [
    /^(?:db|dbs|database|databases|table|tables|schema|schemas|rds|postgres|mysql|mongo|redis|sql|cluster|clusters|keyspace)$/,
    "database",
    true,
  ],
  [/^(?:volume|volumes|disk|disks|pvc|snapshot|snapshots|filesystem|storage|elb)$/, "volume", true],
  [/^(?:bucket|buckets|blob|blobs|archive|archives)$/, "bucket", true],
  [/^(?:backup|backups|dump|dumps)$/, "backup", true],
  [
    /^(?:stack|stacks|environment|environments|infrastructure|infra|project|projects|account|accounts|tenant|tenants|site|sites|org|organisation|organization|workspace|vpc|region)$/,
    "infrastructure",
    true,
  ],
  [/^(?:queue|queues|topic|topics|stream|streams)$/, "queue", true],
  [/^(?:index|indexes|indices|shard|shards)$/, "index", true],
  [
    /^(?:credential|credentials|key|keys|token|tokens|secret|secrets|cert|certificate|certificates|password)$/,
    "credential",
    false,
  ],
  [
    /^(?:prefix|prefixes|route|routes|record|records|zone|zones|dns|domain|domains|peer|peers|link|links|backbone)$/,
    "network",
    true,
  ],
  [
    /^(?:host|hosts|server|servers|node|nodes|instance|instances|vm|vms|capacity|fleet|machine|machines|rack)$/,
    "capacity",
    false,
  ],
  [/^(?:service|services|app|apps|product|feature|deployment|deployments)$/, "service", false],
  [
    /^(?:user|users|member|members|group|groups|role|roles|permission|permissions)$/,
    "access",
    false,
  ],
];

/** Splits an identifier into lower-case words: `volumeDelete`, `delete-credential`, `db:push`. */
export function nameWords(text: string): readonly string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** Whether the words of a name say that something goes or stops. */
export function verbOf(words: readonly string[]): "gone" | "stopped" | null {
  if (words.some((word) => GONE.has(word))) return "gone";
  return words.some((word) => STOPPED.has(word)) ? "stopped" : null;
}

/** What a name speaks of, and whether only a backup can bring it back. */
export function objectOf(
  words: readonly string[],
): { readonly what: string; readonly data: boolean } | null {
  for (const word of words) {
    const row = OBJECTS.find(([pattern]) => pattern.test(word));
    if (row !== undefined) return { what: row[1], data: row[2] };
  }
  return null;
}
