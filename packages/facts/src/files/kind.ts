// SPDX-License-Identifier: Apache-2.0
import type { FileFact } from "@interlock/core";

type Kind = FileFact["kind"];

const LANGUAGES: Readonly<Record<string, string>> = {
  ts: "typescript",
  tsx: "typescript",
  mts: "typescript",
  cts: "typescript",
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  py: "python",
  pyi: "python",
  go: "go",
  java: "java",
  kt: "kotlin",
  scala: "scala",
  rs: "rust",
  rb: "ruby",
  php: "php",
  cs: "csharp",
  c: "c",
  h: "c",
  cc: "cpp",
  cpp: "cpp",
  hpp: "cpp",
  lua: "lua",
  sh: "shell",
  bash: "shell",
  zsh: "shell",
  pl: "perl",
  pp: "puppet",
  ex: "elixir",
  sql: "sql",
  tf: "hcl",
  tfvars: "hcl",
  hcl: "hcl",
  yaml: "yaml",
  yml: "yaml",
  json: "json",
  jsonc: "jsonc",
  toml: "toml",
  ini: "ini",
  cfg: "ini",
  conf: "conf",
  properties: "properties",
  env: "env",
  csv: "csv",
  tsv: "csv",
  md: "markdown",
  rst: "markdown",
  xml: "xml",
  html: "html",
  graphql: "graphql",
  gql: "graphql",
  proto: "proto",
  zone: "zone",
  erb: "template",
  j2: "template",
};

const SOURCE = new Set([
  "typescript",
  "javascript",
  "python",
  "go",
  "java",
  "kotlin",
  "scala",
  "rust",
  "ruby",
  "php",
  "csharp",
  "c",
  "cpp",
  "lua",
  "shell",
  "perl",
  "puppet",
  "elixir",
  "proto",
  "graphql",
]);
const CONFIG = new Set([
  "yaml",
  "json",
  "jsonc",
  "toml",
  "ini",
  "conf",
  "properties",
  "env",
  "template",
  "xml",
  "zone",
]);

const LOCKS = new Set([
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "poetry.lock",
  "uv.lock",
  "pipfile.lock",
  "go.sum",
  "cargo.lock",
  "gemfile.lock",
  "composer.lock",
  "gradle.lockfile",
  ".terraform.lock.hcl",
  "flake.lock",
  "mix.lock",
  "pubspec.lock",
]);
const MANIFESTS = new Set([
  "package.json",
  "pyproject.toml",
  "requirements.txt",
  "setup.cfg",
  "setup.py",
  "pipfile",
  "go.mod",
  "cargo.toml",
  "pom.xml",
  "build.gradle",
  "build.gradle.kts",
  "gemfile",
  "composer.json",
  "libs.versions.toml",
]);

/** The language by name and ending; empty when it says nothing. */
export function languageOf(path: string): string {
  const name = baseName(path);
  if (/^(dockerfile|containerfile)(\.|$)/.test(name)) return "dockerfile";
  if (/^(makefile|gnumakefile|justfile)$/.test(name)) return "make";
  if (/^\.env(\.|$)/.test(name)) return "env";
  return LANGUAGES[name.slice(name.lastIndexOf(".") + 1)] ?? "";
}

/** What part a file plays, by its path alone: the first rule that fits. */
export function kindOf(path: string): Kind {
  const lower = path.toLowerCase();
  const name = baseName(path);
  const language = languageOf(path);
  if (isGate(lower) && !isDocumentPath(path)) return "gate";
  if (LOCKS.has(name)) return "lock";
  if (/(^|\/)(vendor|node_modules|third_party|third-party)\//.test(lower)) return "vendored";
  if (
    /^\.github\/workflows\/|(^|\/)\.gitlab-ci(\.[^/]*)?\.ya?ml$|^\.circleci\/|(^|\/)jenkinsfile$|^\.buildkite\//.test(
      lower,
    )
  )
    return "workflow";
  if (MANIFESTS.has(name) || /^requirements[^/]*\.(txt|in)$/.test(name)) return "manifest";
  if (/(\.pb\.go|_pb2\.py|\.min\.(js|css)|\.generated\.[a-z]+|\.g\.dart)$/.test(name))
    return "generated";
  if (isTest(lower, name)) return "test";
  if (
    /(^|\/)(migrations?|migrate|db\/(migrate|changelog)|flyway|liquibase|alembic\/versions)\//.test(
      lower,
    ) ||
    /^v\d+(_\d+)*__.*\.sql$/.test(name)
  )
    return "migration";
  if (
    /\.(md|rst|adoc|txt)$/.test(name) &&
    !/(list|hosts|allow|deny|block|robots|prefix|blocklist|allowlist)/.test(name)
  ) {
    if (
      /\.(md|rst|adoc)$/.test(name) ||
      /^(readme|license|changelog|notice|authors|contributing)/.test(name)
    )
      return "docs";
  }
  if (
    /\.(tf|tfvars|tfstate|hcl)$/.test(name) ||
    /\.tf\.json$/.test(name) ||
    language === "dockerfile"
  )
    return "infrastructure";
  if (language === "csv") return "data";
  if (CONFIG.has(language)) return "config";
  if (language === "sql") return "migration";
  if (SOURCE.has(language) || language === "make") return "source";
  return "other";
}

/** The settings of an environment that is called test are no tests. */
const TEST_SETTINGS =
  /(^|\/)(configs?|conf|settings|envs?|environments?|inventor(y|ies)|deploy(ments?)?|overlays|values)\/tests?\/[^/]+\.(ya?ml|json|toml|ini|env|properties|conf|tf|tfvars)$/;

function isTest(lower: string, name: string): boolean {
  if (TEST_SETTINGS.test(lower)) return false;
  return (
    /(^|\/)(tests?|__tests__|specs?|testdata|test-data|e2e|fixtures|__mocks__)\//.test(lower) ||
    /(^test_|_test\.[a-z]+$|\.(test|spec)\.[a-z]+$|tests?\.java$)/.test(name)
  );
}

/** Files that decide what the gate does: they are judged by the old and the new version. */
export function isGate(lower: string): boolean {
  return /^interlock\//.test(lower) || /^(\.github\/|\.gitlab\/|docs\/)?codeowners$/.test(lower);
}

/** Whether a path is the home of change documents: no part of the gate, since they decide nothing. */
export const isDocumentPath = (path: string): boolean =>
  /^interlock\/changes\/(?:[^/]+\/){0,10}[^/]+\.md$/.test(path);

/** Which parts of the gate a path belongs to, sorted. */
export function gatePartsOf(path: string): readonly string[] {
  const lower = path.toLowerCase();
  const parts: string[] = [];
  if (/^(\.github\/|\.gitlab\/|docs\/)?codeowners$|^owners$|^owners_aliases$/.test(lower))
    parts.push("owners");
  else if (baseName(path) === "owners") parts.push("folder-owners");
  // A change document decides nothing; its digest is part of that of its change.
  if (/^interlock\//.test(lower) && !isDocumentPath(path)) {
    if (/catalog/.test(lower)) parts.push("catalog");
    else if (/people/.test(lower)) parts.push("people");
    else parts.push("policy");
  }
  if (/^\.github\/workflows\/|(^|\/)\.gitlab-ci/.test(lower)) parts.push("workflow");
  if (
    /(^|\/)(agents\.md|claude\.md|gemini\.md|\.cursorrules|\.windsurfrules)$|(^|\/)\.(cursor|kiro|claude|codex|gemini)\/|^\.github\/(hooks\/|copilot-instructions\.md$)/.test(
      lower,
    )
  )
    parts.push("agent-rules");
  if (
    /(^|\/)(\.gitattributes|\.gitmodules)$|^\.husky\/|(^|\/)\.pre-commit-config\.ya?ml$/.test(lower)
  )
    parts.push("enforcement");
  return [...new Set(parts)].sort();
}

export const baseName = (path: string): string =>
  path.slice(path.lastIndexOf("/") + 1).toLowerCase();
