// SPDX-License-Identifier: Apache-2.0

/** What a command destroys. `data`: it holds state that only a backup can bring back. */
export type Danger = { readonly what: string; readonly tags: readonly string[] };

type Row = readonly [pattern: RegExp, what: string, ...tags: readonly string[]];

/**
 * Commands of known tools that destroy. The pattern meets the arguments joined by single spaces.
 * `data`, `all` (everything the tool can reach) and `unasked` (asks nobody) are told apart by rules.
 */
const KNOWN: Readonly<Record<string, readonly Row[]>> = {
  terraform: [[/(?:^|\s)destroy\b|\bapply\b.*\s-destroy\b/, "infrastructure", "data", "all"]],
  pulumi: [
    [/(?:^|\s)(?:destroy|down)\b/, "infrastructure", "data", "all"],
    [/\bstack rm\b/, "infrastructure", "data"],
  ],
  cdk: [[/(?:^|\s)destroy\b/, "infrastructure", "data"]],
  serverless: [[/(?:^|\s)remove\b/, "infrastructure", "data"]],
  kubectl: [
    [/\bdelete (?:ns|namespaces?)\b/, "namespace", "data"],
    [/\bdelete (?:pvc?|persistentvolume\w*)\b/, "volume", "data"],
    [/\bdelete (?:crds?|customresourcedefinitions?)\b/, "objects", "data"],
    [/\bdelete\b.*\s--all(?:-namespaces)?(?:\s|$)/, "objects", "all"],
    [/\bdelete\b/, "objects"],
    [/\bdrain\b/, "capacity"],
  ],
  helm: [[/(?:^|\s)(?:uninstall|delete|del)\b/, "release"]],
  helmfile: [[/(?:^|\s)(?:destroy|delete)\b/, "release", "all"]],
  etcdctl: [
    [/\bdel\b.*(?:\s--prefix|\s--from-key)/, "keys", "data", "all"],
    [/\bdel\b|\bmember remove\b/, "keys", "data"],
  ],
  consul: [
    [/\bkv delete\b.*-recurse/, "keys", "data", "all"],
    [/\bkv delete\b/, "keys", "data"],
  ],
  vault: [
    [
      /\b(?:secrets disable|kv (?:metadata delete|destroy)|lease revoke.*-prefix|delete)\b/,
      "secrets",
      "data",
    ],
  ],
  "redis-cli": [[/\bflush(?:all|db)\b/i, "cache", "data", "all"]],
  mongosh: [
    [
      /\bdropDatabase\b|\.drop\(|\.(?:deleteMany|remove)\(\s*(?:\{\s*\})?\s*\)/,
      "database",
      "data",
      "all",
    ],
  ],
  mongo: [
    [
      /\bdropDatabase\b|\.drop\(|\.(?:deleteMany|remove)\(\s*(?:\{\s*\})?\s*\)/,
      "database",
      "data",
      "all",
    ],
  ],
  dropdb: [[/./, "database", "data", "all", "unasked"]],
  mysqladmin: [[/(?:^|\s)drop\b/, "database", "data", "all"]],
  pg_dropcluster: [[/./, "database", "data", "all"]],
  patronictl: [[/\bremove\b|\breinit\b/, "database", "data"]],
  prisma: [
    [
      /\bmigrate reset\b|\bdb push\b.*--(?:accept-data-loss|force-reset)/,
      "database",
      "data",
      "all",
    ],
    [/\bdb push\b/, "database", "data", "schema-push"],
  ],
  "drizzle-kit": [[/\b(?:push|drop)\b/, "database", "data", "schema-push"]],
  typeorm: [[/\bschema:(?:drop|sync)\b/, "database", "data", "all"]],
  sequelize: [[/\bdb:drop\b|\bdb:migrate:undo:all\b/, "database", "data", "all"]],
  "sequelize-cli": [[/\bdb:drop\b|\bdb:migrate:undo:all\b/, "database", "data", "all"]],
  knex: [[/\bmigrate:rollback\b.*--all/, "database", "data", "all"]],
  rails: [
    [
      /\bdb:(?:drop|reset|purge|setup|schema:load|migrate:reset|seed:replant|truncate_all)\b/,
      "database",
      "data",
      "all",
    ],
  ],
  rake: [
    [
      /\bdb:(?:drop|reset|purge|setup|schema:load|migrate:reset|seed:replant|truncate_all)\b/,
      "database",
      "data",
      "all",
    ],
  ],
  manage: [
    [
      /\b(?:flush|reset_db|sqlflush|reset_schema)\b|\bmigrate \w+ zero\b/,
      "database",
      "data",
      "all",
    ],
  ],
  "django-admin": [[/\b(?:flush|reset_db)\b/, "database", "data", "all"]],
  artisan: [[/\b(?:migrate:(?:fresh|reset|refresh)|db:wipe)\b/, "database", "data", "all"]],
  flyway: [[/\bclean\b/, "database", "data", "all"]],
  liquibase: [[/\bdrop-?all\b/i, "database", "data", "all"]],
  alembic: [[/\bdowngrade base\b/, "database", "data", "all"]],
  mix: [[/\becto\.(?:drop|reset)\b/, "database", "data", "all"]],
  dbmate: [[/(?:^|\s)drop\b/, "database", "data", "all"]],
  sqlx: [[/\bdatabase (?:drop|reset)\b/, "database", "data", "all"]],
  diesel: [[/\bdatabase reset\b/, "database", "data", "all"]],
  goose: [[/\breset\b|\bdown-to 0\b/, "database", "data", "all"]],
  migrate: [[/(?:^|\s)(?:drop|reset|fresh)\b|\bdown\b.*(?:-all|\s999)/, "database", "data", "all"]],
  supabase: [[/\bdb reset\b|\bprojects delete\b/, "database", "data", "all"]],
  heroku: [[/\bpg:reset\b|\bapps:destroy\b|\baddons:destroy\b/, "database", "data", "all"]],
  aws: [
    [
      /\bs3 rb\b|\bs3 rm\b.*--recursive|\bs3api delete-(?:bucket|objects)\b|\bs3 sync\b.*--delete/,
      "bucket",
      "data",
    ],
    [
      /\b(?:rds|docdb|neptune|dynamodb|elasticache|redshift|memorydb|timestream\S*|opensearch|es|kafka|efs|fsx|dax)\b.*\bdelete-/,
      "database",
      "data",
    ],
    [/\bec2 (?:delete-(?:volume|snapshot)|deregister-image)/, "volume", "data"],
    [/\b(?:eks|ecs|emr) delete-cluster\b/, "cluster", "data"],
    [/\bcloudformation delete-stack\b/, "infrastructure", "data"],
    [/\bec2 terminate-instances\b|\bautoscaling (?:delete|terminate)/, "capacity"],
    [/\bsqs (?:purge|delete)-queue\b|\bkinesis delete-stream\b/, "queue", "data"],
    [/\bkms (?:schedule-key-deletion|disable-key)\b/, "key", "data"],
    [/\biam delete-access-key\b|\bsecretsmanager delete-secret\b/, "credential"],
    [/\broute53 delete-hosted-zone\b/, "zone", "data"],
    [/\bbackup delete-/, "backup", "data"],
  ],
  gcloud: [
    [
      /\bsql (?:instances|databases|backups)\b.*\bdelete\b|\b(?:spanner|bigtable|firestore|redis|alloydb)\b.*\bdelete\b/,
      "database",
      "data",
    ],
    [/\bcontainer clusters delete\b/, "cluster", "data"],
    [/\bprojects delete\b/, "project", "data", "all"],
    [/\bcompute (?:disks|snapshots|images|machine-images)\b.*\bdelete\b/, "volume", "data"],
    [/\bstorage (?:rm|buckets delete)\b/, "bucket", "data"],
    [/\bcompute (?:instances|instance-groups)\b.*\bdelete\b/, "capacity"],
    [/\bdns managed-zones delete\b/, "zone", "data"],
    [/\bpubsub\b.*\bdelete\b/, "queue", "data"],
    [/\biam service-accounts keys delete\b|\bsecrets delete\b/, "credential"],
    [/\bdelete\b/, "objects"],
  ],
  az: [
    [/\bgroup delete\b/, "infrastructure", "data", "all"],
    [/\b(?:sql|cosmosdb|postgres|mysql|redis)\b.*\bdelete\b/, "database", "data"],
    [/\bstorage\b.*\bdelete(?:-batch)?\b|\bdisk delete\b/, "bucket", "data"],
    [/\baks delete\b/, "cluster", "data"],
    [/\bkeyvault\b.*\b(?:delete|purge)\b/, "key", "data"],
    [/\bvm delete\b/, "capacity"],
  ],
  gsutil: [
    [/\brm\b.*-r|\brb\b|\brsync\b.*-d\b/i, "bucket", "data"],
    [/\brm\b/, "objects"],
  ],
  bq: [[/\brm\b/, "database", "data"]],
  rclone: [[/\b(?:purge|delete|sync)\b/, "bucket", "data"]],
  mc: [[/\brm\b.*--recursive|\brb\b/, "bucket", "data"]],
  s3cmd: [[/\bdel\b.*--recursive|\brb\b/, "bucket", "data"]],
  eksctl: [[/\bdelete (?:cluster|nodegroup)\b/, "cluster", "data"]],
  kops: [[/\bdelete cluster\b/, "cluster", "data"]],
  doctl: [[/\b(?:databases|volume|kubernetes cluster)\b.*\b(?:delete|rm)\b/, "database", "data"]],
  nomad: [[/\bjob stop\b|\bstop -purge\b/, "service"]],
  docker: [
    [
      /\bvolume (?:rm|prune)\b|\bsystem prune\b.*--volumes|\bcompose\b.*\bdown\b.*\s(?:-v|--volumes)\b/,
      "volume",
      "data",
    ],
    [/\b(?:stack|service|swarm) (?:rm|remove|leave)\b/, "service"],
  ],
  "docker-compose": [[/\bdown\b.*\s(?:-v|--volumes)\b/, "volume", "data"]],
  "kafka-topics": [[/--delete\b/, "topic", "data"]],
  "kafka-delete-records": [[/./, "topic", "data"]],
  rabbitmqctl: [
    [/\b(?:reset|force_reset|delete_vhost|purge_queue|delete_queue)\b/, "queue", "data"],
  ],
  zkcli: [[/\b(?:deleteall|rmr)\b/, "keys", "data", "all"]],
  mkfs: [[/./, "disk", "data", "all", "unasked"]],
  wipefs: [[/./, "disk", "data", "all", "unasked"]],
  shred: [[/\/dev\//, "disk", "data", "all", "unasked"]],
  blkdiscard: [[/./, "disk", "data", "all", "unasked"]],
  dd: [[/\bof=\/dev\/(?!null|stdout|stderr|zero|fd)/, "disk", "data", "all", "unasked"]],
  lvremove: [[/./, "volume", "data"]],
  vgremove: [[/./, "volume", "data"]],
  zfs: [[/\bdestroy\b/, "volume", "data"]],
  zpool: [[/\bdestroy\b/, "volume", "data", "all"]],
  ceph: [[/\b(?:osd purge|osd destroy|pool delete|fs rm)\b/, "volume", "data"]],
  rbd: [[/\b(?:rm|remove|snap purge)\b/, "volume", "data"]],
  pvremove: [[/./, "volume", "data"]],
  borg: [[/\b(?:delete|prune)\b/, "backup", "data"]],
  restic: [[/\bforget\b.*--prune|\bprune\b/, "backup", "data"]],
  git: [
    [
      /\bpush\b.*\s(?:-f|--force)(?:\s|$)|\bpush\b.*\s\+\S+|\bpush\b.*\s--mirror\b/,
      "branch",
      "history",
    ],
    [/\bpush\b.*\s(?:--delete|-d)\s|\bpush\s+\S+\s+:\S+/, "branch"],
  ],
  "git-filter-repo": [[/./, "branch", "history"]],
  crontab: [[/(?:^|\s)-r(?:\s|$)/, "jobs", "all"]],
  wrangler: [
    [
      /\b(?:d1 delete|r2 bucket delete|kv:?\s?namespace delete|queues delete|delete)\b/,
      "service",
      "data",
    ],
  ],
  railway: [[/\b(?:volume delete|down|delete)\b/, "volume", "data"]],
  flyctl: [[/\b(?:apps|volumes|postgres)\b.*\bdestroy\b/, "volume", "data"]],
  velero: [[/\b(?:backup|schedule) delete\b/, "backup", "data"]],
};

const SAME: Readonly<Record<string, string>> = {
  tofu: "terraform",
  terragrunt: "terraform",
  tf: "terraform",
  oc: "kubectl",
  k: "kubectl",
  kubectl_bin: "kubectl",
  sls: "serverless",
  fly: "flyctl",
  zkcli: "zkcli",
  "kafka-topics.sh": "kafka-topics",
  "valkey-cli": "redis-cli",
  podman: "docker",
  bundle: "rails",
};

/** The destructive meaning of a known tool's arguments; `undefined` for a tool that is not known. */
export function knownDanger(tool: string, args: string): Danger | null | undefined {
  const base = tool.startsWith("mkfs.") ? "mkfs" : (SAME[tool] ?? tool);
  if (/^(?:python3?|node|php|ruby|npx|npm|yarn|pnpm|bun|poetry|pipenv|uv|bundle)$/.test(tool))
    return runner(args);
  const rows = Object.hasOwn(KNOWN, base) ? KNOWN[base] : undefined;
  if (rows === undefined) return undefined;
  const row = rows.find(([pattern]) => pattern.test(args));
  if (row === undefined) return null;
  const [, what, ...tags] = row;
  return { what, tags };
}

/** `npm run db:push`, `python manage.py flush`, `php artisan migrate:fresh`, `bundle exec rake db:drop`. */
function runner(args: string): Danger | null {
  const [first = "", ...more] = args.replace(/^(?:run|exec|dlx|-m|x)\s+/, "").split(" ");
  const name = first.slice(first.lastIndexOf("/") + 1).replace(/\.(?:py|php|js|rb)$/, "");
  if (SCRIPT_NAME.test(name))
    return { what: "database", tags: ["data", /push|sync/i.test(name) ? "schema-push" : "all"] };
  return Object.hasOwn(KNOWN, name) ? (knownDanger(name, more.join(" ")) ?? null) : null;
}

/** Names that projects give to scripts which rebuild or empty a database. */
const SCRIPT_NAME =
  /^(?:db|database|schema|prisma|drizzle|migrate|migration)s?[:_-](?:push|reset|drop|wipe|fresh|nuke|sync|truncate|clean|purge|flush)\b/i;
