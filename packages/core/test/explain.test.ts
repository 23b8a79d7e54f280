/** Every reason and every requirement as a sentence, word by word. */
import {
  approvals,
  duration,
  explainReason,
  explainRequirement,
  instant,
  type Reason,
  type ReasonCode,
  type Requirement,
  share,
} from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const UNTIL = 1_903_942_800_000;
type Said = readonly [params: Reason["params"], sentence: string];

/** A code without a sentence here does not compile. */
const SENTENCES: Readonly<Record<ReasonCode, readonly Said[]>> = {
  applies: [[{ open: ["check", "window"] }, "it still needs check, window"]],
  "all-met": [[{}, "everything it needs is there"]],
  notice: [[{}, "a notice, nothing is needed"]],
  "facts-unknown": [
    [{ what: ["owners"], because: "lost" }, "what it must judge is not known: owners (lost)"],
    [{ what: ["a", "b"], because: "" }, "what it must judge is not known: a, b"],
    [{ what: ["a"] }, "what it must judge is not known: a"],
  ],
  "expression-unknown": [
    [{}, "its condition cannot be evaluated"],
    [{ because: "no such key" }, "its condition cannot be evaluated (no such key)"],
  ],
  "only-shown": [
    [
      { by: "ana" },
      "shown by `ana`; what lands is judged where it lands, with the approvals given by then",
    ],
  ],
  "policy-unreadable": [
    [{ because: "line 3" }, "the policy cannot be read, so the change is held (line 3)"],
  ],
  "no-policy": [[{}, "there is no policy, so the change is held"]],
  waived: [[{}, "two people waived it for exactly this change"]],
  rejected: [[{ by: "bo" }, "`bo` rejected the change and has not closed the rejection"]],
  frozen: [
    [{ name: "sale" }, "frozen by `sale`, which has no end"],
    [{ name: "sale", until: UNTIL }, "frozen by `sale` until 2030-05-02 09:00 UTC"],
  ],
  "debt-open": [
    [
      { teams: ["payments"], count: 2 },
      "2 break-glass still to be reviewed by two people who did not sign it (payments)",
    ],
    [
      { teams: [], count: 1 },
      "1 break-glass still to be reviewed by two people who did not sign it",
    ],
  ],
  approved: [[{ by: ["bo", "cy"] }, "approved by bo, cy"]],
  "approvals-missing": [
    [{ have: 0, need: 2, from: "owners", via: "review", naming: [] }, "0 of 2 approvals by owners"],
    [
      {
        ...{ have: 0, need: 1, from: "owners", via: "passkey", naming: [] },
        ...{ keys: "device-bound", synchronised: ["bo", "cy"] },
      },
      "0 of 1 approvals by owners with a passkey that cannot leave its device; bo, cy signed with a key that can be synchronised, which does not count here",
    ],
    [
      { have: 0, need: 2, from: "owners", via: "passkey", naming: [], landed: 41 },
      "0 of 2 approvals by owners with a passkey; earlier ones were for landing it once, and it landed as entry 41 says: ask for approvals again",
    ],
    [
      { have: 1, need: 2, from: "team:sre", via: "passkey", naming: ["f"] },
      "1 of 2 approvals by team `sre` with a passkey whose statement names the finding",
    ],
  ],
  "approvals-unknown": [[{ because: "lost" }, "approvals could not be read (lost)"]],
  "pusher-unobserved": [[{}, "nobody saw who pushed it, so an approver may be the pusher"]],
  "people-unknown": [
    [
      { because: "lost" },
      "nobody can be told to be a second person, since people are not known (lost)",
    ],
  ],
  "contributors-unknown": [[{}, "who contributed to it is not known"]],
  "account-unresolved": [
    [
      { accounts: ["a", "b"] },
      "a, b resolves to no person; add it to a person in `interlock/people.yaml`",
    ],
  ],
  "machine-out-of-scope": [
    [
      { accounts: ["bot"] },
      "bot touched paths it is not trusted with; name them under `mayTouch` in `interlock/people.yaml`",
    ],
  ],
  "owner-missing": [
    [{ paths: ["a"], count: 1 }, "`a` has no known owner; add one to CODEOWNERS or the catalog"],
    [
      { paths: ["a", "b"], count: 7 },
      "`a` and 6 more has no known owner; add one to CODEOWNERS or the catalog",
    ],
  ],
  "owner-group-missing": [[{ owners: ["search", "web"] }, "none of search, web has approved"]],
  "distinct-teams-missing": [[{ need: 2 }, "the approvals do not come from 2 different teams"]],
  "digest-unknown": [
    [{ because: "lost" }, "the change has no digest that an approval could be bound to (lost)"],
  ],
  documented: [[{}, "a change document covers what is needed"]],
  "document-missing": [
    [{ sections: ["why"] }, "no change document; it needs the section(s) why"],
    [{ sections: [] }, "no change document; it needs any section"],
  ],
  "sections-missing": [[{ sections: ["a", "b"] }, "the change document lacks the section(s) a, b"]],
  checked: [[{ checks: ["unit", "lint"] }, "unit, lint passed"]],
  "check-failed": [[{ checks: ["unit"] }, "unit failed"]],
  "check-missing": [[{ checks: ["unit"] }, "no passed report of unit for this change"]],
  staged: [[{}, "a staged rollout is planned"]],
  "staging-missing": [
    [
      { cells: 1, trafficPpm: 5_000, bakeMs: 1_800_000 },
      "no rollout plan with a first wave of at most 1 cell(s), 0.5 % of traffic and a bake of 30 min",
    ],
  ],
  "window-open": [[{}, "the window is open"]],
  "window-closed": [
    [{ calendars: ["a", "b"], until: UNTIL }, "a, b is closed until 2030-05-02 09:00 UTC"],
  ],
  "window-never-opens": [[{ calendars: ["a"] }, "a has no opening in sight"]],
  "calendar-unknown": [[{ calendar: "a" }, "the calendar `a` is not known for this time"]],
  "rollback-rehearsed": [[{}, "the rollback was rehearsed"]],
  "rollback-missing": [[{ rehearsedWithinMs: 7_776_000_000 }, "no rollback rehearsed within 90 d"]],
  "ticket-open": [[{}, "an open ticket names the change"]],
  "ticket-missing": [[{}, "no open ticket names the change"]],
  "cooled-down": [[{}, "it has cooled down"]],
  "cooling-down": [[{ until: UNTIL }, "cooling down until 2030-05-02 09:00 UTC"]],
  "first-seen-unknown": [[{}, "when it was first seen is not known"]],
  denied: [[{ reasons: ["R1", "R2"] }, "denied by R1, R2; only break-glass passes it"]],
  "must-be-known": [[{ what: ["a", "b"] }, "not known: a, b"]],
};

describe("explainReason", () => {
  const rows = Object.entries(SENTENCES).flatMap(([code, said]) =>
    said.map(([params, sentence]) => [code as ReasonCode, params, sentence] as const),
  );
  it.each(rows)("%s %j", (code, params, sentence) => {
    expect(explainReason({ code, params })).toBe(sentence);
  });

  it("says a sentence and never the code, even where parameters are missing", () => {
    for (const code of Object.keys(SENTENCES) as ReasonCode[]) {
      const sentence = explainReason({ code, params: {} });
      expect([code, sentence.includes(code) && code.includes("-")]).toEqual([code, false]);
      expect([code, sentence.includes(" ")]).toEqual([code, true]);
      expect([code, sentence.endsWith(".")]).toEqual([code, false]);
    }
  });

  it("says every code in other words", () => {
    const sentences = Object.keys(SENTENCES).map((code) =>
      explainReason({ code: code as ReasonCode, params: {} }),
    );
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});

describe("explainRequirement", () => {
  it.each<[Requirement, string]>([
    [approvals(2, "owners"), "2 approval(s) by owners"],
    [
      approvals(1, "team:sre", { via: "passkey", distinct: ["teams"], naming: ["f"] }),
      "1 approval(s) by team `sre` with a passkey from different teams whose statement names the finding",
    ],
    [{ kind: "document", sections: ["a", "b"] }, "a change document with the section(s) a, b"],
    [{ kind: "document", sections: [] }, "a change document with any section"],
    [{ kind: "check", names: ["a", "b"] }, "passed: a, b"],
    [
      { kind: "staged", cells: 2, trafficPpm: 10_000, bakeMs: 90_000 },
      "a staged rollout: first wave at most 2 cell(s) and 1 %, bake 90 s",
    ],
    [{ kind: "window", calendars: ["a", "b"] }, "open: a, b"],
    [{ kind: "rollback", rehearsedWithinMs: 86_400_000 }, "a rollback rehearsed within 1 d"],
    [{ kind: "ticket", systems: ["a", "b"] }, "an open ticket in a, b"],
    [{ kind: "ticket", systems: [] }, "an open ticket"],
    [{ kind: "cooldown", ms: 3_600_000 }, "1 h since it was first seen"],
    [{ kind: "deny", reasons: ["a"] }, "break-glass by two people"],
    [{ kind: "known", facts: ["a", "b"] }, "known: a; b"],
  ])("%j", (requirement, sentence) => {
    expect(explainRequirement(requirement)).toBe(sentence);
  });
});

describe("figures", () => {
  it.each<[number | undefined, string]>([
    [undefined, "0 %"],
    [0, "0 %"],
    [1, "0.0001 %"],
    [9_999, "0.9999 %"],
    [10_000, "1 %"],
    [12_500, "1.25 %"],
    [1_000_000, "100 %"],
  ])("share %s is %s", (ppm, written) => {
    expect(share(ppm)).toBe(written);
  });

  it.each<[number | undefined, string]>([
    [undefined, "0 ms"],
    [0, "0 ms"],
    [999, "999 ms"],
    [1_000, "1 s"],
    [1_001, "1001 ms"],
    [59_000, "59 s"],
    [60_000, "1 min"],
    [3_600_000, "1 h"],
    [5_400_000, "90 min"],
    [86_400_000, "1 d"],
    [90_000_000, "25 h"],
  ])("duration %s is %s", (ms, written) => {
    expect(duration(ms)).toBe(written);
  });

  it.each<[number | undefined, string]>([
    [undefined, "1970-01-01 00:00 UTC"],
    [-1, "1969-12-31 23:59 UTC"],
    [59_999, "1970-01-01 00:00 UTC"],
    [60_000, "1970-01-01 00:01 UTC"],
    [Date.UTC(2000, 1, 29, 12, 30), "2000-02-29 12:30 UTC"],
    [Date.UTC(2100, 1, 28, 23, 59), "2100-02-28 23:59 UTC"],
    [Date.UTC(2100, 2, 1), "2100-03-01 00:00 UTC"],
    [Date.UTC(2030, 11, 31, 23, 59, 59), "2030-12-31 23:59 UTC"],
  ])("instant %s is %s", (ms, written) => {
    expect(instant(ms)).toBe(written);
  });

  it("writes instants as the calendar of the platform does", () => {
    const within = fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(within, (ms) => {
        const iso = new Date(ms).toISOString();
        expect(instant(ms)).toBe(`${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`);
      }),
      { numRuns: 2_000 },
    );
  });
});
