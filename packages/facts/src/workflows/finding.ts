// SPDX-License-Identifier: Apache-2.0

/** One property of one side of a workflow; what is only on the new side is what the change brings. */
export type Finding = {
  readonly aspect: string;
  /** The job or step it is about. */
  readonly subject: string;
  readonly line: number;
  /** What is compared between the sides; also what a person sees. */
  readonly text: string;
  readonly tags: readonly string[];
};

export type Step = {
  readonly name: string;
  readonly line: number;
  readonly uses: string;
  readonly usesLine: number;
  readonly run: string;
  readonly runLine: number;
  /** Inputs and environment of the step, as written. */
  readonly inputs: readonly (readonly [string, string])[];
  readonly env: readonly (readonly [string, string])[];
  readonly ignoresFailure: boolean;
  readonly condition: string;
};

/** What a job of any CI system is for the checks here. */
export type Job = {
  readonly id: string;
  readonly line: number;
  readonly steps: readonly Step[];
  readonly needs: readonly string[];
  readonly environment: string;
  /** Started by hand, or waits for a person. */
  readonly manual: boolean;
  readonly ignoresFailure: boolean;
  readonly condition: string;
  readonly runsOn: readonly string[];
};

const DEPLOYS =
  /\b(kubectl\s+(-\S+\s+\S+\s+)*(apply|rollout|set image|replace|patch)|helm\s+(upgrade|install)|helmfile\s+(apply|sync)|terraform\s+(apply|destroy)|tofu\s+apply|terragrunt\s+(run-all\s+)?apply|pulumi\s+up|cdk\s+deploy|sam\s+deploy|serverless\s+deploy|sls\s+deploy|ansible-playbook|argocd\s+app\s+sync|flyctl?\s+deploy|vercel\s+[^\n]*--prod|netlify\s+deploy\s+[^\n]*--prod|wrangler\s+(deploy|publish)|gcloud\s+[\w -]*\bdeploy\b|aws\s+(ecs\s+update-service|lambda\s+update-function-code|cloudformation\s+deploy|deploy\s+create-deployment|s3\s+sync)|az\s+[\w -]*\bdeploy|eb\s+deploy|cap\s+production\s+deploy|heroku\s+container:release|nomad\s+(job\s+)?run|skaffold\s+(run|deploy)|firebase\s+deploy)\b/;
const DEPLOY_ACTIONS =
  /^(aws-actions\/amazon-ecs-deploy-task-definition|azure\/(webapps-deploy|k8s-deploy)|google-github-actions\/deploy-\w+|superfly\/flyctl-actions|cloudflare\/(wrangler-action|pages-action)|amondnet\/vercel-action|akhileshns\/heroku-deploy|hashicorp\/tfc-workflows-github|FirebaseExtended\/action-hosting-deploy|einaregilsson\/beanstalk-deploy)/i;
const TESTS =
  /\b(npm\s+(run\s+)?(test|t|lint|check|typecheck|ci:test)|(yarn|pnpm|bun)\s+(run\s+)?(test|lint|check|typecheck)|(npx|bunx|(npm|pnpm|yarn)\s+exec(\s+--)?|(pnpm|yarn)(\s+dlx)?)\s+(vitest|jest|tsc|eslint|playwright)|pytest|python\s+-m\s+(pytest|unittest)|tox|nox|go\s+(test|vet)|golangci-lint|cargo\s+(test|clippy)|(\.\/)?(mvnw?|gradlew?)\s+[^\n]*\b(test|verify|check)\b|mvn\s+[^\n]*\b(test|verify)\b|gradle\s+[^\n]*\b(test|check)\b|make\s+[^\n]*\b(test|check|lint|verify)\b|bazel\s+test|dotnet\s+test|rspec|bundle\s+exec\s+(rspec|rake\s+test)|phpunit|ctest|terraform\s+(validate|plan)|conftest\s+test|opa\s+test|kubeconform|trivy|semgrep|helm\s+lint|ruff|mypy|bats|shellcheck)\b/;
const TEST_ACTIONS =
  /^(golangci\/golangci-lint-action|github\/codeql-action|aquasecurity\/trivy-action|returntocorp\/semgrep-action|actions\/dependency-review-action|super-linter\/super-linter|ossf\/scorecard-action)/;

export const deploys = (step: Step): boolean =>
  DEPLOYS.test(step.run) || DEPLOY_ACTIONS.test(step.uses);
export const checks = (step: Step): boolean => TESTS.test(step.run) || TEST_ACTIONS.test(step.uses);

/** The check that a step runs, in one short line, so that the same check elsewhere is recognised. */
export function checkOf(step: Step): string {
  return TESTS.exec(step.run)?.[0].replace(/\s+/g, " ") ?? TEST_ACTIONS.exec(step.uses)?.[0] ?? "";
}

/** Lines of a script that are wrapped so that their failure is lost. */
export function ignoredLines(
  step: Step,
): readonly { readonly text: string; readonly line: number }[] {
  return step.run.split("\n").flatMap((text, i) => {
    const lost =
      /\|\|\s*(true|:|exit 0|echo\b[^|&]*)\s*$/.test(text) &&
      (TESTS.test(text) || DEPLOYS.test(text));
    return lost || /^\s*set \+e\s*$/.test(text)
      ? [{ text: text.trim(), line: step.runLine + i }]
      : [];
  });
}
