// SPDX-License-Identifier: Apache-2.0
import { type Catalog, importBackstage, type Repository } from "@interlock/facts";
import { JSON_SCHEMAS } from "@interlock/policy";
import { stringify } from "yaml";
import { type Doubt, peopleAmong, settled, type Verdict } from "./people.ts";
import { type Found, systemsIn } from "./systems.ts";

export type StarterFile = { readonly path: string; readonly text: string };

const BACKSTAGE_MAX = 500;
const COMMITS_READ = 2_000;
/** Whoever wrote nothing for a year before the newest commit is asked about when they do. */
const RECENT_MS = 365 * 86_400_000;

/** What editors complete and show for the files below `interlock/`. */
const SCHEMAS = ["policy", "policy-test", "catalog", "people"] as const;

/** The first line of a file, for YAML language servers; the path is relative to that file. */
const schemaLine = (schema: string): string => `# yaml-language-server: $schema=${schema}.json\n`;

/** A policy with a test, a catalog and people, each line saying where it comes from. */
export async function starterFiles(
  repository: Repository,
  ask: AskAbout,
): Promise<readonly StarterFile[]> {
  const head = await repository.resolve("HEAD");
  const paths = (await repository.list(head, "")).map((i) => i.path);
  const catalog = await catalogFrom(repository, head, paths);
  const found = catalog.systems.length > 0 ? [] : await systemsIn(repository, head, paths);
  return [
    { path: "interlock/policy.yaml", text: `${schemaLine("schema/policy")}${policyText()}` },
    {
      path: "interlock/tests/two-people-tier-1.yaml",
      text: `${schemaLine("../schema/policy-test")}${TEST}`,
    },
    {
      path: "interlock/catalog.yaml",
      text: `${schemaLine("schema/catalog")}${catalogText(catalog, found, paths)}`,
    },
    {
      path: "interlock/people.yaml",
      text: `${schemaLine("schema/people")}${await peopleText(repository, head, ask)}`,
    },
    ...SCHEMAS.map((name) => ({
      path: `interlock/schema/${name}.json`,
      text: `${JSON.stringify(JSON_SCHEMAS[name]())}\n`,
    })),
  ];
}

function policyText(): string {
  return `# Judged at the target branch: a change to this file is judged by this version and by its own.
policy: starter
version: 1
# observe records, warn says it, enforce holds. Nothing is blocked until you change this.
mode: observe
# What every change needs that no other rule covers.
otherwise:
  - approvals: { count: 1, from: owners }
# All rules are listed by \`interlock rules\`; each can be tuned here, with a reason.
packs:
  reliability-core: { mode: observe }
rules:
  - id: two-people-tier-1
    title: Two people besides the authors review every Tier-1 change
    when: change.systems.exists(s, s.tier == 1)
    covers: true
    require:
      - approvals: { count: 2, from: owners }
`;
}

const TEST = `# \`interlock policy test\` decides this; \`interlock schema policy-test\` describes every key.
# Whatever is left out is harmless: ana changes one file that payments (ana, bo, cy) own.
- case: one owner is not enough for Tier 1
  why: the second pair of eyes is the point of the rule
  given:
    systems: { checkout: { tier: 1 } }
    approvals: [{ by: bo }]
  then:
    outcome: hold
    because: [{ rule: two-people-tier-1, contains: 1 of 2 }]
  also allows when:
    - approvals: [{ by: bo }, { by: cy }]
- case: below Tier 1 one owner is enough
  why: what every change needs that no rule covers
  given:
    systems: { wiki: { tier: 3 } }
    approvals: [{ by: bo }]
  then:
    outcome: allow
    because: [{ rule: otherwise, says: everything it needs is there }]
    not: [two-people-tier-1]
`;

async function catalogFrom(
  repository: Repository,
  head: string,
  paths: readonly string[],
): Promise<Catalog> {
  const files = paths.filter((p) => /(^|\/)catalog-info\.ya?ml$/.test(p)).slice(0, BACKSTAGE_MAX);
  const read = await Promise.all(
    files.map(async (path) => {
      const object = await repository.at(head, path, 1_000_000);
      return object.kind === "content" ? { path, text: object.bytes.toString("utf8") } : null;
    }),
  );
  return importBackstage(read.filter((f) => f !== null));
}

function catalogText(catalog: Catalog, found: readonly Found[], paths: readonly string[]): string {
  const intro =
    "# Production services: tier 1 is most critical. `interlock schema catalog` describes every field.\n";
  if (catalog.systems.length > 0) {
    const systems = catalog.systems.map((s) => ({
      id: s.id,
      tier: s.tier,
      ...(s.owner === null ? {} : { owner: s.owner }),
      paths: s.paths,
      dependsOn: catalog.dependencies.filter((d) => d.from === s.id).map((d) => d.to),
    }));
    return `${intro}# Taken from ${systems.length} catalog-info.yaml file(s); check the tiers.\n${stringify({ systems })}`;
  }
  if (found.length > 0) {
    const rows = found.map(({ id, owner, paths: globs, because }) => {
      const row = stringify([{ id, tier: 3, ...(owner === null ? {} : { owner }), paths: globs }]);
      return `# ${because}\n${row}`;
    });
    const from = found.some(({ owner }) => owner !== null) ? "; owners from CODEOWNERS" : "";
    return `${intro}# Suggested by what runs from here${from}. Every tier is a guess: 1 where orders stop without it.\nsystems:\n${rows.join("").replace(/^(?=.)/gm, "  ")}`;
  }
  const folders = [
    ...new Set(
      paths.filter((p) => p.includes("/") && !p.startsWith(".")).map((p) => p.split("/")[0] ?? ""),
    ),
  ]
    .sort()
    .slice(0, 30);
  const example = folders
    .map((f) => `#   - { id: ${f}, tier: 3, owner: TEAM, paths: ["${f}/**"] }`)
    .join("\n");
  return `${intro}# No Backstage files, charts, images or manifests were found. Each top folder as a suggestion: uncomment the ones that are services.\nsystems: []\n${example}\n`;
}

export type AskAbout = (doubts: readonly Doubt[]) => Promise<readonly (Verdict | null)[]>;

/** Accounts of recent authors. Whoever is in doubt and nobody can be asked about stays out, and holds. */
async function peopleText(repository: Repository, head: string, ask: AskAbout): Promise<string> {
  const ids = await repository.history({ to: head, max: COMMITS_READ });
  const commits = await Promise.all(ids.map((id) => repository.commit(id)));
  const byName = new Map<string, Set<string>>();
  const earlier = new Set<string>();
  const since = Math.max(0, ...commits.map((c) => c?.committer.at ?? 0)) - RECENT_MS;
  for (const commit of commits) {
    if (commit === null) continue;
    const { name, email } = commit.author;
    if (commit.committer.at < since) earlier.add(name);
    else byName.set(name, (byName.get(name) ?? new Set()).add(email.toLowerCase()));
  }
  const authors = [...byName].map(([name, emails]) => ({ name, emails: [...emails] }));
  const found = peopleAmong(authors);
  const { persons, machines } = settled(found, await ask(found.doubts));
  const listed = {
    persons: persons.map((person) => ({ ...person, teams: [] as string[], active: true })),
    machines: machines.map((account) => ({
      ...{ account, purpose: "found as an author" },
      mayTouch: [] as string[],
    })),
  };
  return `# Who answers for which account. Addresses that one name used are put together: check them.
# An account that is not here holds every change that it contributed to, once rules are enforced.
${leftOut(earlier, byName)}${stringify(listed)}`;
}

const leftOut = (earlier: ReadonlySet<string>, kept: ReadonlyMap<string, unknown>): string => {
  const count = [...earlier].filter((name) => !kept.has(name)).length;
  return count === 0 ? "" : `# ${count} more wrote here before the last twelve months.\n`;
};
