// SPDX-License-Identifier: Apache-2.0
/** What every command that judges a repository needs: policy, catalog, people, evidence. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type CompiledPolicy,
  type Context,
  compilePolicy,
  type Evidence,
  GateError,
  type JudgingPolicy,
  type People,
  type Policy,
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
import { builtInPacks, loadPolicy, problemText } from "@interlock/policy";

export const POLICY_PATH = "interlock/policy.yaml";
export const CATALOG_PATH = "interlock/catalog.yaml";
export const PEOPLE_PATH = "interlock/people.yaml";
const FILE_MAX_BYTES = 5_000_000;

/** With no policy anywhere, the default pack looks on: nothing is blocked, everything is said. */
export function defaultPolicy(): Policy {
  return {
    id: "reliability-core",
    version: 1,
    mode: "observe",
    rules: builtInPacks().get("reliability-core") ?? [],
    otherwise: [
      { kind: "approvals", count: 1, from: "owners", distinct: [], via: "review", naming: [] },
    ],
    overrides: [],
    freezes: [],
    calendars: [],
    missingOwner: "hold",
  };
}

/** A policy that the user names on the command line; it must load. */
export function policyFromFile(path: string): CompiledPolicy {
  const loaded = loadPolicy(path, readText(path));
  if (loaded.ok) return compilePolicy(loaded.policy);
  throw new GateError(
    "POLICY_INVALID",
    `the policy has ${loaded.problems.length} problem(s)\n${loaded.problems.map(problemText).join("\n")}`,
    "mend them and run `interlock policy lint` again",
  );
}

export type Workspace = {
  readonly policies: readonly JudgingPolicy[];
  readonly catalog: Catalog;
  readonly people: People | Unknown;
  /** Where the policy came from, for people. */
  readonly origin: string;
};

/**
 * The gate's own files are read at the state before the change: a change is judged by the policy in
 * force, and by the proposed one when it touches it. by (own-policy)
 */
export async function workspaceAt(
  repository: Repository,
  before: string | null,
  after: string | null,
): Promise<Workspace> {
  const [policyText, catalogText, peopleText] = await Promise.all(
    [POLICY_PATH, CATALOG_PATH, PEOPLE_PATH].map((p) => textAt(repository, before, p)),
  );
  const proposedText = after === null ? policyText : await textAt(repository, after, POLICY_PATH);
  return {
    ...policiesOf(policyText ?? null, proposedText ?? null),
    catalog:
      catalogText === null || catalogText === undefined
        ? EMPTY_CATALOG
        : readCatalog(CATALOG_PATH, catalogText),
    people:
      peopleText === null || peopleText === undefined
        ? unknown("there is no `interlock/people.yaml`", "run `interlock init`")
        : readPeople(PEOPLE_PATH, peopleText),
  };
}

async function textAt(
  repository: Repository,
  tree: string | null,
  path: string,
): Promise<string | null> {
  if (tree === null) return null;
  const object = await repository.at(tree, path, FILE_MAX_BYTES);
  if (object.kind === "too-large")
    throw new GateError(
      "INPUT_INVALID",
      `\`${path}\` is larger than ${FILE_MAX_BYTES} bytes`,
      "make it smaller",
    );
  return object.kind === "content" ? object.bytes.toString("utf8") : null;
}

const COMPILED = new Map<string, JudgingPolicy>();

function policiesOf(
  inForce: string | null,
  proposed: string | null,
): Pick<Workspace, "policies" | "origin"> {
  if (inForce === null && proposed === null) {
    const policy = remembered("in-force", "built-in", () => ({
      role: "in-force",
      kind: "policy",
      policy: compilePolicy(defaultPolicy()),
    }));
    return {
      policies: [policy],
      origin: "the built-in pack reliability-core (no `interlock/policy.yaml` in the repository)",
    };
  }
  const first = inForce === null ? [] : [judging("in-force", inForce)];
  if (inForce === proposed) return { policies: first, origin: POLICY_PATH };
  const second: JudgingPolicy =
    proposed === null
      ? {
          role: "proposed",
          kind: "unreadable",
          because: "the change deletes `interlock/policy.yaml`",
        }
      : judging("proposed", proposed);
  // The first policy has none before it; then only the proposed one can judge, and the founding is the server's.
  return { policies: [...first, second], origin: `${POLICY_PATH}, in force and proposed` };
}

function judging(role: JudgingPolicy["role"], text: string): JudgingPolicy {
  return remembered(role, text, () => {
    const loaded = loadPolicy(POLICY_PATH, text);
    if (loaded.ok) return { role, kind: "policy", policy: compilePolicy(loaded.policy) };
    const first = loaded.problems[0];
    return {
      role,
      kind: "unreadable",
      because:
        first === undefined
          ? "it does not load"
          : `${first.file}:${first.line}:${first.column}: ${first.message}`,
    };
  });
}

function remembered(role: string, text: string, make: () => JudgingPolicy): JudgingPolicy {
  const key = `${role}\n${text}`;
  const known = COMPILED.get(key) ?? make();
  if (COMPILED.size > 200) COMPILED.clear();
  COMPILED.set(key, known);
  return known;
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

export function readText(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : resolve(path), "utf8");
  } catch (error) {
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "check the path",
    );
  }
}
