/** Real outages from `conformance/outages`: each fault is held, its twin is not, however it is written. */
import { readdirSync, readFileSync } from "node:fs";
import { builtInPacks } from "@interlock/policy";
import {
  editsRow,
  firstSentence,
  type OutageCase,
  type OutageSide,
  outageJudge,
  outageTable,
  outageTotals,
  readOutage,
  rewritesOf,
  unseenTable,
} from "@interlock/testkit";
import { describe, expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const rules = builtInPacks().get("reliability-core") ?? [];
const judge = outageJudge(rules);
const known = new Set(rules.map((r) => r.id));

function casesIn(folder: string): readonly OutageCase[] {
  const at = new URL(folder, root);
  return readdirSync(at)
    .filter((f) => f.endsWith(".yaml"))
    .sort()
    .map((f) => {
      const given = readOutage(f, readFileSync(new URL(f, at), "utf8"));
      expect(`${given.outage}.yaml`).toBe(f);
      return given;
    });
}

const corpus = casesIn("conformance/outages/");
const unseen = casesIn("conformance/outages/unseen/");
const later = casesIn("conformance/outages/unseen-later/");
const third = casesIn("conformance/outages/unseen-third/");
const edits = casesIn("conformance/outages/edits/");
const after = casesIn("conformance/outages/edits-after/");
const last = casesIn("conformance/outages/edits-last/");

const changed = ({ before, after }: OutageSide): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (p) => before[p] !== after[p],
  );

async function check(given: OutageCase, fault: OutageSide, twin: OutageSide): Promise<void> {
  const { holds } = await judge(fault);
  if (given.missed !== "") expect(holds, "it is said to be missed").toEqual([]);
  for (const rule of given.heldBy) {
    const hold = holds.find((h) => h.rule === rule);
    expect(hold, `${rule} holds the fault; it is held by ${JSON.stringify(holds)}`).toBeDefined();
    expect(hold?.paths.length, `${rule} names the place`).toBeGreaterThan(0);
    expect(changed(fault), "the place is in a file that changes").toEqual(
      expect.arrayContaining(hold?.paths.slice(0, 1) ?? []),
    );
  }
  expect((await judge(twin)).holds, "the twin passes").toEqual([]);
}

describe.each(
  [...corpus, ...unseen, ...later, ...third, ...edits, ...after, ...last].map(
    (c) => [c.outage, c] as const,
  ),
)("%s", (_id, given) => {
  it("holds the fault by the rules that name it, and lets the twin pass", async () => {
    expect(given.heldBy.filter((id) => !known.has(id))).toEqual([]);
    expect(changed(given.fault)).not.toEqual([]);
    expect(changed(given.twin)).not.toEqual([]);
    await check(given, given.fault, given.twin);
  });
  it.each(rewritesOf(given).map((r) => [r.name, r] as const))(
    "judges it alike when rewritten: %s",
    async (_name, rewrite) => check(given, rewrite.of(given.fault), rewrite.of(given.twin)),
  );
});

describe("the page about outages", () => {
  const page = readFileSync(new URL("docs/outages.md", root), "utf8");
  it("says what the cases say", () => {
    expect(page).toContain(outageTotals(corpus));
    expect(page).toContain(outageTable(corpus));
    for (const batch of [unseen, later, third]) {
      expect(page).toContain(unseenTable(batch));
      expect(page).toContain(firstSentence(batch));
    }
    expect(page).toContain(unseenTable(edits));
    expect(page).toContain(editsRow("fifth", edits));
    expect(page).toContain(unseenTable(after));
    expect(page).toContain(editsRow("sixth", after));
    expect(page).toContain(unseenTable(last));
    expect(page).toContain(editsRow("seventh", last));
  });
  it("counts at least four fifths of the decidable ones as held", () => {
    const decidable = corpus.filter((c) => c.decidable === "yes");
    const held = decidable.filter((c) => c.heldBy.length > 0);
    expect(held.length * 5).toBeGreaterThanOrEqual(decidable.length * 4);
  });
});
