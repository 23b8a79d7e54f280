// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { commandsSource } from "../../src/commands/source.ts";
import { changedFile } from "../../src/gather/changed-file.ts";
import { world } from "../sql/changed-file.ts";

type Row = {
  readonly name: string;
  readonly path?: string;
  readonly before?: string;
  readonly after: string;
  readonly found: readonly string[];
};

async function look({ path = "ops/run.sh", before, after }: Row): Promise<readonly string[]> {
  const file = changedFile({
    path,
    oldPath: null,
    status: before === undefined ? "added" : "modified",
    before: before ?? null,
    after,
  } as Parameters<typeof changedFile>[0]);
  const { deltas, gaps } = await commandsSource.read([file], world());
  expect(gaps).toEqual([]);
  return deltas.map((one) => `${one.aspect} ${one.key}@${one.line}`);
}

const single: readonly Row[] = [
  {
    name: "the data folder of a database",
    after: 'rm -rf "$PGDATA"',
    found: ["destructive database@1"],
  },
  {
    name: "the root folder",
    after: "rm -rf / --no-preserve-root",
    found: ["wildcard-delete files@1"],
  },
  { name: "a stray home folder", after: "rm -rf build ~/", found: ["wildcard-delete files@1"] },
  {
    name: "an unset variable in front of a slash",
    after: 'rm -rf "$STEAMROOT/"*',
    found: ["wildcard-delete files@1"],
  },
  { name: "a set variable", after: 'STEAMROOT=/opt/steam\nrm -rf "$STEAMROOT/"*', found: [] },
  { name: "a strict script", after: 'set -euo pipefail\nrm -rf "$STEAMROOT/"*', found: [] },
  { name: "a loop variable", after: 'for d in a b; do rm -rf "$d/"*; done', found: [] },
  { name: "ordinary clean-up", after: "rm -rf build dist ./node_modules /tmp/x *.o", found: [] },
  {
    name: "terraform destroy behind sudo and cd",
    after: "cd infra && sudo -E terraform destroy -auto-approve",
    found: ["destructive infrastructure@1"],
  },
  {
    name: "a one-liner in a one-liner",
    after: `ssh db1 "sudo bash -c 'dropdb shop'"`,
    found: ["destructive database@1"],
  },
  {
    name: "a here-document for psql",
    after: "psql shop <<'SQL'\nselect 1;\ndelete from orders;\nSQL\n",
    found: ["destructive database@1"],
  },
  {
    name: "piped SQL",
    after: 'echo "drop database shop" | mysql -h db',
    found: ["destructive database@1"],
  },
  {
    name: "xargs",
    after: "redis-cli --scan --pattern 'a*' | xargs redis-cli FLUSHALL",
    found: ["destructive cache@1", "wildcard-delete cache@1"],
  },
  {
    name: "a namespace",
    after: "kubectl --context prod delete ns shop",
    found: ["destructive namespace@1"],
  },
  { name: "a dry run", after: "kubectl delete ns shop --dry-run=client", found: [] },
  {
    name: "a dry run that is none",
    after: "kubectl delete ns shop --dry-run=none",
    found: ["destructive namespace@1"],
  },
  {
    name: "an empty selector",
    after: "kubectl delete pods -l ''",
    found: ["destructive objects@1", "empty-filter -l@1"],
  },
  {
    name: "an empty selector from a variable",
    after: 'SEL=\nkubectl delete pods --selector="$SEL"',
    found: ["destructive objects@2", "empty-filter --selector@2"],
  },
  {
    name: "a bucket",
    after: "aws s3 rm s3://shop-data --recursive",
    found: ["destructive bucket@1", "wildcard-delete bucket@1"],
  },
  {
    name: "all keys under a prefix",
    after: "etcdctl del / --prefix",
    found: ["destructive keys@1", "wildcard-delete keys@1"],
  },
  { name: "a forced push", after: "git push --force origin main", found: ["destructive branch@1"] },
  {
    name: "a schema push by npm",
    after: "# freeze: true\nnpm run db:push      # drops tables\n",
    found: ["destructive database@2"],
  },
  { name: "a firewall flush", after: "iptables -F", found: ["filter-removed firewall@1"] },
  {
    name: "a stop",
    after: "kubectl scale deploy/web --replicas=0",
    found: ["service-stopped replicas@1"],
  },
  {
    name: "an operator's tool",
    after: "fleet remove --subsystem index --count 600",
    found: ["capacity-removed capacity@1"],
  },
  {
    name: "a credential",
    after: "storage-admin delete-credential --id old-key",
    found: ["credential-removed credential@1"],
  },
  {
    name: "everyday tools",
    after:
      "apt-get remove -y foo\nnpm uninstall x\ngit reset --hard\ndocker rm -f x\necho delete all",
    found: [],
  },
  {
    name: "clean-up by age",
    after: "find /srv/images -mtime +30 -delete",
    found: ["cleanup-job files@1"],
  },
  {
    name: "clean-up with a keep-list",
    after: "find /srv/images -mtime +30 ! -name 'base*' -delete",
    found: [],
  },
  {
    name: "an agent without permissions",
    after: "claude -p 'fix it' --dangerously-skip-permissions",
    found: ["agent-authority permissions@1"],
  },
  {
    name: "state from an archive",
    after:
      "tar xf terraform.tar.gz            # old state\nterraform destroy -auto-approve    # VPC, RDS",
    found: ["state-replaced state@1", "destructive infrastructure@2"],
  },
  {
    name: "a request that deletes a collection",
    after: "curl -X DELETE https://api.example.com/v1/prefixes",
    found: ["destructive network@1", "wildcard-delete network@1"],
  },
  {
    name: "every index",
    after: "curl -XDELETE 'http://es:9200/logs-*'",
    found: ["destructive objects@1", "wildcard-delete objects@1"],
  },
  { name: "a download", after: "curl -fsSL https://example.com/a?b -o x", found: [] },
  {
    name: "make variables",
    path: "Makefile",
    after: "clean:\n\t@rm -rf $(BUILD)/*\nnuke:\n\tterraform destroy\n",
    found: ["destructive infrastructure@4"],
  },
  {
    name: "a step of a pipeline",
    path: ".github/workflows/a.yml",
    after:
      "jobs:\n  a:\n    steps:\n      - run: |\n          echo hi\n          terraform destroy -auto-approve\n",
    found: ["destructive infrastructure@6"],
  },
  {
    name: "a runbook",
    path: "runbooks/db.md",
    after: "# Fix\n\n```sh\ndropdb shop\n```\n",
    found: ["destructive database@4"],
  },
  { name: "a manual", path: "README.md", after: "```sh\ndropdb shop\n```\n", found: [] },
  {
    name: "a mutation",
    path: "fix.graphql",
    after: 'mutation { volumeDelete(volumeId: "vol-prod-1") }\n',
    found: ["destructive volume@1"],
  },
  {
    name: "a mutation with variables",
    path: "app.graphql",
    after: "mutation D($id: ID!) { volumeDelete(volumeId: $id) }\n",
    found: [],
  },
  {
    name: "updates without a pipeline",
    path: "etc/apt/apt.conf.d/20auto-upgrades",
    before: 'APT::Periodic::Unattended-Upgrade "0";\n',
    after: 'APT::Periodic::Unattended-Upgrade "1";\n',
    found: ["unattended-update APT::Periodic::Unattended-Upgrade@1"],
  },
];

test.each(single)("reads $name", async (row) => {
  expect(await look(row)).toEqual(row.found);
});

const pairs: readonly Row[] = [
  {
    name: "test becomes prod",
    before: "elb-maint purge-stale --env test\n",
    after: "elb-maint purge-stale --env prod\n",
    found: ["target-switched --env@1"],
  },
  {
    name: "another machine",
    before: 'db2$ rm -rf "$PGDATA"     # replica, intended\n',
    after: 'db1$ rm -rf "$PGDATA"     # primary\n',
    found: ["target-switched host@1"],
  },
  {
    name: "more machines",
    before: "fleet remove --subsystem billing-index --count 6\n",
    after: "fleet remove --subsystem index --count 600\n",
    found: ["capacity-removed capacity@1"],
  },
  {
    name: "everything, and no longer read-only",
    before: "backbone assess --link sea-prn --read-only\n",
    after: "backbone assess --all        # drained every link\n",
    found: ["safety-removed --read-only@1", "scope-widened all@1"],
  },
  {
    name: "a database address",
    before: "DATABASE_URL=postgres://localhost/dev migrate reset\n",
    after: "DATABASE_URL=postgres://prod/app migrate reset\n",
    found: ["target-switched DATABASE_URL@1"],
  },
  {
    name: "the environment is left out and the old key goes",
    before: "wrangler secret put R2_KEY --env production && wrangler deploy --env production\n",
    after:
      "wrangler secret put R2_KEY && wrangler deploy      # default env\nstorage-admin delete-credential --id old-key\n",
    found: ["target-dropped --env@1", "target-dropped --env@1", "credential-removed credential@2"],
  },
  {
    name: "a dry run goes",
    before: "shopctl orders purge --older 30 --dry-run\n",
    after: "shopctl orders purge --older 30\n",
    found: ["destructive things@1", "cleanup-job things@1", "safety-removed --dry-run@1"],
  },
  {
    name: "old debt",
    before: "dropdb shop\n",
    after: "# a remark\ndropdb shop\necho done\n",
    found: [],
  },
  {
    name: "a query without its value",
    path: "clean.http",
    before: "GET /v1/prefixes?pending_delete=true\n",
    after: "GET /v1/prefixes?pending_delete          # ignored\nDELETE /v1/prefixes/{id}  x 1100\n",
    found: ["empty-filter pending_delete@1", "destructive network@2"],
  },
  {
    name: "other identifiers, for good",
    path: "order.json",
    before: '{"op":"delete","mode":"soft","ids":["app:1001","app:1002"]}\n',
    after: '{"op":"delete","mode":"permanent","ids":["site:2001","... 883 total"]}\n',
    found: ["safety-removed mode@1", "kind-switched ids@1", "wildcard-delete items@1"],
  },
  {
    name: "a wider scope",
    path: "order.json",
    before: '{"action":"disable","scope":"bucket","target":"reported"}\n',
    after:
      '{"action":"disable","scope":"product","target":"gateway","account_tags":["internal","production"]}\n',
    found: ["scope-widened scope@1"],
  },
  {
    name: "an order that is lost",
    path: "queue.yaml",
    before:
      "- { id: 1, op: add_index, name: idx_v2 }\n- { id: 2, op: drop_index, name: idx_v1, depends_on: [1] }\n",
    after: "- { id: 2, op: drop_index, name: idx_v1 }\n",
    found: ["order-lost depends_on@1"],
  },
];

test.each(pairs)("compares: $name", async (row) => {
  expect(await look(row)).toEqual(row.found);
});
