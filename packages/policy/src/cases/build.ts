// SPDX-License-Identifier: Apache-2.0
import type {
  Approval,
  Change,
  Contributor,
  Evidence,
  Facts,
  FileFact,
  Person,
} from "@interlock/core";

/** 2 May 2030, 09:00 UTC: every built case happens then unless it says otherwise. */
export const NOW = 1_903_942_800_000;
export const DIGEST = "c0ffee".padEnd(64, "0");

export const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  accounts: [`email:${id}@example.com`],
  agents: [],
  teams: [],
  active: true,
  ...more,
});

export const file = (path: string, more: Partial<FileFact> = {}): FileFact => ({
  path,
  status: "modified",
  kind: "config",
  language: "",
  environment: "unknown",
  mode: "100644",
  oldMode: "100644",
  added: 1,
  deleted: 1,
  binary: false,
  bytesBefore: 100,
  bytesAfter: 100,
  owners: ["payments"],
  systems: [],
  ...more,
});

export const contributor = (id: string, did: Contributor["did"] = "author"): Contributor => ({
  account: `email:${id}@example.com`,
  did,
});

export const approval = (id: string, more: Partial<Approval> = {}): Approval => ({
  by: `email:${id}@example.com`,
  digest: DIGEST,
  via: "review",
  at: NOW - 60_000,
  withdrawn: false,
  environment: "",
  target: "refs/heads/main",
  naming: [],
  ...more,
});

export const change = (more: Partial<Change> = {}): Change => ({
  digest: DIGEST,
  kind: "commit",
  repository: "repository:example",
  target: "refs/heads/main",
  environment: "unknown",
  subject: "change the rates",
  files: [file("billing/rates.csv")],
  totals: { files: 1, added: 1, deleted: 1, binary: 0, directories: 1 },
  systems: [],
  contributors: [contributor("ana")],
  pushedBy: ["email:ana@example.com"],
  provenance: { ai: "unknown", agents: [], signals: [] },
  gate: [],
  ...more,
});

const NO_EVIDENCE: Evidence = {
  approvals: [],
  rejections: [],
  checks: [],
  documents: [],
  staging: [],
  tickets: [],
  waivers: [],
  freezes: [],
};

/** The people of every built case: ana wrote the change; bo, cy and dee may approve. */
export const PERSONS: readonly Person[] = [
  person("ana", { teams: ["payments"] }),
  person("bo", { teams: ["payments"] }),
  person("cy", { teams: ["payments"] }),
  person("dee", { teams: ["search"] }),
];

export function factsOf(
  more: Partial<Omit<Facts, "change" | "evidence">> & {
    readonly change?: Partial<Change>;
    readonly evidence?: Partial<Evidence>;
  } = {},
): Facts {
  const { change: changed, evidence, ...rest } = more;
  return {
    version: 1,
    now: NOW,
    change: change(changed),
    blast: {
      systems: 0,
      tier1: 0,
      cells: 0,
      regions: 0,
      trafficPpm: 0,
      ordersPerMinute: 0,
      global: false,
      certainty: "certain",
      reached: [],
    },
    config: [],
    kubernetes: [],
    terraform: [],
    sql: [],
    code: [],
    workflows: [],
    dependencies: [],
    commands: [],
    network: [],
    contracts: [],
    hidden: [],
    effects: [],
    context: [],
    gaps: [],
    people: { persons: PERSONS, machines: [] },
    calendars: {},
    evidence: { ...NO_EVIDENCE, ...evidence },
    ...rest,
  };
}
