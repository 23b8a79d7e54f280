/** Policies whose order decides, and sessions without a filter, over any text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { routingFindings } from "../../src/network/routing.ts";
import { termsIn } from "../../src/network/terms.ts";

const term = (name: string, from: string, verdict: string): string =>
  `term ${name} {\n${from === "" ? "" : `from ${from};\n`}then ${verdict};\n}\n`;
const policy = (...terms: readonly string[]): string =>
  `policy-statement OUT {\n${terms.join("")}}\n`;

describe("terms of a routing policy", () => {
  it.each([
    ["in one row", "from prefix-list A;\nthen accept;", ["from prefix-list A"], "accept"],
    ["in blocks", "from {\nprefix-list A;\n}\nthen {\nreject;\n}", ["prefix-list A"], "reject"],
    ["switched off", "from {\ninactive: prefix-list A;\n}\nthen accept;", [], "accept"],
    ["a whole block off", "inactive: from {\nprefix-list A;\n}\nthen accept;", [], "accept"],
    ["only sets", "from community C;\nthen metric 5;", ["from community C"], null],
  ] as const)("%s", (_name, body, conditions, verdict) => {
    expect(termsIn(policy(`term T {\n${body}\n}\n`))).toEqual([
      { policy: "OUT", name: "T", line: 2, conditions, verdict },
    ]);
  });

  it("leaves out terms that are switched off", () => {
    expect(termsIn(policy(`inactive: ${term("A", "", "accept")}`))).toEqual([]);
  });
});

describe("findings", () => {
  const words = fc.array(
    fc.constantFrom(
      ..."term inactive: from then accept; reject; { } ; policy-statement A B \n neighbor 192.0.2.1 remote-as 1 in -A INPUT -j DROP".split(
        " ",
      ),
    ),
    { maxLength: 80 },
  );
  const text = fc.oneof(
    words.map((w) => w.join(" ")),
    fc.string({ unit: "binary", maxLength: 300 }),
  );

  it("never throws, and says nothing of a text that does not change", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        routingFindings(before, after);
        expect(routingFindings(after, after)).toEqual([]);
      }),
    );
  });

  it("points at a line of the new text", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = after.split("\n").length;
        for (const { line } of routingFindings(before, after))
          expect(line >= 1 && line <= lines).toBe(true);
      }),
    );
  });
});
