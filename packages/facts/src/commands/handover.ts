// SPDX-License-Identifier: Apache-2.0
/** Commands that make another machine the one that serves. */

type Row = readonly [tools: RegExp, args: RegExp];

const HANDOVERS: readonly Row[] = [
  [
    /^aws$/,
    /\s(?:rds|neptune|docdb)\s(?:failover-\S+|promote-read-replica\S*|switchover-\S+)|\selasticache\s(?:test-failover|failover-\S+)|\srds\sreboot-db-\S+.*\s--force-failover\b/,
  ],
  [/^gcloud$/, /\s(?:sql|redis)\sinstances\s(?:failover|promote-replica|switchover)\b/],
  [
    /^az$/,
    /\sreplica\s(?:promote|stop-replication)\b|\sfailover-group\sset-primary\b|\sfailover-priority-change\b|\s(?:redis|mysql|postgres|sql)\s.*\bfailover\b/,
  ],
  [/^pg_ctl(?:cluster)?$/, /\spromote\b/],
  [/^patronictl$/, /\s(?:failover|switchover)\b/],
  [/^repmgr$/, /\sstandby\s(?:promote|switchover)\b/],
  [/^orchestrator(?:-client)?$/, /\b(?:graceful|force)-master-(?:takeover|failover)\b/],
  [/^mysqlrpladmin$/, /\b(?:failover|switchover)\b/],
  [/^redis-cli$/, /\sfailover\b|\s(?:replicaof|slaveof)\sno\sone\b/i],
  [/^mongo(?:sh)?$/, /\brs\.stepDown\(/],
  [/^etcdctl$/, /\smove-leader\b/],
  [/^kubectl$/, /\scnpg\spromote\b/],
  [/^vtctl(?:d)?client$/, /\b(?:Planned|Emergency)ReparentShard\b/],
];

/** Whether the command hands the role of serving to another machine; `args` begin with a space. */
export function handsOver(tool: string, args: string): boolean {
  return HANDOVERS.some(([tools, pattern]) => tools.test(tool) && pattern.test(args));
}
