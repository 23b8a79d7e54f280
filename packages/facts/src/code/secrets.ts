// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { ChangedFile } from "../source.ts";
import { isTestPath } from "./language.ts";

type Format = { readonly name: string; readonly pattern: RegExp };

/** Token formats that cannot be anything else; sources are the providers' own documentation. */
const FORMATS: readonly Format[] = [
  { name: "aws-access-key", pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g },
  {
    name: "aws-secret-key",
    pattern:
      /aws_?secret_?(?:access_?)?key["']?\s*[:=]\s*["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  },
  { name: "google-api-key", pattern: /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/g },
  { name: "google-oauth-secret", pattern: /\bGOCSPX-[A-Za-z0-9_-]{28}\b/g },
  { name: "azure-storage-key", pattern: /\bAccountKey=([A-Za-z0-9+/]{86}==)/g },
  // The signature of a link that carries its own rights; an order and an end stand beside it.
  {
    name: "signed-storage-link",
    pattern: /[?&]sig=([A-Za-z0-9%/+]{40,70}(?:%3D|=))/g,
  },
  {
    name: "github-token",
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b/g,
  },
  { name: "gitlab-token", pattern: /\bgl(?:pat|ptt|dt|rt|cbt|soat)-[A-Za-z0-9_-]{20,}/g },
  {
    name: "slack-token",
    pattern: /\bxox[abeprs]-(?:\d+-){1,4}[A-Za-z0-9-]{16,}|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,}/g,
  },
  {
    name: "slack-webhook",
    pattern:
      /https:\/\/hooks\.slack\.com\/services\/T[A-Z0-9]{8,}\/B[A-Z0-9]{8,}\/[A-Za-z0-9]{20,}/g,
  },
  { name: "stripe-key", pattern: /\b[sr]k_live_[A-Za-z0-9]{20,}\b/g },
  { name: "sendgrid-key", pattern: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b/g },
  { name: "npm-token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: "pypi-token", pattern: /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}/g },
  { name: "digitalocean-token", pattern: /\bdo[opr]_v1_[a-f0-9]{64}\b/g },
  { name: "databricks-token", pattern: /\bdapi[a-f0-9]{32}\b/g },
  { name: "vault-token", pattern: /\bhv[bs]\.[A-Za-z0-9_-]{24,}/g },
  {
    name: "openai-key",
    pattern: /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,200}T3BlbkFJ[A-Za-z0-9_-]{20,200}/g,
  },
  { name: "anthropic-key", pattern: /\bsk-ant-(?:api|admin)\d\d-[A-Za-z0-9_-]{80,}/g },
  {
    name: "private-key",
    pattern: /-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----/g,
  },
  {
    name: "json-web-token",
    pattern: /\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}/g,
  },
  {
    name: "connection-password",
    pattern:
      /\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|clickhouse|ldaps?|smtps?|ftp|https?)(?:\+\w+)?:\/\/[^\s:/@"'`<>{}$]{1,80}:([^\s/@"'`<>{}$%]{6,120})@(?!localhost|127\.|0\.0\.0\.0|example|\$)/g,
  },
];

const ANY_FORMAT =
  /AKIA|ASIA|[?&]sig=|secret|AIza|GOCSPX|AccountKey|gh[pousr]_|github_pat_|gl(pat|ptt|dt|rt|cbt|soat)-|xox|xapp-|hooks\.slack|k_live_|SG\.|npm_|pypi-|_v1_|dapi|hv[bs]\.|T3BlbkFJ|sk-ant|PRIVATE KEY|eyJ|:\/\/[^\s:@]{1,100}:/i;

/** `password = "…"`: a name that says secret and a literal beside it. */
const ASSIGNED =
  /(?:^|[^A-Za-z0-9])((?:[A-Za-z0-9]+[_.-]?){0,4}?(?:passw(?:or)?d|passwd|pwd|secret|token|api_?-?key|access_?-?key|private_?-?key|client_?-?secret|auth_?-?key|credential)s?(?:_?(?:value|key|base64))?)["']?\s*(?::|=>?|:=)\s*(?:"([^"\s]{8,200})"|'([^'\s]{8,200})'|([^\s"'`,;#(){}[\]<>$]{8,200})\s*(?:#.*)?$)/gi;

const PLACEHOLDER =
  /^[@$%&]|example|sample|change_?-?me|place_?holder|your[_-]?|dummy|fake|redacted|x{4,}|\*{3,}|\.{3,}|<|>|\$\{|\{\{|\$\(|%[A-Z_]+%|\btodo\b|replace|insert|foobar|lorem|^test|not[_-]?a?[_-]?(real|secret)|secret_?(name|ref|key|id)?$|passw(or)?d|123456|abcdef|qwerty|0{6,}|1{6,}|ENC\[|^enc:|vault[:/]|^arn:|^ssm:|^op:\/\/|^projects\/|^!|process\.env|os\.environ|getenv|env\.|secrets?\.|config\.|var\.|local\.|data\.|self\.|this\./i;
const WEAK =
  /^(postgres|root|admin|user|guest|rabbitmq|mysql|redis|mongo|secret|default|pass|test|dev|local)\w{0,3}$/i;

/** Shannon entropy in bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const sign of text) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Whether a literal beside a secret's name is made of chance rather than of words. */
function looksRandom(value: string): boolean {
  if (PLACEHOLDER.test(value) || WEAK.test(value)) return false;
  // Paths, addresses, references, versions, dates and identifiers made of words.
  if (
    /^(https?:|\/|\.\/|[a-z]+:\/\/|[\w-]+\.(com|org|io|net|ya?ml|json|pem|key|txt)\b)/i.test(value)
  )
    return false;
  if (/^[A-Za-z]+([_.:/-][A-Za-z]+)*\d{0,2}$/.test(value)) return false;
  // The name of an environment variable or a constant, even with a digit in it: `K8S_LIVE_TOKEN`.
  if (/^[A-Z][A-Z0-9]{0,12}(_[A-Z][A-Z0-9]{0,15}){1,8}$/.test(value) && !/\d{3}/.test(value))
    return false;
  if (/^(v?\d+(\.\d+)+|\d+)$/.test(value)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(value)).length;
  const entropy = entropyOf(value);
  if (value.length >= 16) return classes >= 2 && entropy >= 3.4 && /\d/.test(value);
  return classes >= 3 && entropy >= 2.8 && /\d/.test(value) && /[^A-Za-z0-9_.:/-]/.test(value);
}

type Secret = {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  readonly tags: readonly string[];
};

/** Longest line that is searched; a minified line is no place where a person puts a secret. */
const LINE_MAX = 5_000;

function secretsIn(file: ChangedFile): readonly Secret[] {
  const found: Secret[] = [];
  for (const { line, text } of file.addedLines()) {
    if (text.length > LINE_MAX || found.length >= 200) continue;
    const known = ANY_FORMAT.test(text)
      ? formatsIn(text, line).filter((one) => one.name !== "private-key" || hasKeyBody(file, line))
      : [];
    found.push(...known);
    if (
      known.length === 0 &&
      file.kind !== "docs" &&
      /passw|pwd|secret|token|key|credential/i.test(text)
    )
      found.push(...assignedIn(text, line));
  }
  return found;
}

function formatsIn(text: string, line: number): readonly Secret[] {
  return FORMATS.flatMap(({ name, pattern }) =>
    [...text.matchAll(pattern)].flatMap((m) => {
      const value = m[1] ?? m[0];
      if (name === "connection-password" ? !isRealPassword(m[0], value) : isSample(value))
        return [];
      return [
        {
          name,
          value: name === "private-key" ? `${value} ${line}` : value,
          line,
          tags: ["known-format"],
        },
      ];
    }),
  );
}

/** Lines after the marker in which a key begins: behind a header such as `Proc-Type`, at the latest. */
const KEY_BODY_LINES = 6;

/** A marker that only prose or a pattern names has no key behind it; one that ends the file may. */
function hasKeyBody({ after }: ChangedFile, line: number): boolean {
  const lines = (after ?? "").split("\n").slice(line - 1);
  const rest = lines.slice(1).join("").trim();
  if (rest === "" && /^["']?-{5}BEGIN [A-Z ]{1,40}-{5}["']?$/.test((lines[0] ?? "").trim()))
    return true;
  const body = lines.slice(0, KEY_BODY_LINES).join("\n");
  return [...body.matchAll(/[A-Za-z0-9+/]{24,}/g)].some(([run]) => entropyOf(run) >= 3);
}

const isSample = (value: string): boolean =>
  /EXAMPLE|X{6,}|0{10,}|x{6,}|1234567890|abcdefghij/i.test(value) ||
  (value.length >= 20 && entropyOf(value) < 2.5);

function isRealPassword(url: string, value: string): boolean {
  const user = /:\/\/([^:]*):/.exec(url)?.[1] ?? "";
  return (
    value !== user &&
    !PLACEHOLDER.test(value) &&
    !WEAK.test(value) &&
    !/^[A-Z_]+$/.test(value) &&
    !/^[a-z]+$/.test(value)
  );
}

function assignedIn(text: string, line: number): readonly Secret[] {
  return [...text.matchAll(ASSIGNED)].flatMap((m) => {
    const name = m[1] ?? "";
    const value = m[2] ?? m[3] ?? m[4] ?? "";
    // Names of things about a secret: its file, its length, its public half, a page of results.
    if (
      /public|file|path|url|uri|length|expir|name|type|limit|max|min|csrf|next_?page|page_?token|sort|primary|foreign|partition|cache|lock|hash|checksum|sha|digest|integrity|version/i.test(
        name,
      )
    )
      return [];
    if (!looksRandom(value)) return [];
    return [{ name: name.toLowerCase(), value, line, tags: ["assigned"] }];
  });
}

/** Enough of the value to find it, too little to use it: facts are stored and shown. */
function redacted(value: string): string {
  return `${value.slice(0, 4)}… (${value.length} characters)`;
}

/**
 * R42: secrets in added lines. A value that stood anywhere in the old text of the change is not
 * new. Tests, fixtures and examples stay quiet, since their keys are made up.
 */
export function secretDeltas(files: readonly ChangedFile[]): readonly Delta[] {
  const candidates = files
    .filter((file) => file.after !== null && !isQuiet(file))
    .flatMap((file) => secretsIn(file).map((secret) => ({ file, secret })));
  if (candidates.length === 0) return [];
  const old = files.flatMap((file) => (file.before === null ? [] : [file.before]));
  return candidates
    .filter(({ file, secret }) =>
      secret.name === "private-key"
        ? !(file.before ?? "").includes("PRIVATE KEY")
        : !old.some((text) => text.includes(secret.value)),
    )
    .map(({ file, secret }) =>
      delta({
        path: file.path,
        line: secret.line,
        subject: secret.name,
        aspect: "secret-literal",
        op: "added",
        after: secret.name === "private-key" ? "PEM block" : redacted(secret.value),
        afterKind: "string",
        environment: file.environment,
        tags: secret.tags,
      }),
    );
}

function isQuiet(file: ChangedFile): boolean {
  return (
    ["test", "vendored", "generated", "lock"].includes(file.kind) ||
    isTestPath(file.path) ||
    /(^|\/)(go\.sum|.*\.lock|.*-lock\.(json|yaml)|.*\.(min\.js|map|svg|ipynb|enc|sops\.\w+|gpg))$|\.(example|sample|template|dist|tpl)$|(^|\/)\.env\.(example|sample|template|test|dist)$|secrets?\.baseline$/i.test(
      file.path,
    ) ||
    /\bsops:|"sops":|\$ANSIBLE_VAULT|kind:\s*SealedSecret|-----BEGIN AGE ENCRYPTED/.test(
      file.after ?? "",
    )
  );
}
