// SPDX-License-Identifier: Apache-2.0
import {
  acceptCheckpoint,
  assuranceOf,
  CLOCK_TOLERANCE,
  formatVerifierKey,
  isQuorum,
  lackingOf,
  MAX_POLICY_LENGTH,
  type Policy,
  parsePolicy,
  weighCheckpoint,
} from "@interlock/tlog";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, type Cosigners, LOG, NOW, STAGING, signed, signer, WITNESSES } from "./keys.ts";
import { naiveRoot } from "./naive.ts";
import { codeOf, taken } from "./outcome.ts";

const vkey = (i: number): string => formatVerifierKey((WITNESSES[i] ?? LOG).key);
const LOG_LINE = `log ${formatVerifierKey(LOG.key)}\n`;
const THREE = `${LOG_LINE}witness a ${vkey(0)}\nwitness b ${vkey(1)}\nwitness c ${vkey(2)}\n`;
const TWO_OF_THREE = `${THREE}group g 2 a b c\nquorum g\n`;

const policyOf = (text: string): Policy => taken(parsePolicy(bytesOf(text)));
const flawOf = (text: string): string => {
  const read = parsePolicy(bytesOf(text));
  if (read.ok) return "accepted";
  expect(codeOf(read)).toBe("POLICY_INVALID");
  return read.failure.message;
};

describe("format", () => {
  test("logs, witnesses, groups of groups, comments, white space, addresses", () => {
    const policy = policyOf(
      `# who may sign\n\n \t log  ${formatVerifierKey(LOG.key)}\thttps://log.example.com/ \n` +
        `witness a ${vkey(0)} https://a.example.com/\nwitness b ${vkey(1)}\n   # none of them ours\n` +
        `group ab any a b\nwitness c ${vkey(2)}\ngroup g all ab c\nquorum g\n`,
    );
    expect(policy.logs).toEqual([{ key: LOG.key, url: "https://log.example.com/" }]);
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ["a", "https://a.example.com/"],
      ["b", null],
      ["c", null],
    ]);
    expect(policy.groups).toEqual([
      { name: "ab", threshold: 1, members: ["a", "b"] },
      { name: "g", threshold: 2, members: ["ab", "c"] },
    ]);
    expect(policy.quorum).toBe("g");
    expect(policyOf("quorum none\n")).toEqual({
      logs: [],
      witnesses: [],
      groups: [],
      quorum: null,
    });
  });

  test("names are octets: a Kelvin sign is no K, and Latin-1 is allowed", () => {
    const bytes = Uint8Array.of(...bytesOf("# "), 0xe9, ...bytesOf(`\nwitness K ${vkey(0)}\n`));
    const read = taken(parsePolicy(Uint8Array.of(...bytes, ...bytesOf("quorum K\n"))));
    expect(read.quorum).toBe("K");
    expect(flawOf(`witness K ${vkey(0)}\nquorum \u212a\n`)).toBe(
      "line 2: `\u212a` is not defined above",
    );
    expect(flawOf("quorum \u009b2J\u202e\n")).toBe(
      "line 1: `\\u{9b}2J\\u{202e}` is not defined above",
    );
    const raw = parsePolicy(Uint8Array.of(...bytesOf("quorum "), 0x9b, 0x0a));
    expect(raw.ok ? "" : raw.failure.message).toBe("line 1: `\\u{9b}` is not defined above");
  });

  test("32 logs, witnesses and groups", () => {
    const lines = Array.from({ length: 32 }, (_, i) => {
      const log = signer(`log${i}.example.com`, "ed25519", 100 + i);
      const witness = signer(`w${i}.example.com`, "cosignature", 140 + i);
      const group = `group g${i} any w${i}`;
      return `log ${formatVerifierKey(log.key)}\nwitness w${i} ${formatVerifierKey(witness.key)}\n${group}\n`;
    });
    const policy = policyOf(`${lines.join("")}quorum g31\n`);
    expect([policy.logs.length, policy.witnesses.length, policy.groups.length]).toEqual([
      32, 32, 32,
    ]);
  });

  test("a key of an algorithm that is not known here is kept and never counts", () => {
    const policy = policyOf(`${LOG_LINE}witness q w.example.com+0a0b0c0d+BgECAwQ=\nquorum q\n`);
    expect(policy.witnesses[0]?.key.kind).toBe("unsupported");
  });

  const same = formatVerifierKey({ ...(WITNESSES[0] ?? LOG).key, name: "x", keyId: 0 });
  test.each<[string, string, string]>([
    ["no quorum", THREE, "no line `quorum`"],
    ["nothing", "", "no line `quorum`"],
    ["two quorums", "quorum none\nquorum none\n", "line 2: there is a quorum already"],
    ["no newline at the end", "quorum none", "does not end in a newline"],
    ["a carriage return", "quorum none\r\n", "control character"],
    ["a form feed", "quorum\fnone\n", "control character"],
    ["a delete", "# \u007f\nquorum none\n", "control character"],
    ["an unknown word", "witnesses a\nquorum none\n", "line 1: `witnesses` is not"],
    ["an upper case word", "Quorum none\n", "line 1: `Quorum` is not"],
    ["a quorum of something undefined", "quorum g\n", "`g` is not defined above"],
    [
      "a quorum that is defined below",
      `quorum a\nwitness a ${vkey(0)}\n`,
      "`a` is not defined above",
    ],
    ["a quorum of two", `${THREE}quorum a b\n`, "a quorum is"],
    ["a quorum of none of them", `${THREE}quorum\n`, "a quorum is"],
    ["a log without a key", "log\nquorum none\n", "a log is"],
    ["a log with too much", `${LOG_LINE.trim()} u v\nquorum none\n`, "a log is"],
    ["a log twice", `${LOG_LINE}${LOG_LINE}quorum none\n`, "line 2: another log has the same"],
    ["a key that is none", "log a+b+c\nquorum none\n", "is not `name+id+key`"],
    ["a witness without a key", "witness a\nquorum none\n", "a witness is"],
    ["a witness with too much", `witness a ${vkey(0)} u v\nquorum none\n`, "a witness is"],
    [
      "a witness with a log's key",
      `witness a ${formatVerifierKey(LOG.key)}\nquorum a\n`,
      "for cosignatures",
    ],
    [
      "one key under two witnesses",
      `witness a ${vkey(0)}\nwitness b ${vkey(0)}\nquorum a\n`,
      "another witness",
    ],
    [
      "one key under two key names",
      `witness a ${vkey(0)}\nwitness b ${same}\nquorum a\n`,
      "line 2: ",
    ],
    [
      "one name for two witnesses",
      `witness a ${vkey(0)}\nwitness a ${vkey(1)}\nquorum a\n`,
      "`a` is defined already",
    ],
    [
      "a witness called none",
      `witness none ${vkey(0)}\nquorum none\n`,
      "`none` is defined already",
    ],
    ["a group called as a witness", `${THREE}group a any b\nquorum a\n`, "`a` is defined already"],
    ["a group of nobody", `${THREE}group g any\nquorum g\n`, "a group is"],
    ["a group of none", `${THREE}group g any none\nquorum g\n`, "`none` is not defined above"],
    ["a group of itself", `${THREE}group g any g\nquorum g\n`, "`g` is not defined above"],
    ["a member twice", `${THREE}group g any a a\nquorum g\n`, "`a` is a member twice"],
    [
      "a member of two groups",
      `${THREE}group g any a\ngroup h any a\nquorum g\n`,
      "`a` is a member twice",
    ],
    ["0 of 3", `${THREE}group g 0 a b c\nquorum g\n`, "`0` is not"],
    ["4 of 3", `${THREE}group g 4 a b c\nquorum g\n`, "`4` is not"],
    ["02 of 3", `${THREE}group g 02 a b c\nquorum g\n`, "`02` is not"],
    ["most of 3", `${THREE}group g most a b c\nquorum g\n`, "`most` is not"],
    ["too long", `#${"a".repeat(MAX_POLICY_LENGTH)}\nquorum none\n`, "is not read"],
  ])("%s", (_, text, says) => expect(flawOf(text)).toMatch(says));

  test("fuzz: nothing throws, and what is accepted has a quorum that is defined", () => {
    const word = fc.constantFrom(
      "log",
      "witness",
      "group",
      "quorum",
      "none",
      "any",
      "all",
      "2",
      "a",
      "b",
      "g",
      " ",
      "\t",
      "\n",
      "#",
      vkey(0),
      vkey(1),
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, word, fc.string({ maxLength: 3 })), { maxLength: 30 }),
        fc.boolean(),
        (words, quorum) => {
          const text = `${words.join(" ")}${quorum ? "\nquorum none\n" : "\n"}`;
          const read = parsePolicy(bytesOf(text));
          if (!read.ok) return void codeOf(read);
          const names = [...read.value.witnesses, ...read.value.groups].map((d) => d.name);
          if (read.value.quorum !== null) expect(names).toContain(read.value.quorum);
          isQuorum(read.value, new Set(names));
          assuranceOf(read.value);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("weighing", () => {
  const head = { origin: LOG.key.name, size: 0, root: naiveRoot([]), extensions: [] };
  const [a = LOG, b = LOG, c = LOG] = WITNESSES;
  const policy = policyOf(TWO_OF_THREE);
  const accepts = async (cosigners: Cosigners, text = TWO_OF_THREE, log = LOG): Promise<string> =>
    codeOf(
      await acceptCheckpoint(policyOf(text), await signed(head, log, cosigners), { now: NOW }),
    );

  test("two of three, whichever, and nothing less", async () => {
    expect(
      await accepts([
        [a, NOW],
        [b, NOW],
      ]),
    ).toBe("accepted");
    expect(
      await accepts([
        [c, NOW],
        [a, NOW - 9],
      ]),
    ).toBe("accepted");
    expect(
      await accepts([
        [a, NOW],
        [b, NOW],
        [c, NOW],
      ]),
    ).toBe("accepted");
    expect(await accepts([[a, NOW]])).toBe("QUORUM_MISSING");
    expect(
      await accepts([
        [a, NOW],
        [a, NOW - 1],
      ]),
    ).toBe("QUORUM_MISSING");
    expect(await accepts([])).toBe("QUORUM_MISSING");
    expect(await accepts([], `${LOG_LINE}quorum none\n`)).toBe("accepted");
    const unknown = `${LOG_LINE}witness q w.example.com+0a0b0c0d+BgECAwQ=\nquorum q\n`;
    expect(await accepts([[a, NOW]], unknown)).toBe("QUORUM_MISSING");
  });

  test("says who cosigned and when, and what is missing is no failure to weigh", async () => {
    const bytes = await signed(head, LOG, [[b, NOW - 60]]);
    const weighed = taken(await weighCheckpoint(policy, bytes, { now: NOW }));
    expect(weighed.cosigned).toEqual([{ witness: "b", timestamp: NOW - 60 }]);
    expect(weighed.quorumMet).toBe(false);
    expect(weighed.log).toEqual(LOG.key);
    expect(weighed.checkpoint).toEqual(head);
  });

  test("LG13 a cosignature from the future does not count, and is told", async () => {
    const late = NOW + CLOCK_TOLERANCE + 1;
    expect(
      await accepts([
        [a, NOW],
        [b, NOW + CLOCK_TOLERANCE],
      ]),
    ).toBe("accepted");
    expect(
      await accepts([
        [a, NOW],
        [b, late],
      ]),
    ).toBe("QUORUM_MISSING");
    const bytes = await signed(head, LOG, [
      [a, NOW],
      [b, late],
    ]);
    const weighed = taken(await weighCheckpoint(policy, bytes, { now: NOW }));
    expect(weighed.early).toEqual([{ witness: "b", timestamp: late }]);
    expect(taken(await weighCheckpoint(policy, bytes)).quorumMet).toBe(true);
  });

  test("LG12 a log that is not of the policy, or signs for another", async () => {
    expect(await accepts([], `quorum none\n`)).toBe("ORIGIN_UNKNOWN");
    expect(await accepts([], `log ${formatVerifierKey(STAGING.key)}\nquorum none\n`)).toBe(
      "ORIGIN_UNKNOWN",
    );
    const both = `${LOG_LINE}log ${formatVerifierKey(STAGING.key)}\nquorum none\n`;
    expect(await accepts([], both)).toBe("accepted");
    expect(await accepts([], both, STAGING)).toBe("SIGNATURE_MISSING");
  });

  test("LG17 a stolen log key signs a fork offline: no witness, no quorum", async () => {
    const fork = { ...head, size: 1, root: naiveRoot([bytesOf("a fork")]) };
    const bytes = await signed(fork, LOG);
    expect(codeOf(await acceptCheckpoint(policy, bytes, { now: NOW }))).toBe("QUORUM_MISSING");
    // Cosignatures of the true head, moved to the fork, are broken ones of known keys.
    const [truth, cosigned] = [
      await signed(head, LOG),
      await signed(head, LOG, [
        [a, NOW],
        [b, NOW],
      ]),
    ];
    const moved = Uint8Array.of(...bytes, ...cosigned.slice(truth.length));
    expect(codeOf(await acceptCheckpoint(policy, moved, { now: NOW }))).toBe("SIGNATURE_INVALID");
  });

  test("LG11 one broken cosignature of a known witness refuses the checkpoint", async () => {
    const impostor = signer(a.key.name, "cosignature", 99);
    const lying = { key: a.key, sign: impostor.sign };
    expect(
      await accepts([
        [lying, NOW],
        [b, NOW],
        [c, NOW],
      ]),
    ).toBe("SIGNATURE_INVALID");
    expect(
      await accepts([
        [impostor, NOW],
        [b, NOW],
        [c, NOW],
      ]),
    ).toBe("accepted");
  });
});

describe("P5 honest label", () => {
  const label =
    "tamper-evident to anyone holding an older checkpoint; a split view is not excluded";
  const shared = (lines: string, ...operators: string[]) =>
    assuranceOf(policyOf(`${THREE}${lines}`), new Set(operators));

  test("P5 quorum none, or all witnesses ours, and not a word more", () => {
    expect(shared("quorum none\n")).toEqual({ kind: "unwitnessed", liars: 0, says: label });
    const ours = shared("group g all a b c\nquorum g\n", "a", "b", "c");
    expect(ours).toEqual({ kind: "split-possible", liars: 0, says: label });
    expect(shared("quorum a\n", "a").says).toBe(label);
  });

  test("P5 a quorum of which two need not meet excludes no split view, with honest witnesses all", () => {
    expect(shared("group g any a b c\nquorum g\n").says).toBe(label);
    expect(shared("group g 1 a b\nquorum g\n").kind).toBe("split-possible");
    expect(shared("group g 2 a b c\nquorum g\n", "c").says).toBe(label);
  });

  test("P5 a witness with the key of a log is no witness against that log", () => {
    const twin = formatVerifierKey(signer("w.example.com", "cosignature", 1).key);
    const policy = policyOf(`${LOG_LINE}witness t ${twin}\nquorum t\n`);
    expect(policy.witnesses[0]?.key.publicKey).toEqual(LOG.key.publicKey);
    expect(assuranceOf(policy).says).toBe(label);
  });

  test("P5 otherwise as many as must lie", () => {
    expect(shared("quorum a\n")).toEqual({
      kind: "witnessed",
      liars: 1,
      says: "no two histories can both be accepted unless 1 independent witness signs against their own record",
    });
    expect(shared("group g 2 a b c\nquorum g\n").liars).toBe(1);
    expect(shared("group g all a b c\nquorum g\n").liars).toBe(3);
    expect(shared("group g all a b c\nquorum g\n", "a").liars).toBe(2);
  });

  test("P5 the label is the fewest witnesses that any two quorums share, counted by trying all", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const policies = fc
      .tuple(
        fc.shuffledSubarray(names, { minLength: 1 }),
        fc.integer({ min: 0, max: 5 }),
        fc.nat(9),
        fc.nat(9),
      )
      .map(([members, cut, k, l]) => grouped(members, cut % members.length, k, l));
    fc.assert(
      fc.property(policies, fc.subarray(names, { maxLength: 2 }), (policy, operators) => {
        const sets = subsets(names).filter((set) => isQuorum(policy, new Set(set)));
        const shares = sets.flatMap((s) =>
          sets.map((t) => s.filter((n) => t.includes(n) && !operators.includes(n)).length),
        );
        expect(assuranceOf(policy, new Set(operators)).liars).toBe(Math.min(...shares));
      }),
    );
    fc.assert(
      fc.property(policies, fc.subarray(names), (policy, have) => {
        const sets = subsets(names).filter((set) => isQuorum(policy, new Set(set)));
        const missing = sets.map((set) => set.filter((name) => !have.includes(name)).length);
        const { count, witnesses } = lackingOf(policy, new Set(have));
        expect(count).toBe(Math.min(...missing));
        expect(witnesses.filter((name) => have.includes(name))).toEqual([]);
        expect(isQuorum(policy, new Set([...have, ...witnesses]))).toBe(true);
      }),
    );
  });
});

/** A group of some members beside single members, all in one group above. */
function grouped(members: readonly string[], cut: number, k: number, l: number): Policy {
  const inner = members.slice(0, cut);
  const outer = [...(inner.length > 0 ? ["inner"] : []), ...members.slice(cut)];
  const groups = [{ name: "outer", threshold: 1 + (l % outer.length), members: outer }];
  if (inner.length > 0) {
    groups.unshift({ name: "inner", threshold: 1 + (k % inner.length), members: inner });
  }
  const witnesses = members.map((name) => ({ name, key: STAGING.key, url: null }));
  return { logs: [], witnesses, groups, quorum: "outer" };
}

function subsets(names: readonly string[]): string[][] {
  return names.reduce<string[][]>((all, name) => all.flatMap((s) => [s, [...s, name]]), [[]]);
}
