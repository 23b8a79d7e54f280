// SPDX-License-Identifier: Apache-2.0
import { DELTAS_MAX, type Delta, type Effect, type Gap } from "@interlock/core";
import { same } from "../kubernetes/node.ts";
import type { ChangedFile, Source, SourceResult, World } from "../source.ts";
import { backendDeltas, type Folders } from "./backend.ts";
import { destroyDeltas, guardianDeltas } from "./destroy.ts";
import { destroyEffects, sizeEffects } from "./effects.ts";
import { exposureDeltas } from "./exposure.ts";
import { isTerraform, mayMatter, openPart, readFile, type TfFile } from "./file.ts";
import { grantDeltas, policyDeltas } from "./iam/deltas.ts";
import { pairResources, type ResourcePair } from "./pair.ts";
import { mayBePlan, type Plan, planDeltas, planEffects, readPlan } from "./plan.ts";
import { readdressedDeltas } from "./readdressed.ts";
import { folderOf, type Resource } from "./resource.ts";
import { STATE_FILE, stateDeltas } from "./state.ts";
import { emptiedDeltas, valueDeltas } from "./values.ts";

const GROUP = "terraform";
const READ = /\.(?:tf|tfvars|hcl|tofu|json|ya?ml|toml|template|ini|conf|cfg|properties|env)$/i;

/** Terraform code, plans and state, CloudFormation, access policies, machine sizes anywhere. */
export const terraformSource: Source = {
  group: GROUP,
  wants: (file) =>
    STATE_FILE.test(file.path) ||
    (READ.test(file.path) && file.kind !== "lock" && file.kind !== "workflow"),
  read: readTerraform,
};

async function readTerraform(files: readonly ChangedFile[], world: World): Promise<SourceResult> {
  const gaps: Gap[] = [];
  const plans = files.filter(mayBePlan).flatMap((file) => planOf(file, gaps));
  const states = files.filter((file) => STATE_FILE.test(file.path));
  const others = files.filter((file) => !mayBePlan(file) && !STATE_FILE.test(file.path));
  const read = others.filter(mayMatter).map(readFile);
  for (const file of read) if (file.problem !== null) gaps.push(...broken(file));
  const whole = read.filter((file) => file.problem === null);
  const declared = declaredIn(whole);
  const pairs = pairResources(declared);
  const folders = await foldersOf(pairs, files, world);
  const explained = plans.length === 0 ? 0 : pairs.filter(isTouched).length;
  const code = preferPlans(
    [
      ...pairs.flatMap((pair) => resourceDeltas(pair)),
      ...guardianDeltas(pairs),
      ...readdressedDeltas(pairs, declared),
      ...backendDeltas(pairs, folders),
      ...whole.flatMap(openDeltas),
      ...states.flatMap(stateDeltas),
    ],
    plans,
  );
  const deltas = [...plans.flatMap((plan) => planDeltas(plan, explained)), ...code];
  if (deltas.length > DELTAS_MAX) gaps.push(tooMany(deltas.length));
  return { deltas: deltas.slice(0, DELTAS_MAX), effects: effectsOf(plans, code), gaps };
}

function effectsOf(plans: readonly Plan[], code: readonly Delta[]): readonly Effect[] {
  const planned = plans.flatMap(planEffects);
  return [...planned, ...(plans.length > 0 ? [] : destroyEffects(code)), ...sizeEffects(code)];
}

function planOf(file: ChangedFile, gaps: Gap[]): readonly Plan[] {
  const plan = readPlan(file);
  if (typeof plan !== "string") return [plan];
  gaps.push(gap(file.path, "unparsable", plan, "write the plan again with `terraform show -json`"));
  return [];
}

function declaredIn(files: readonly TfFile[]) {
  return {
    before: files.flatMap((file) => file.before?.resources ?? []),
    after: files.flatMap((file) => file.after?.resources ?? []),
    trees: files.flatMap((file) =>
      file.terraform && file.after !== null ? [{ path: file.path, root: file.after.root }] : [],
    ),
  };
}

const isTouched = ({ before, after, bond }: ResourcePair): boolean =>
  before === null || after === null || bond === "folder" || !same(before.node, after.node);

function resourceDeltas(pair: ResourcePair): readonly Delta[] {
  const { before, after } = pair;
  if (!isTouched(pair)) return [];
  const found = [...destroyDeltas(pair), ...exposureDeltas(pair), ...grantDeltas(pair)];
  if (after === null) return found;
  found.push(...policyDeltas(after, before?.node, after.node));
  if (before === null || after.kind === "provider" || after.kind === "settings") return found;
  const sides = { resource: after, before: before.node, after: after.node, open: false };
  return [...found, ...valueDeltas(sides), ...emptiedDeltas(sides)];
}

/** Settings outside resources: variables, tfvars, policies and sizes in plain configuration. */
function openDeltas(file: TfFile): readonly Delta[] {
  if (file.after === null) return [];
  const after = openPart(file.after.root, file.terraform);
  const before = file.before === null ? undefined : openPart(file.before.root, file.terraform);
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  const resource: Resource = {
    kind: "settings",
    type: "",
    name,
    address: name,
    path: file.path,
    line: after.line,
    node: after,
    environment: file.environment,
    format: file.format,
  };
  const policies = policyDeltas(resource, before, after);
  if (before === undefined) return policies;
  const sides = { resource, before, after, open: true };
  const emptied = file.terraform ? emptiedDeltas(sides) : [];
  return [...policies, ...valueDeltas(sides), ...emptied];
}

/** A plan knows what the text can only fear: its verdict replaces the one read from code. */
function preferPlans(found: readonly Delta[], plans: readonly Plan[]): readonly Delta[] {
  if (plans.length === 0) return found;
  const planned = new Set(
    plans.flatMap((plan) => plan.changes.map(({ address }) => bare(address))),
  );
  return found.filter(
    ({ aspect, subject }) =>
      !(/^(?:destroy|replace|count|readdressed)$/.test(aspect) && planned.has(subject)),
  );
}

/** Without modules and instance keys: the address as the code writes it. */
const bare = (address: string): string =>
  address
    .slice(0, 1_000)
    .replace(/\[[^\]]*\]/g, "")
    .replace(/^(?:module\.[^.]+\.)+/, "");

/** Which folders of backends that come or go hold other Terraform files, before and after. */
async function foldersOf(
  pairs: readonly ResourcePair[],
  files: readonly ChangedFile[],
  world: World,
): Promise<Folders> {
  const fresh = new Set(files.filter((f) => f.before === null).map((file) => file.path));
  const before = new Set<string>();
  const after = new Set<string>();
  for (const pair of pairs) {
    const resource = pair.after ?? pair.before;
    if (resource.kind !== "backend" || (pair.before !== null && pair.after !== null)) continue;
    const folder = folderOf(resource.path);
    const listed = (await world.listAfter(folder)).filter(
      (path) => isTerraform(path) && folderOf(path) === folder,
    );
    if (listed.length > 0) after.add(folder);
    if (listed.some((path) => !fresh.has(path))) before.add(folder);
  }
  return { before, after };
}

function broken(file: TfFile): readonly Gap[] {
  const { problem, terraform, path } = file;
  // Other configuration is the business of its own source, which reports what it cannot read.
  if (problem === null || !terraform) return [];
  const code = problem.code === "too-large" ? "too-large" : "unparsable";
  const help = "correct the file, or give the plan as JSON, so that its effect can be judged";
  return [gap(path, code, `line ${problem.line}: ${problem.message}`, help)];
}

const gap = (path: string, code: string, detail: string, help: string): Gap => ({
  group: GROUP,
  path,
  code,
  detail: detail.slice(0, 1_000),
  help,
});

function tooMany(count: number): Gap {
  return gap(
    "",
    "truncated",
    `${count} differences, of which ${DELTAS_MAX} are judged`,
    "split the change",
  );
}
