import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGENTS } from "../../src/provenance/agents.ts";
import { type Authorship, provenance } from "../../src/provenance/provenance.ts";

const HUMAN: Authorship = {
  authorName: "Ana",
  authorEmail: "ana@example.com",
  committerEmail: "ana@example.com",
  message: "cart: add a price",
  trailers: [],
  branch: null,
  notes: [],
  files: ["src/cart.ts"],
};
const trailer = (key: string, value: string): Partial<Authorship> => ({
  trailers: [{ key, value }],
});

const DECLARED: readonly (readonly [string, Partial<Authorship>, string])[] = [
  [
    "a co-author address",
    trailer("Co-authored-by", "Claude <noreply@anthropic.com>"),
    "claude-code",
  ],
  [
    "a numeric id under another login",
    { authorEmail: "209825114+renamed@users.noreply.github.com" },
    "claude-code",
  ],
  ["a signature", { message: "x\n\n🤖 Generated with Claude Code" }, "claude-code"],
  [
    "a signature as a link",
    { message: "x\n\n🤖 Generated with [Claude Code](https://example.com)" },
    "claude-code",
  ],
  [
    "the coding agent of Copilot",
    { authorEmail: "198982749+Copilot@users.noreply.github.com" },
    "copilot",
  ],
  [
    "the editor's co-author line",
    trailer("Co-authored-by", "Copilot <223556219+Copilot@users.noreply.github.com>"),
    "copilot",
  ],
  [
    "the editor's line with an unknown address",
    trailer("co-authored-by", "Copilot <new-address@example.com>"),
    "copilot",
  ],
  [
    "Codex",
    { committerEmail: "199175422+chatgpt-codex-connector[bot]@users.noreply.github.com" },
    "codex",
  ],
  ["Cursor's address", trailer("Co-authored-by", "Cursor <cursoragent@cursor.com>"), "cursor"],
  [
    "Devin",
    { authorEmail: "158243242+devin-ai-integration[bot]@users.noreply.github.com" },
    "devin",
  ],
  [
    "Amazon Q",
    { authorEmail: "208079219+amazon-q-developer[bot]@users.noreply.github.com" },
    "amazon-q",
  ],
  ["a Kiro bot login", { authorEmail: "kiro-agent[bot]@users.noreply.github.com" }, "kiro"],
  ["Jules", { authorEmail: "1+google-labs-jules[bot]@users.noreply.github.com" }, "jules"],
  ["Aider by subject", { message: "aider: rename" }, "aider"],
  ["Aider by author name", { authorName: "Ana (aider)" }, "aider"],
  [
    "opencode by exact address",
    trailer("Co-authored-by", "opencode <noreply@opencode.ai>"),
    "opencode",
  ],
  [
    "the kernel's trailer",
    trailer("Assisted-by", "Claude:claude-opus [coccinelle]"),
    "claude-code",
  ],
  ["an unknown tool in the kernel's trailer", trailer("Assisted-by", "Robo:1.0"), "robo"],
  ["Generated-by", trailer("Generated-by", "GitHub Copilot"), "copilot"],
  ["Ai-assisted", trailer("Ai-assisted", "true"), "unnamed"],
  ["Replit", trailer("Replit-Commit-Author", "Agent"), "replit"],
  ["agent logs", trailer("Agent-Logs-Url", "https://example.com/1"), "copilot"],
  ["a git-ai note", { notes: ['src/a.ts\n  s1 1-4\n---\n{"tool":"cursor"}'] }, "cursor"],
];

const LIKELY: readonly (readonly [string, Partial<Authorship>, string])[] = [
  ["a branch", { branch: "claude/fix-cart" }, "claude-code"],
  ["a branch of Copilot", { branch: "copilot/fix-1" }, "copilot"],
  ["an agent trace", { files: [".agent-trace/traces.jsonl"] }, "agent-trace"],
  ["Kiro's specs", { files: [".kiro/specs/cart/tasks.md"] }, "kiro"],
];

const UNKNOWN: readonly (readonly [string, Partial<Authorship>])[] = [
  ["nothing", {}],
  ["a tool in the subject", { message: "editor: move the Cursor to the next line" }],
  ["a product in the subject", { message: "docs: how to use Claude Code and GitHub Copilot" }],
  ["a mention in the body", { message: "x\n\nthis was not Generated with Claude Code, see below" }],
  ["a person called Claude", { authorName: "Claude", authorEmail: "claude@example.com" }],
  ["a co-author called Devin", trailer("Co-authored-by", "Devin <devin@example.com>")],
  [
    "a release bot called opencode",
    { authorName: "opencode", authorEmail: "opencode@example.com" },
  ],
  ["a login without the bot suffix", { authorEmail: "cursor@users.noreply.github.com" }],
  ["a person's help", trailer("Assisted-by", "Bo <bo@example.com>")],
  ["declared as none", trailer("Assisted-by", "none")],
  ["not assisted", trailer("Ai-assisted", "false")],
  ["a branch with the word inside", { branch: "fix/claude/cart" }],
  ["a dependency bot", { authorEmail: "49699333+dependabot[bot]@users.noreply.github.com" }],
  ["the web page's committer", { committerEmail: "noreply@github.com" }],
  [
    "Copilot in the middle of a name",
    trailer("Co-authored-by", "Ana Copilot-Fan <ana@example.com>"),
  ],
];

describe("provenance", () => {
  it.each(DECLARED)("declares %s", (_, more, agent) => {
    const found = provenance({ ...HUMAN, ...more });
    expect(found.ai).toBe("declared");
    expect(found.agents).toEqual([agent]);
    expect(found.signals).toHaveLength(1);
  });
  it.each(LIKELY)("finds %s likely", (_, more, agent) => {
    expect(provenance({ ...HUMAN, ...more })).toMatchObject({ ai: "likely", agents: [agent] });
  });
  it.each(UNKNOWN)("does not take %s for a signal", (_, more) => {
    expect(provenance({ ...HUMAN, ...more })).toEqual({ ai: "unknown", agents: [], signals: [] });
  });
  it("has no id, address or login twice", () => {
    const all = AGENTS.flatMap((one) => [
      ...(one.ids ?? []),
      ...(one.emails ?? []),
      ...(one.logins ?? []),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });
  it("never loosens when a signal is added (only-tightens)", () => {
    const rank = { unknown: 0, likely: 1, declared: 2 } as const;
    const parts = fc.constantFrom(
      ...DECLARED.map(([, more]) => more),
      ...LIKELY.map(([, more]) => more),
    );
    fc.assert(
      fc.property(fc.string(), parts, (message, more) => {
        const plain = provenance({ ...HUMAN, message });
        const added = provenance({ ...HUMAN, message, ...more });
        expect(more.message !== undefined || rank[added.ai] >= rank[plain.ai]).toBe(true);
      }),
    );
  });
  it("reads any input", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.array(fc.string()),
        (a, b, c, notes) => {
          const found = provenance({
            authorName: a,
            authorEmail: b,
            committerEmail: c,
            message: a + b,
            trailers: [{ key: "Assisted-by", value: c }],
            branch: b,
            notes,
            files: notes,
          });
          expect(found.agents.length).toBeLessThanOrEqual(50);
        },
      ),
    );
  });
});
