// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Effect, type Gap } from "@interlock/core";
import type { Catalog } from "../catalog/catalog.ts";
import type { Contract } from "../catalog/contract.ts";
import { formatOf } from "../config/parse.ts";
import { environmentOf } from "../files/environment.ts";
import { quantityOf } from "../settings/quantity.ts";
import type { Breach, BreachKind, Doubt } from "./breach.ts";
import { versionMicro } from "./version.ts";

const OPS: Partial<Readonly<Record<BreachKind, Delta["op"]>>> = {
  missing: "removed",
  removed: "removed",
  lacks: "removed",
  blank: "emptied",
  duplicate: "duplicated",
  unsorted: "reordered",
};

/** Systems that read it, with the tier of each that the catalog knows. */
function readersOf(contract: Contract, catalog: Catalog) {
  const systems = contract.readBy.map((r) => {
    const tier = catalog.systems.find((s) => s.id === r.system)?.tier;
    return { id: r.system, tier: tier ?? null };
  });
  return [...systems].sort((a, b) => (a.tier ?? 5) - (b.tier ?? 5) || (a.id < b.id ? -1 : 1));
}

function namesOf(contract: Contract, catalog: Catalog): string {
  const readers = readersOf(contract, catalog);
  const [first] = readers;
  if (first === undefined) return "its readers take";
  const name = first.tier === null ? first.id : `${first.id} (tier ${first.tier})`;
  return readers.length === 1 ? `${name} takes` : `${name} and ${readers.length - 1} more take`;
}

function tagsOf(contract: Contract, catalog: Catalog): readonly string[] {
  const readers = readersOf(contract, catalog);
  const tier = readers[0]?.tier ?? null;
  return [
    ...(tier === null ? [] : [`tier-${tier}`]),
    ...readers.slice(0, 20).map((r) => `reader:${r.id}`.slice(0, 60)),
  ];
}

/** The delta of one breach; `before` is what stood there, where something did. */
export function breachDelta(
  given: { readonly contract: Contract; readonly catalog: Catalog; readonly path: string },
  found: Breach,
  before: string,
): Delta {
  const { contract, catalog, path } = given;
  const [old, now] = [quantityOf(before), quantityOf(found.shown)];
  const numeric = old !== null && now !== null && old.unit === now.unit;
  return delta({
    path,
    line: found.line,
    subject: (found.name === "" || found.name.startsWith("line ") ? path : found.name).slice(
      0,
      300,
    ),
    aspect: found.kind,
    op: OPS[found.kind] ?? "changed",
    key: contract.id.slice(0, 200),
    words: wordsOf(`${contract.id} ${contract.pointer}`),
    format: contract.format ?? formatOf(path) ?? "text",
    before,
    beforeKind: before === "" ? "absent" : "string",
    after: `${found.shown}, where ${namesOf(contract, catalog)} ${found.takes}`,
    afterKind: "string",
    numeric,
    beforeMicro: numeric ? old.micro : 0,
    afterMicro: now?.micro ?? 0,
    unit: now?.unit ?? "",
    environment: environmentOf(path),
    tags: tagsOf(contract, catalog),
  });
}

const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((w) => w !== "")
    .slice(0, 30);

/** What the contract names begins to be used; each of these readers must be new enough for it. */
export function needsVersionDeltas(
  given: { readonly contract: Contract; readonly catalog: Catalog; readonly path: string },
  at: { readonly name: string; readonly line: number },
): readonly Delta[] {
  const { contract, catalog, path } = given;
  return contract.readBy.flatMap(({ system, minVersion }): readonly Delta[] => {
    if (minVersion === null) return [];
    return [
      delta({
        path,
        line: at.line,
        subject: (at.name === "" ? path : at.name).slice(0, 300),
        aspect: "needs-version",
        op: "added",
        key: system.slice(0, 200),
        words: wordsOf(`${contract.id} ${system}`),
        format: contract.format ?? formatOf(path) ?? "text",
        after: minVersion,
        afterKind: "string",
        afterMicro: versionMicro(minVersion) ?? 0,
        unit: "version",
        environment: environmentOf(path),
        tags: tagsOf(contract, catalog),
      }),
    ];
  });
}

/** A reviewer sees first how many systems read what breaks. */
export function readersEffect(contract: Contract, breached: Delta): readonly Effect[] {
  if (contract.readBy.length === 0) return [];
  return [
    {
      verb: "stops",
      what: "readers",
      count: contract.readBy.length,
      of: 0,
      sharePpm: 0,
      certainty: "inferred",
      subject: contract.id,
      path: breached.path,
      line: breached.line,
    },
  ];
}

export function doubtGap(contract: Contract, path: string, doubt: Doubt): Gap {
  return {
    group: "contracts",
    path,
    code: doubt.code,
    detail: `the contract \`${contract.id}\`: ${doubt.detail}`.slice(0, 500),
    help: doubt.help,
  };
}
