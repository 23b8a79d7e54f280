// SPDX-License-Identifier: Apache-2.0
/** Expands the `given` of a case into a whole facts document. */
import {
  type Blast,
  CHANGE_KINDS,
  type Change,
  type Context,
  type Contributor,
  DELTA_GROUPS,
  type Delta,
  delta,
  ENVIRONMENTS,
  type Facts,
  FILE_KINDS,
  FILE_STATUSES,
  type FileFact,
  type Gap,
  type People,
  type SystemFact,
  type Unknown,
  validateFacts,
} from "@interlock/core";
import {
  BLAST,
  CHANGE,
  CONTEXT,
  FILE,
  GAP,
  GIVEN,
  LOSABLE,
  PERSON,
  SYSTEM,
} from "../schema/policy-test.ts";
import { change, factsOf, file, NOW, PERSONS, person } from "./build.ts";
import { type Bound, evidenceOf } from "./evidence.ts";
import {
  account,
  accounts,
  anyMapping,
  CaseError,
  digest,
  duration,
  instant,
  items,
  lost,
  mapping,
  oneOf,
  type Raw,
  share,
  text,
  textOr,
  texts,
  whole,
  yes,
} from "./fields.ts";

/** What the facts of a case take from its policy. */
export type CaseWorld = Omit<Bound, "now"> & { readonly calendars: Facts["calendars"] };

export const nowOfCase = (given: Raw): number =>
  given["now"] === undefined ? NOW : instant(given["now"], "now");

/** The facts of a case, checked against the schema like any document from outside. */
export function factsOfCase(given: Raw, world: CaseWorld): Facts {
  const raw = mapping(given, "given", Object.keys(GIVEN));
  const now = nowOfCase(raw);
  const unknowns = texts(raw["unknown"], "unknown");
  const systems = systemsOf(raw["systems"]);
  const facts = factsOf({
    now,
    change: changeOf(raw, systems),
    people: peopleOf(raw),
    context: items(raw["context"], "context").map((c, i) => contextOf(c, `context[${i}]`, now)),
    gaps: items(raw["gaps"], "gaps").map((g, i) => gapOf(g, `gaps[${i}]`)),
    ...(raw["blast"] === undefined ? {} : { blast: blastOf(raw["blast"]) }),
    ...deltasOf(raw),
    calendars: unknowns.includes("calendars") ? {} : world.calendars,
    evidence: evidenceOf(raw, { ...world, now }),
  });
  const document = forget(
    facts,
    unknowns.filter((name) => name !== "calendars"),
  );
  const validated = validateFacts(document);
  if (validated.ok) return validated.facts;
  const [problem] = validated.problems;
  throw new CaseError(`given: no valid facts: ${problem?.path}: ${problem?.message}`);
}

const DID = [
  ["by", "author"],
  ["committed by", "committer"],
  ["co-authored by", "co-author"],
  ["prompted by", "prompter"],
  ["sponsored by", "sponsor"],
  ["rebased by", "rebaser"],
  ["rebased identically by", "rebaser"],
] as const;

function changeOf(given: Raw, systems: readonly SystemFact[]): Change {
  const raw = mapping(given["change"] ?? {}, "change", Object.keys(CHANGE));
  const authors = raw["by"] === undefined ? { ...raw, by: "ana" } : raw;
  const files = filesOf(raw["touches"] ?? ["billing/rates.csv"], given["owners"], systems);
  return change({
    ...(raw["digest"] === undefined ? {} : { digest: digest(raw["digest"], "change.digest") }),
    kind: oneOf(raw["kind"], "change.kind", CHANGE_KINDS, "commit"),
    target: textOr(raw["lands on"], "change.lands on", "refs/heads/main"),
    environment: oneOf(raw["environment"], "change.environment", ENVIRONMENTS, "unknown"),
    subject: textOr(raw["subject"], "change.subject", "change the rates"),
    files,
    totals: {
      files: files.length,
      added: files.reduce((sum, f) => sum + f.added, 0),
      deleted: files.reduce((sum, f) => sum + f.deleted, 0),
      binary: files.filter((f) => f.binary).length,
      directories: new Set(files.map((f) => f.path.replace(/[^/]*$/, ""))).size,
    },
    systems,
    contributors: contributorsOf(authors),
    pushedBy: accounts(raw["pushed by"] ?? authors["by"], "change.pushed by"),
    provenance: {
      ai: oneOf(raw["ai"], "change.ai", ["declared", "likely", "unknown"], "unknown"),
      agents: [],
      signals: [],
    },
    gate: texts(raw["gate"], "change.gate"),
    ...(raw["reverts"] === undefined ? {} : { reverts: text(raw["reverts"], "change.reverts") }),
  });
}

function contributorsOf(raw: Raw): readonly Contributor[] {
  return DID.flatMap(([key, did]) =>
    accounts(raw[key], `change.${key}`).map((by) => ({
      account: by,
      did,
      ...(key === "rebased identically by" ? { identical: true } : {}),
    })),
  );
}

function filesOf(
  touches: unknown,
  owners: unknown,
  systems: readonly SystemFact[],
): readonly FileFact[] {
  const written: Raw = Array.isArray(touches)
    ? Object.fromEntries(touches.map((path) => [text(path, "touches"), {}]))
    : anyMapping(touches, "touches");
  const owned = owners === undefined ? {} : anyMapping(owners, "owners");
  for (const path of Object.keys(owned))
    if (!Object.hasOwn(written, path))
      throw new CaseError(`owners: the change does not touch \`${path}\``);
  return Object.entries(written).map(([path, value]) =>
    fileOf(path, value, { owners: Object.hasOwn(owned, path) ? owned[path] : undefined, systems }),
  );
}

function fileOf(
  path: string,
  value: unknown,
  { owners, systems }: { readonly owners: unknown; readonly systems: readonly SystemFact[] },
): FileFact {
  const where = `touches.${path}`;
  const raw = mapping(value, where, Object.keys(FILE));
  const mode = String(raw["mode"] ?? "100644");
  return file(path, {
    status: oneOf(raw["status"], where, FILE_STATUSES, "modified"),
    kind: oneOf(raw["kind"], where, FILE_KINDS, "config"),
    mode,
    oldMode: String(raw["was mode"] ?? mode),
    ...(raw["was"] === undefined ? {} : { oldPath: text(raw["was"], where) }),
    binary: yes(raw["binary"], where),
    added: whole(raw["added"], where, 1),
    deleted: whole(raw["deleted"], where, 1),
    owners: ownersOf(owners, where),
    systems: texts(
      raw["systems"],
      where,
      systems.map((s) => s.id),
    ),
  });
}

function ownersOf(value: unknown, where: string): readonly string[] | Unknown {
  if (value === undefined) return ["payments"];
  if (value === "unknown") return lost("the owners file could not be read");
  return value === "nobody" ? [] : [...texts(value, where)].sort();
}

function systemsOf(value: unknown): readonly SystemFact[] {
  if (value === undefined) return [];
  return Object.entries(anyMapping(value, "systems")).map(([id, item]) => {
    const where = `systems.${id}`;
    const raw = mapping(item, where, Object.keys(SYSTEM));
    return {
      id,
      tier: whole(raw["tier"], where, 3),
      owner:
        raw["owner"] === "unknown"
          ? lost("the catalog names none")
          : textOr(raw["owner"], where, "payments"),
      org: [],
      cells: texts(raw["cells"], where),
      orderSharePpm: raw["orders"] === undefined ? 0 : share(raw["orders"], where),
      incidents: whole(raw["incidents"], where, 0),
    };
  });
}

/** ana, bo and cy of `payments` and dee of `search` are always there; a case adds and changes people. */
function peopleOf(given: Raw): People {
  const persons = new Map(PERSONS.map((p) => [p.id, p]));
  for (const [id, item] of Object.entries(anyMapping(given["people"] ?? {}, "people"))) {
    const where = `people.${id}`;
    const raw = mapping(item, where, Object.keys(PERSON));
    const known = persons.get(id) ?? person(id);
    persons.set(id, {
      ...known,
      accounts: [...known.accounts, ...accounts(raw["accounts"], where)],
      agents: accounts(raw["agents"], where),
      teams: texts(raw["teams"], where, known.teams),
      active: !yes(raw["left"], where),
    });
  }
  const machines = Object.entries(anyMapping(given["machines"] ?? {}, "machines"));
  return {
    persons: [...persons.values()],
    machines: machines.map(([name, paths]) => ({
      account: account(name, "machines"),
      purpose: "",
      mayTouch: texts(paths, `machines.${name}`),
    })),
  };
}

function contextOf(value: unknown, where: string, now: number): Context {
  const raw = mapping(value, where, Object.keys(CONTEXT));
  return {
    kind: text(raw["kind"], where),
    subject: textOr(raw["about"], where, "production"),
    value: textOr(raw["value"], where, "yes"),
    micro: whole(raw["micro"], where, 0),
    source: textOr(raw["from"], where, "metrics"),
    by: account(raw["by"], where),
    observedAt: raw["at"] === undefined ? now - 60_000 : instant(raw["at"], where),
    validForMs: raw["valid for"] === undefined ? 3_600_000 : duration(raw["valid for"], where),
  };
}

function gapOf(value: unknown, where: string): Gap {
  const raw = mapping(value, where, Object.keys(GAP));
  return {
    group: text(raw["in"], where),
    path: textOr(raw["path"], where, "billing/rates.csv"),
    code: textOr(raw["code"], where, "unparsable"),
    detail: "",
    help: "",
  };
}

function blastOf(value: unknown): Blast {
  const raw = mapping(value, "blast", Object.keys(BLAST));
  return {
    systems: whole(raw["systems"], "blast.systems", 1),
    tier1: whole(raw["tier 1"], "blast.tier 1", 0),
    cells: whole(raw["cells"], "blast.cells", 1),
    regions: whole(raw["regions"], "blast.regions", 1),
    trafficPpm: raw["traffic"] === undefined ? 0 : share(raw["traffic"], "blast.traffic"),
    ordersPerMinute: 0,
    global: yes(raw["global"], "blast.global"),
    certainty: "certain",
    reached: [],
  };
}

/** Deltas are written with the field names of the facts schema, which the validation then checks. */
function deltasOf(given: Raw): Partial<Facts> {
  const groups = DELTA_GROUPS.filter((group) => given[group] !== undefined).map((group) => [
    group,
    items(given[group], group).map((item, i) => {
      const raw = anyMapping(item, `${group}[${i}]`);
      for (const key of ["before", "after"])
        if (raw[key] !== undefined && typeof raw[key] !== "string")
          throw new CaseError(`${group}[${i}].${key}: expected a text; quote it`);
      const [tags, words] = ["tags", "words"].map((key) =>
        texts(raw[key], `${group}[${i}].${key}`),
      );
      return delta({
        path: "billing/rates.csv",
        aspect: "value",
        op: "changed",
        ...raw,
        tags,
        words,
      } as Delta); // checked by `validateFacts`
    }),
  ]);
  return Object.fromEntries(groups) as Partial<Facts>; // the keys are delta groups
}

function forget(facts: Facts, unknowns: readonly string[]): unknown {
  let document: unknown = facts;
  for (const name of unknowns) {
    const path = Object.hasOwn(LOSABLE, name) ? LOSABLE[name] : undefined;
    if (path === undefined)
      throw new CaseError(
        `unknown: \`${name}\` cannot be unknown; known: ${Object.keys(LOSABLE).join(", ")}`,
      );
    document = replaced(document, path, lost("it was lost"));
  }
  return document;
}

function replaced(value: unknown, [head, ...rest]: readonly string[], by: Unknown): unknown {
  if (head === undefined) return by;
  const raw = anyMapping(value, head);
  return { ...raw, [head]: replaced(raw[head], rest, by) };
}
