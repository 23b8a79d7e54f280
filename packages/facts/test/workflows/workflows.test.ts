// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of other languages
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WORKFLOWS_SOURCE } from "../../src/workflows/source.ts";
import { changed, type Sides, world } from "../code/changed.ts";

async function find(before: Sides, after: Sides): Promise<readonly string[]> {
  const { deltas, gaps } = await WORKFLOWS_SOURCE.read(changed(before, after), world(after));
  return [
    ...deltas
      .filter((one) => one.aspect !== "workflow" && one.aspect !== "workflow-authority")
      .map(
        (one) =>
          `${one.aspect}:${one.line} ${one.subject}: ${one.op === "removed" ? one.before : one.after}`,
      ),
    ...gaps.map((one) => `gap ${one.code}`),
  ].sort();
}

const CI = ".github/workflows/ci.yml";
const SHA = "0123456789012345678901234567890123456789";
const gh = (on: string, job: string, top = ""): string =>
  `name: ci\non: ${on}\n${top}jobs:\n  build:\n    runs-on: ubuntu-latest\n${job}`;
const steps = (...lines: readonly string[]): string =>
  `    steps:\n${lines.map((line) => `      ${line}\n`).join("")}`;

type Case = {
  readonly case: string;
  readonly before?: string;
  readonly after: string;
  readonly path?: string;
  readonly finds: readonly string[];
  readonly keeps?: boolean;
};

const plain = gh("push", steps("- run: npm test"));

const CASES: readonly Case[] = [
  {
    case: "pull_request_target that checks out the head",
    after: gh(
      "pull_request_target",
      steps(
        `- uses: actions/checkout@${SHA}`,
        "  with:",
        "    ref: ${{ github.event.pull_request.head.sha }}",
      ),
    ),
    finds: [
      "untrusted-checkout:7 build: pull_request_target checks out ${{ github.event.pull_request.head.sha }}",
    ],
  },
  {
    case: "the same on pull_request",
    after: gh(
      "pull_request",
      steps(
        `- uses: actions/checkout@${SHA}`,
        "  with:",
        "    ref: ${{ github.event.pull_request.head.sha }}",
      ),
    ),
    finds: [],
  },
  {
    case: "the trigger alone changes",
    before: gh(
      "pull_request",
      steps(`- uses: actions/checkout@${SHA}`, "  with:", "    ref: ${{ github.head_ref }}"),
    ),
    after: gh(
      "[pull_request_target]",
      steps(`- uses: actions/checkout@${SHA}`, "  with:", "    ref: ${{ github.head_ref }}"),
    ),
    finds: ["untrusted-checkout:7 build: pull_request_target checks out ${{ github.head_ref }}"],
  },
  {
    case: "an issue title in a script",
    after: gh(
      "issues",
      steps("- run: |", "    echo one", '    echo "${{ github.event.issue.title }}"'),
    ),
    finds: ["script-injection:9 build: github.event.issue.title"],
  },
  {
    case: "an issue title through the environment",
    after: gh(
      "issues",
      steps('- run: echo "$TITLE"', "  env:", "    TITLE: ${{ github.event.issue.title }}"),
    ),
    finds: [],
  },
  {
    case: "a comparison of the title",
    after: gh("issues", steps("- run: echo ${{ contains(github.event.issue.title, 'x') }}")),
    finds: [],
  },
  {
    case: "an agent that reads an issue, with a write token and a deploy key",
    after: gh(
      "{ issue_comment: { types: [created] } }",
      steps(
        `- uses: anthropics/claude-code-action@${SHA}`,
        "  with:",
        "    prompt: 'Answer: ${{ github.event.comment.body }}'",
        "    key: ${{ secrets.ANTHROPIC_API_KEY }}",
        "- run: ./deploy",
        "  env: { KEY: '${{ secrets.DEPLOY_KEY }}' }",
      ),
      "permissions: { contents: write }\n",
    ),
    finds: [
      "agent-with-authority:8 build: issue_comment: contents write, secret DEPLOY_KEY",
      "event-text-in-prompt:8 build: github.event.comment.body",
    ],
  },
  {
    case: "an agent command fed through the environment",
    after: gh(
      "issues",
      steps(
        '- run: claude -p "$BODY" --dangerously-skip-permissions',
        "  env:",
        "    BODY: ${{ github.event.issue.body }}",
      ),
    ),
    finds: [
      "agent-unbounded:7 build: --dangerously-skip-permissions",
      "event-text-in-prompt:7 build: github.event.issue.body",
    ],
  },
  {
    case: "an agent on pushes with its own key",
    after: gh(
      "push",
      steps(
        `- uses: anthropics/claude-code-action@${SHA}`,
        "  with:",
        "    prompt: review",
        "    key: ${{ secrets.ANTHROPIC_API_KEY }}",
      ),
    ),
    finds: [],
  },
  {
    case: "a write scope",
    before: plain,
    after: gh("push", steps("- run: npm test"), "permissions:\n  contents: write\n"),
    finds: ["permissions-widened:3 workflow: workflow: contents: write"],
  },
  {
    case: "permissions taken away",
    before: gh("push", steps("- run: npm test"), "permissions: {}\n"),
    after: plain,
    finds: ["permissions-widened:1 workflow: workflow: the permissions block is removed"],
  },
  {
    case: "permissions moved into a job",
    before: gh("push", steps("- run: npm test"), "permissions: { contents: write }\n"),
    after: gh(
      "push",
      `    permissions: { contents: write }\n${steps("- run: npm test")}`,
      "permissions: { contents: read }\n",
    ),
    finds: [],
  },
  {
    case: "a third party by tag",
    before: plain,
    after: gh("push", steps("- run: npm test", "- uses: other/thing@v1")),
    finds: ["action-unpinned:8 other/thing@v1: other/thing"],
  },
  {
    case: "a bump from tag to tag",
    before: gh("push", steps("- uses: other/thing@v1")),
    after: gh("push", steps("- uses: other/thing@v2")),
    finds: [],
  },
  {
    case: "from a digest to a branch",
    before: gh("push", steps(`- uses: other/thing@${SHA}`)),
    after: gh("push", steps("- uses: other/thing@main")),
    finds: ["action-unpinned:7 other/thing@main: other/thing branch"],
  },
  {
    case: "failures are ignored and a check goes",
    before: gh("push", steps("- run: npm test", "- run: npm run lint")),
    after: gh("push", steps("- run: npm test || true")),
    finds: ["check-removed:4 build: npm run lint", "failure-ignored:7 build: npm test || true"],
  },
  {
    case: "continue-on-error",
    before: plain,
    after: gh("push", steps("- run: npm test", "  continue-on-error: true")),
    finds: ["failure-ignored:7 build: step run"],
  },
  {
    case: "one test tool for another",
    before: plain,
    after: gh("push", steps("- run: npx vitest")),
    finds: [],
  },
  {
    case: "a deployment loses its environment and what it waited for",
    before: gh(
      "push",
      steps("- run: npm test") +
        "  deploy:\n    needs: build\n    environment: production\n    runs-on: ubuntu-latest\n" +
        steps("- run: kubectl apply -f k8s"),
    ),
    after: gh(
      "push",
      steps("- run: npm test") +
        "  deploy:\n    runs-on: ubuntu-latest\n" +
        steps("- run: kubectl apply -f k8s"),
    ),
    finds: ["gate-removed:8 deploy: environment production", "gate-removed:8 deploy: needs build"],
  },
  {
    case: "a new deployment without a gate",
    before: plain,
    after: `${plain}  ship:\n    runs-on: ubuntu-latest\n${steps("- run: helm upgrade shop ./chart")}`,
    finds: ["deploy-ungated:8 ship: a deployment without an environment or a manual start"],
  },
  {
    case: "own runners for anybody's code",
    after: gh("pull_request", steps("- run: npm test")).replace(
      "ubuntu-latest",
      "[self-hosted, linux]",
    ),
    finds: ["self-hosted-public:4 build: pull_request"],
  },
  {
    case: "a schedule",
    before: plain,
    after: gh("{ push: {}, schedule: [{ cron: '0 0 * * *' }] }", steps("- run: npm test")),
    finds: ["cron:2 0 0 * * *: 0 0 * * *"],
  },
  {
    case: "all secrets for another repository's workflow",
    after:
      "on: push\njobs:\n  a:\n    uses: other/repo/.github/workflows/x.yml@v1\n    secrets: inherit\n",
    finds: [
      "action-unpinned:3 other/repo/.github/workflows/x.yml@v1: other/repo/.github/workflows/x.yml",
      "secrets-inherited:3 a: all secrets go to other/repo/.github/workflows/x.yml",
    ],
  },
  {
    case: "GitLab: allow_failure, manual and environment go",
    path: ".gitlab-ci.yml",
    before:
      "test:\n  script:\n    - npm test\ndeploy:\n  when: manual\n  environment: production\n  script: kubectl apply -f k8s\n",
    after:
      "test:\n  allow_failure: true\n  script:\n    - npm test\ndeploy:\n  script: kubectl apply -f k8s\n",
    finds: [
      "failure-ignored:1 test: job test",
      "gate-removed:5 deploy: environment production",
      "gate-removed:5 deploy: manual start",
    ],
  },
  {
    case: "GitLab: a job that tests is removed, a pipeline comes from elsewhere",
    path: ".gitlab-ci.yml",
    before: "test:\n  script: pytest\nlint:\n  script: ruff check\n",
    after: "include:\n  - project: other/ci\n    file: a.yml\ntest:\n  script: pytest\n",
    finds: ["action-unpinned:2 other/ci: other/ci", "check-removed:1 lint: ruff"],
  },
  {
    case: "broken YAML is a gap",
    before: plain,
    after: "on: [push\njobs: {",
    finds: ["gap unparsable"],
  },
];

describe("workflows source", () => {
  it.each(CASES.map((one) => [one.case, one] as const))("%s", async (_, one) => {
    const path = one.path ?? CI;
    expect(
      await find(one.before === undefined ? {} : { [path]: one.before }, { [path]: one.after }),
    ).toEqual([...one.finds].sort());
    if (!one.finds.includes("gap unparsable"))
      expect(await find({ [path]: one.after }, { [path]: `# a note\n${one.after}` })).toEqual([]);
  });

  it("never throws", async () => {
    const piece = fc.constantFrom(
      "on:",
      " push\n",
      "jobs:\n",
      "  a:\n",
      "    steps:\n",
      "      - run: x\n",
      "      - uses: a/b@c\n",
      "permissions:",
      " write-all\n",
      "[",
      "{",
      "- ",
      "\n",
      "needs: [a]\n",
      "${{ github.event.issue.title }}",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.array(piece, { maxLength: 30 }),
        async (a, b) => {
          const found = await find({ [CI]: a.join("") }, { [CI]: b.join("") });
          expect(found.length).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
  });

  const versions: readonly (readonly [string, string, string, boolean])[] = [
    ["a tag", `- uses: a/b@v1`, `- uses: a/b@v2`, true],
    [
      "a commit with its comment",
      `- uses: a/b@${SHA} # v1.0`,
      `- uses: a/b@${SHA.replace("0", "9")} # v1.1`,
      true,
    ],
    ["an image", "- image: node:20", "- image: node:22", true],
    ["another action", "- uses: a/b@v1", "- uses: a/c@v1", false],
    [
      "what stands behind a hash sign in a script",
      "- run: echo ' # $A'",
      "- run: echo ' # $(curl x)'",
      false,
    ],
    ["a step besides", "- uses: a/b@v1", "- uses: a/b@v2\n      - run: x", false],
  ];
  it.each(versions)("tells whether only versions change: %s", async (_, before, after, only) => {
    const read = await WORKFLOWS_SOURCE.read(
      changed({ [CI]: gh("push", steps(before)) }, { [CI]: gh("push", steps(after)) }),
      world({}),
    );
    const found = read.deltas.find((one) => one.aspect === "workflow");
    expect(found?.tags.includes("only-versions")).toBe(only);
  });
});
