// SPDX-License-Identifier: Apache-2.0
import type { Finding, Step } from "./finding.ts";
import type { GithubJob, GithubWorkflow } from "./github.ts";

/** Events that somebody without write access can cause, in a run that holds the repository's token. */
const OUTSIDER = [
  "issues",
  "issue_comment",
  "pull_request_target",
  "discussion",
  "discussion_comment",
  "pull_request_review",
  "pull_request_review_comment",
  "workflow_run",
  "fork",
  "watch",
];
/** Events whose run holds secrets although the code may come from a fork. */
const PRIVILEGED = ["pull_request_target", "workflow_run", "issue_comment"];

/** Fields that an outsider writes. Source: docs.github.com, security hardening for GitHub Actions. */
const OUTSIDE_TEXT =
  /github\.(event\.(issue\.(title|body)|pull_request\.(title|body|head\.(ref|label|repo\.\w+))|comment\.body|review\.body|review_comment\.body|discussion\.(title|body)|pages\.[^\s}]*page_name|commits[^\s}]*\.(message|author\.\w+)|head_commit\.(message|author\.\w+)|workflow_run\.(head_branch|display_title|head_commit\.(message|author\.\w+)|pull_requests[^\s}]*head\.ref))|head_ref)\b/;
const HEAD_REF =
  /github\.event\.pull_request\.head\.(sha|ref)|github\.head_ref|github\.event\.workflow_run\.head_(sha|branch)|refs\/pull\/|pull_request\.merge_commit_sha|github\.event\.pull_request\.number.*(head|merge)/;

const AGENT_ACTIONS =
  /^(anthropics\/(claude-code-action|claude-code-base-action|claude-code-security-review)|google-github-actions\/run-gemini-cli|google-gemini\/gemini-cli-action|openai\/codex-action|actions\/ai-inference|github\/copilot[\w-]*|cursor\/[\w-]+|sweepai\/\w+|aider-ai\/\w+|paul-gauthier\/aider|coderabbitai\/[\w-]+|qodo-ai\/pr-agent|codium-ai\/pr-agent|aws\/amazon-q[\w-]*|warpdotdev\/[\w-]+|sst\/opencode\/github|block\/goose[\w-]*)/i;
const AGENT_COMMANDS =
  /(^|[\s;&|`(])(claude\s+(-p\b|--print\b|--dangerously)|npx\s+(-y\s+)?@anthropic-ai\/claude-code|gemini\s+(-p\b|--prompt\b|--yolo\b|-y\b)|codex\s+(exec|-q|--full-auto)\b|aider\s+[^\n]*(--message|-m\b|--yes)|cursor-agent\s|copilot\s+(-p|--prompt)\b|q\s+chat\s|kiro\s+\w+|opencode\s+run\b|goose\s+run\b|llm\s+["'-]|gh\s+models\s+run)/;
const UNBOUNDED_AGENT =
  /--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|bypassPermissions|--yolo\b|--full-auto\b|--yes-always\b|Bash\(\*\)|(allowed_?-?tools|allowedTools)["']?\s*[:=]?\s*["']?\*|--trust-all-tools|allowed_non_write_users\s*\n?\*|danger-full-access/;

const isAgent = (step: Step): boolean =>
  AGENT_ACTIONS.test(step.uses) || AGENT_COMMANDS.test(step.run);

/** Everything about one side of a workflow that a change may bring. */
export function githubFindings(workflow: GithubWorkflow): readonly Finding[] {
  const open = OUTSIDER.filter((name) => workflow.triggers.has(name));
  return [
    ...workflow.jobs.flatMap((job) => [
      ...checkouts(workflow, job),
      ...injections(job),
      ...agents(workflow, job, open),
      ...unpinned(job),
      ...runnersOf(workflow, job),
      ...inherited(job),
    ]),
    ...workflow.crons.map(({ text, line }) => finding("cron", text, { line, text })),
  ];
}

type Seen = {
  readonly line: number;
  readonly text: string;
  readonly tags?: readonly string[];
};

function finding(aspect: string, subject: string, { line, text, tags }: Seen): Finding {
  return {
    aspect,
    subject: subject.slice(0, 200),
    line,
    text: text.replace(/\s+/g, " ").slice(0, 300),
    tags: tags ?? [],
  };
}

function checkouts(workflow: GithubWorkflow, job: GithubJob): readonly Finding[] {
  const triggers = PRIVILEGED.filter((name) => workflow.triggers.has(name));
  if (triggers.length === 0) return [];
  return job.steps.flatMap((step) => {
    const ref = step.inputs.find(([key]) => key === "ref" || key === "repository")?.[1] ?? "";
    const checkout = /^actions\/checkout\b/.test(step.uses) && HEAD_REF.test(ref);
    const byHand =
      /gh\s+pr\s+checkout|git\s+(fetch|checkout|pull)[^\n]*(pull\/|head_ref|pull_request\.head)/.test(
        step.run,
      );
    if (!checkout && !byHand) return [];
    return [
      finding("untrusted-checkout", job.id, {
        line: checkout ? step.usesLine : step.runLine,
        text: `${triggers.join(", ")} checks out ${ref === "" ? "the pull request" : ref}`,
        tags: triggers,
      }),
    ];
  });
}

const expressions = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{\{([^}]{0,400})\}\}/g)].map((m) => m[1] ?? "");

function outsideText(text: string): string | null {
  const found = expressions(text).find(
    (one) =>
      OUTSIDE_TEXT.test(one) && !/\b(contains|startsWith|endsWith|format)\s*\(|[=!]=/.test(one),
  );
  return found === undefined ? null : (OUTSIDE_TEXT.exec(found)?.[0] ?? null);
}

function injections(job: GithubJob): readonly Finding[] {
  return job.steps.flatMap((step) => {
    const script = /^actions\/github-script\b/.test(step.uses)
      ? (step.inputs.find(([key]) => key === "script")?.[1] ?? "")
      : "";
    const lines = (step.run === "" ? script : step.run).split("\n");
    const start = step.run === "" ? step.usesLine : step.runLine;
    return lines.flatMap((line, i) => {
      const field = outsideText(line);
      return field === null
        ? []
        : [
            finding("script-injection", job.id, {
              line: step.run === "" ? start : start + i,
              text: field,
            }),
          ];
    });
  });
}

function agents(
  workflow: GithubWorkflow,
  job: GithubJob,
  open: readonly string[],
): readonly Finding[] {
  return job.steps.filter(isAgent).flatMap((step) => {
    const line = step.uses === "" ? step.runLine : step.usesLine;
    const words = [step.run, ...step.inputs.map(([key, value]) => `${key}\n${value}`)].join("\n");
    const found: Finding[] = [];
    const direct = outsideText(words);
    const through = step.env.find(([, value]) => outsideText(value) !== null);
    if (direct !== null || through !== undefined)
      found.push(
        finding("event-text-in-prompt", job.id, {
          line,
          text: direct ?? outsideText(through?.[1] ?? "") ?? "",
          // Without such a trigger a fork's run holds neither secrets nor a write token.
          tags: [
            ...(direct === null ? ["environment"] : []),
            ...(open.length > 0 ? ["outsider"] : []),
          ],
        }),
      );
    if (UNBOUNDED_AGENT.test(words))
      found.push(
        finding("agent-unbounded", job.id, { line, text: UNBOUNDED_AGENT.exec(words)?.[0] ?? "" }),
      );
    const held = authority(workflow, job);
    if (open.length > 0 && held.length > 0)
      found.push(
        finding("agent-with-authority", job.id, {
          line,
          text: `${open.join(", ")}: ${held.join(", ")}`,
          tags: [...open, "outsider"],
        }),
      );
    return found;
  });
}

/** What an agent in this job can do besides answering: write scopes, and secrets that are not its own key. */
function authority(workflow: GithubWorkflow, job: GithubJob): readonly string[] {
  const permissions = job.permissions ?? workflow.permissions;
  const writes =
    permissions === null
      ? []
      : [...permissions.levels]
          .filter(
            ([scope, level]) =>
              level === "write" && !/^(id-token|issues|pull-requests|discussions)$/.test(scope),
          )
          .map(([scope]) => `${scope} write`);
  const others = job.secrets.filter(
    (name) =>
      !/GITHUB_TOKEN|ANTHROPIC|CLAUDE|OPENAI|GEMINI|GOOGLE_API|COPILOT|CODEX|CURSOR|BEDROCK|MODEL|LLM/i.test(
        name,
      ),
  );
  return [...writes, ...others.map((name) => `secret ${name}`)];
}

function unpinned(job: GithubJob): readonly Finding[] {
  const steps = [
    ...job.steps.map((step) => ({ uses: step.uses, line: step.usesLine })),
    { uses: job.uses, line: job.line },
  ];
  return steps.flatMap(({ uses, line }) => {
    if (uses === "" || uses.startsWith("./") || /@[0-9a-f]{40}$|@sha256:/.test(uses)) return [];
    if (uses.startsWith("docker://"))
      return [
        finding("action-unpinned", uses, {
          line,
          text: uses.replace(/:[^:/]*$/, ""),
          tags: ["image"],
        }),
      ];
    const [name = "", ref = ""] = uses.split("@");
    const official = /^(actions|github)\//.test(name);
    const branch = ref === "" || /^(main|master|develop|dev|trunk|HEAD)$/.test(ref);
    // The name alone is compared: a bump from one tag to the next is no new trust.
    return [
      finding("action-unpinned", uses, {
        line,
        text: `${name}${branch ? " branch" : ""}`,
        tags: [...(official ? ["official"] : []), branch ? "branch" : "tag"],
      }),
    ];
  });
}

function runnersOf(workflow: GithubWorkflow, job: GithubJob): readonly Finding[] {
  const open = ["pull_request", "pull_request_target", "issue_comment"].filter((name) =>
    workflow.triggers.has(name),
  );
  if (open.length === 0 || !job.runsOn.includes("self-hosted")) return [];
  return [finding("self-hosted-public", job.id, { line: job.line, text: open.join(", ") })];
}

function inherited(job: GithubJob): readonly Finding[] {
  if (!job.inheritsSecrets || job.uses.startsWith("./")) return [];
  return [
    finding("secrets-inherited", job.id, {
      line: job.line,
      text: `all secrets go to ${job.uses.split("@")[0] ?? ""}`,
    }),
  ];
}
