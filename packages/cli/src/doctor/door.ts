// SPDX-License-Identifier: Apache-2.0
/** Ways past the gate, with what closes each. */

/** Worst first. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
type Severity = (typeof SEVERITIES)[number];

/** Every door by its stable id; a test of that name shows each open and closed. */
export const DOORS = {
  "default-branch-unprotected": "critical",
  "files-writable": "critical",
  "folder-replaceable": "critical",
  "hook-changed": "critical",
  "hook-missing": "critical",
  "hook-not-run": "critical",
  "not-founded": "critical",
  "program-writable": "critical",
  "fetched-over": "high",
  "ledger-not-published": "high",
  "policy-observes": "high",
  "push-without-name": "high",
  "server-away": "high",
  "server-not-ready": "high",
  "settings-missing": "high",
  "token-readable": "high",
  "targets-unseen": "high",
  "too-few-people": "high",
  "unrecorded-keys": "high",
  worktree: "high",
  alternates: "medium",
  "clock-skew": "medium",
  "hook-program-gone": "medium",
  "hooks-elsewhere": "medium",
  "if-down-open": "medium",
  "landed-while-away": "medium",
  "no-witness": "medium",
  "proc-receive": "medium",
  "token-refused": "medium",
  "history-rewritable": "low",
  "objects-unchecked": "low",
  "one-key-only": "low",
  "refs-unprotected": "low",
  "synchronised-keys": "low",
} as const satisfies Readonly<Record<string, Severity>>;

/** Doors of a project on GitLab that this organisation judges. */
export const GITLAB_DOORS = {
  "gitlab-branch-unprotected": "critical",
  "gitlab-check-missing": "critical",
  "gitlab-merge-unchecked": "critical",
  "gitlab-force-push": "high",
  "gitlab-project-moved": "high",
  "gitlab-push-open": "high",
  "gitlab-skipped-merges": "high",
  "gitlab-many-maintainers": "medium",
  "gitlab-own-approval": "medium",
  "gitlab-rules-editable": "medium",
  "gitlab-status-forgeable": "medium",
  "gitlab-target-moves": "medium",
  "gitlab-token-strong": "medium",
  "gitlab-approvals-kept": "low",
  "gitlab-committer-approval": "low",
} as const satisfies Readonly<Record<string, Severity>>;

/** Doors of an admission webhook: of its settings, and of the configuration by which it is asked. */
export const ADMISSION_DOORS = {
  "webhook-missing": "critical",
  "webhook-selects": "critical",
  "admission-observes": "high",
  "webhook-exact": "high",
  "webhook-ignores": "high",
  "webhook-kinds": "high",
  "admission-if-down": "medium",
  "webhook-conditions": "medium",
  "webhook-namespaces": "medium",
  "admission-declared": "low",
  "admission-exempt": "low",
} as const satisfies Readonly<Record<string, Severity>>;

/** Doors of a guard: of its settings, its secrets, and the engine behind it. */
export const GUARD_DOORS = {
  "guard-engine-open": "critical",
  "guard-secret-readable": "high",
  "guard-without-credential": "high",
  "guard-caller-unknown": "medium",
  "guard-if-down": "medium",
  "guard-unfinished": "medium",
  "guard-leases": "low",
  "guard-read-again": "low",
} as const satisfies Readonly<Record<string, Severity>>;

/** Doors of the targets that a description of control planes names. */
export const CONTROL_PLANE_DOORS = {
  "target-open": "high",
} as const satisfies Readonly<Record<string, Severity>>;

const ALL = {
  ...CONTROL_PLANE_DOORS,
  ...DOORS,
  ...GITLAB_DOORS,
  ...ADMISSION_DOORS,
  ...GUARD_DOORS,
};

/** An open door as a look finds it. */
export type Found = {
  readonly id: keyof typeof ALL;
  /** What is open, with the names of files, refs and settings. */
  readonly says: string;
  readonly why: string;
  /** The next command, or what to do where there is none. */
  readonly next: string;
};

export type Door = Found & { readonly severity: Severity };

/** What one look found; `unseen`: what could not be looked at, with the reason. */
export type Look = { readonly doors: readonly Found[]; readonly unseen: readonly string[] };

export const seen = (doors: Iterable<Found>): Look => ({ doors: [...doors], unseen: [] });

/** What all looks found, the worst first. */
export type Examined = { readonly doors: readonly Door[]; readonly unseen: readonly string[] };

export function together(looks: readonly Look[]): Examined {
  const doors = looks
    .flatMap((look) => look.doors)
    .map(({ id, ...rest }): Door => ({ id, severity: ALL[id], ...rest }))
    .sort(
      (a, b) =>
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || (a.id < b.id ? -1 : 1),
    );
  return { doors, unseen: looks.flatMap((look) => look.unseen) };
}

const SHOWN = 5;

/** A list that a person reads, cut where it gets long. */
export function listed(names: readonly string[]): string {
  const more = names.length - SHOWN;
  const first = names.slice(0, SHOWN).map((name) => `\`${name}\``);
  return `${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
