// SPDX-License-Identifier: Apache-2.0
/** What every command that judges a repository needs: policy, catalog, people, evidence. */
import {
  type CompiledPolicy,
  type Context,
  type Evidence,
  GateError,
  type JudgingPolicy,
  type People,
  type Unknown,
  unknown,
} from "@interlock/core";
import {
  type Catalog,
  EMPTY_CATALOG,
  NO_EVIDENCE,
  type Repository,
  readCatalog,
  readContext,
  readPeople,
} from "@interlock/facts";
import { problemText } from "@interlock/policy";
import { readText } from "../files/read.ts";
import { compiled } from "./compiled.ts";
import { type GateFile, gateFiles } from "./gate-files.ts";
import { POLICY_PATH, type Policies, policiesOf } from "./policies.ts";
import { loadPolicyFile, withIncludes } from "./policy-source.ts";

export { readText } from "../files/read.ts";
export { defaultPolicy, POLICY_PATH } from "./policies.ts";

export const CATALOG_PATH = "interlock/catalog.yaml";
export const PEOPLE_PATH = "interlock/people.yaml";

/** A policy that the user names on the command line; it must load. */
export function policyFromFile(path: string): CompiledPolicy {
  const loaded = loadPolicyFile(path);
  if (loaded.ok) return compiled(loaded.policy);
  throw new GateError(
    "POLICY_INVALID",
    `the policy has ${loaded.problems.length} problem(s)\n${loaded.problems.map(problemText).join("\n")}`,
    "mend them and run `interlock policy lint` again",
  );
}

export type Workspace = Policies & {
  readonly catalog: Catalog;
  readonly people: People | Unknown;
};

export type Proposal = {
  /** Tree or commit after the change; `null`: nothing is proposed. */
  readonly after: string | null;
  /** Digest of a first policy that somebody has read and trusts. */
  readonly trusted?: string | undefined;
  /** Why the change cannot be read, where that is known. */
  readonly fault?: string | undefined;
};

const PATHS = { policy: POLICY_PATH, catalog: CATALOG_PATH, people: PEOPLE_PATH } as const;

/**
 * The gate's own files are read at the state before the change: a change is judged by the policy,
 * catalog and people in force, and by the proposed policy when it touches it. by (own-policy)
 */
export async function workspaceAt(
  repository: Repository,
  before: string | null,
  { after, trusted, fault }: Proposal,
): Promise<Workspace> {
  const old = await gateFiles(repository, before, PATHS);
  const now = after === null ? old : await gateFiles(repository, after, PATHS);
  const inForce = await withIncludes(repository, before, POLICY_PATH, old.policy);
  const proposed =
    after === null ? inForce : await withIncludes(repository, after, POLICY_PATH, now.policy);
  const judges = { inForce, proposed, trusted, fault };
  const { policies, origin } = policiesOf(judges);
  const catalog = understood(CATALOG_PATH, old.catalog, readCatalog);
  const people = understood(PEOPLE_PATH, old.people, readPeople);
  const readable = policies.every((p) => p.kind === "policy");
  return {
    policies: [
      ...policies,
      // One reason is enough where the whole folder cannot be read.
      ...(readable ? [...holding("in-force", catalog), ...holding("in-force", people)] : []),
      ...newFaults(old.catalog, now.catalog, () =>
        understood(CATALOG_PATH, now.catalog, readCatalog),
      ),
      ...newFaults(old.people, now.people, () => understood(PEOPLE_PATH, now.people, readPeople)),
    ],
    origin,
    catalog: catalog.value ?? EMPTY_CATALOG,
    people:
      people.value ??
      unknown(people.because ?? `there is no \`${PEOPLE_PATH}\``, "run `interlock init`"),
  };
}

/** `because`: why a file that is there, or may be there, is not understood. */
type Understood<T> = { readonly value: T | null; readonly because: string | null };

function understood<T>(
  path: string,
  file: GateFile,
  read: (path: string, text: string) => T,
): Understood<T> {
  if (file.kind === "absent") return { value: null, because: null };
  if (file.kind === "unreadable") return { value: null, because: file.because };
  try {
    return { value: read(path, file.text), because: null };
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    return { value: null, because: error.message };
  }
}

const holding = (
  role: JudgingPolicy["role"],
  { because }: Understood<unknown>,
): readonly JudgingPolicy[] => (because === null ? [] : [{ role, kind: "unreadable", because }]);

/** A file that would stop the gate from deciding once it has landed holds before. by (own-policy) */
function newFaults(
  old: GateFile,
  now: GateFile,
  read: () => Understood<unknown>,
): readonly JudgingPolicy[] {
  const changes = now.kind === "text" && !(old.kind === "text" && old.text === now.text);
  return changes ? holding("proposed", read()) : [];
}

export type GivenEvidence = {
  readonly evidence: Evidence;
  readonly context: readonly Context[];
  readonly pushedBy: readonly string[] | null;
};

const EVIDENCE_FIELDS = [
  "approvals",
  "rejections",
  "checks",
  "documents",
  "staging",
  "tickets",
  "waivers",
  "freezes",
  "firstSeenAt",
];

/** What stands outside the repository: evidence, and live state from `--context FILE…`. */
export function givenFrom(
  evidence: string | undefined,
  context: readonly string[] | undefined,
): GivenEvidence {
  const given = evidenceFrom(evidence);
  return { ...given, context: [...given.context, ...contextFrom(context)] };
}

/** Throws GateError INPUT_INVALID for an item that is not understood. */
export function contextFrom(paths: readonly string[] | undefined): readonly Context[] {
  return (paths ?? []).flatMap((path) => readContext(path, readText(path)));
}

/** `--evidence FILE`: the lists of the facts document's `evidence`, plus `context` and `pushedBy`. */
function evidenceFrom(path: string | undefined): GivenEvidence {
  if (path === undefined) return { evidence: NO_EVIDENCE, context: [], pushedBy: null };
  const raw = readJson(path);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new GateError(
      "INPUT_INVALID",
      `\`${path}\` is no JSON object`,
      "give it `approvals`, `checks`, …; see `interlock schema facts`",
    );
  const { context, pushedBy, ...evidence } = raw as {
    context?: readonly Context[];
    pushedBy?: readonly string[];
  };
  for (const field of Object.keys(evidence))
    if (!EVIDENCE_FIELDS.includes(field))
      throw new GateError(
        "INPUT_INVALID",
        `\`${path}\`: no evidence is called \`${field}\``,
        `known: ${EVIDENCE_FIELDS.join(", ")}, context, pushedBy`,
      );
  // The whole facts document is validated after it has been gathered.
  return {
    evidence: { ...NO_EVIDENCE, ...(evidence as Partial<Evidence>) },
    context: context ?? [],
    pushedBy: pushedBy ?? null,
  };
}

export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GateError(
      "INPUT_INVALID",
      `\`${path}\` is no JSON: ${error instanceof Error ? error.message : String(error)}`,
      "mend the file",
    );
  }
}
