// SPDX-License-Identifier: Apache-2.0
/** Whom `interlock init` resolves, whom it asks about, and what becomes of the answers. */
import { describe, expect, it } from "vitest";
import { askedAbout, openText, peopleAmong, settled, type Verdict } from "../src/init/people.ts";

const AUTHORS = [
  { name: "Ana Lima", emails: ["ana@example.com", "ana@old.example.com"] },
  { name: "Lima, Ána", emails: ["a.lima@example.com"] },
  { name: "bo", emails: ["bo@example.com"] },
  { name: "Bo Berg", emails: ["12+bo@users.noreply.github.com"] },
  { name: "cy", emails: ["cy@example.com"] },
  { name: "Jenkins", emails: ["ops@example.com"] },
  { name: "helper[bot]", emails: ["1+helper[bot]@users.noreply.github.com"] },
];
const FOUND = peopleAmong(AUTHORS);

describe("people of a history", () => {
  it("are put together where that is certain; a bot is a machine", () => {
    expect(FOUND.persons).toEqual([
      { id: "ana-lima", accounts: ["ana@example.com", "ana@old.example.com"] },
      { id: "bo-berg", accounts: ["12+bo@users.noreply.github.com"] },
      { id: "cy", accounts: ["cy@example.com"] },
    ]);
    expect(FOUND.machines).toEqual(["1+helper[bot]@users.noreply.github.com"]);
  });

  it("are asked about only where the history does not tell, one question each", async () => {
    const questions: string[] = [];
    const answers: Verdict[] = ["machine", "same", "other"];
    const verdicts = await askedAbout(FOUND.doubts, async (question, allowed) => {
      questions.push(question);
      const next = answers[questions.length - 1] ?? null;
      expect(allowed).toContain(next);
      return next;
    });
    expect(questions).toEqual([
      "is Jenkins <ops@example.com> a machine, or another person?",
      "is Lima, Ána <a.lima@example.com> the same as ana-lima, another person, or a machine?",
      "is bo <bo@example.com> the same as bo-berg, another person, or a machine?",
    ]);
    expect(settled(FOUND, verdicts)).toEqual({
      persons: [
        {
          id: "ana-lima",
          accounts: ["a.lima@example.com", "ana@example.com", "ana@old.example.com"],
        },
        { id: "bo-berg", accounts: ["12+bo@users.noreply.github.com"] },
        { id: "cy", accounts: ["cy@example.com"] },
        { id: "bo", accounts: ["bo@example.com"] },
      ],
      machines: ["1+helper[bot]@users.noreply.github.com", "ops@example.com"],
    });
  });

  it("stay out where nobody answers, so that they hold; the lines to add are told", async () => {
    const none = await askedAbout(FOUND.doubts, async () => null);
    expect(settled(FOUND, none).persons).toEqual(FOUND.persons);
    expect(openText(FOUND.doubts).filter((line) => line.includes("bo@example.com"))).toEqual([
      '  the same as bo-berg: add "bo@example.com" to its accounts',
      '  another person: - { id: "bo", accounts: ["bo@example.com"], teams: [], active: true }',
      '  a machine: - { account: "bo@example.com", purpose: "…", mayTouch: [] }',
    ]);
  });

  it("with one name and other people of that name keep ids of their own", () => {
    const twice = [
      { name: "dee", emails: ["x@example.com"] },
      { name: "Dee!", emails: ["y@example.com"] },
    ];
    const { persons, doubts } = peopleAmong(twice);
    expect([persons[0]?.id, doubts[0]?.author.id]).toEqual(["dee", "dee-2"]);
  });
});
