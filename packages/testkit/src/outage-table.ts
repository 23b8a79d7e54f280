// SPDX-License-Identifier: Apache-2.0
/** What `docs/outages.md` says of the cases, made from them, so that the page cannot differ. */
import type { OutageCase } from "./outage-cases.ts";

/** One row a case, in the order given. */
export function outageTable(cases: readonly OutageCase[]): string {
  return rows(
    ["Outage", "Decidable", "Context", "Held by", "Missed because"],
    cases.map((c) => [c.outage, c.decidable, c.context, c.heldBy.join(", "), c.missed]),
  );
}

/** The same with what happened before anything was mended, for outages outside the corpus. */
export function unseenTable(cases: readonly OutageCase[]): string {
  return rows(
    ["Outage", "What happens", "At first", "Held by", "Missed because"],
    cases.map((c) => [
      c.outage,
      c.title,
      (c.first ?? "").replace("-", " "),
      c.heldBy.join(", "),
      c.missed,
    ]),
  );
}

/** Cases of the corpus by how decidable they are, those held, and from what. */
export function outageTotals(cases: readonly OutageCase[]): string {
  const line = (name: string, some: readonly OutageCase[]): readonly string[] => {
    const held = some.filter((c) => c.heldBy.length > 0);
    const share = some.length === 0 ? 0 : Math.floor((held.length * 1000) / some.length) / 10;
    const gathered = held.filter((c) => c.context === "gathered").length;
    return [name, some.length, held.length, `${share} %`, gathered, held.length - gathered].map(
      String,
    );
  };
  return rows(
    ["Decidable", "Cases", "Held", "Share", "Held by what was gathered", "Held by what was given"],
    [
      ...(["yes", "partial", "no"] as const).map((d) =>
        line(
          d,
          cases.filter((c) => c.decidable === d),
        ),
      ),
      line("all", cases),
    ],
  );
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.map((c) => c || "–").join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...body.map(row)].join("\n");
}

/** How often the rules held what they had not seen, and how often they hold it now. */
export function firstSentence(cases: readonly OutageCase[]): string {
  const at = (first: OutageCase["first"]) => cases.filter((c) => c.first === first).length;
  const now = cases.filter((c) => c.heldBy.length > 0).length;
  return `Of ${cases.length}, ${at("held")} were held at first with the twin passing, ${at("twin-held")} with the twin held too, and ${at("missed")} were missed. Now ${now} are held.`;
}

/** The row of one battery of single edits; the test that reads the cases lets no twin be held. */
export function editsRow(name: string, cases: readonly OutageCase[]): string {
  const first = cases.filter((c) => c.first === "held").length;
  const now = cases.filter((c) => c.heldBy.length > 0).length;
  return `| ${name} | ${cases.length} | ${first} | ${now} | 0 |`;
}
