// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { GateError } from "@interlock/core";
import type { GithubGiven, GitlabGiven } from "@interlock/server";

const SECRET_MIN_BYTES = 16;
const HELP = "see docs/operate/github.md or docs/operate/gitlab.md";

/** Reads `--github FILE` and the secrets that it names, whose paths are relative to it. */
export async function githubFrom(file: string): Promise<GithubGiven> {
  const { GITHUB_SETTINGS } = await import("@interlock/server");
  const { privateKeyFile, webhookSecretFiles, ...rest } = settingsIn(file, GITHUB_SETTINGS);
  const beside = (path: string): string => resolve(dirname(file), path);
  return {
    ...rest,
    key: keyIn(beside(privateKeyFile)),
    secrets: webhookSecretFiles.map((path) => secretIn(beside(path))),
  };
}

/** Reads `--gitlab FILE` and the secrets that it names, whose paths are relative to it. */
export async function gitlabFrom(file: string): Promise<GitlabGiven> {
  const { GITLAB_SETTINGS, signingKey } = await import("@interlock/server");
  const settings = settingsIn(file, GITLAB_SETTINGS);
  const { url, projects, tokenFile, signingTokenFiles, secretTokenFiles } = settings;
  const beside = (path: string): string => resolve(dirname(file), path);
  const token = tokenIn(beside(tokenFile));
  const keyOf = (path: string): Buffer => {
    const key = signingKey(secretIn(beside(path)).toString("utf8"));
    if (key === null)
      throw unfit(path, "it holds no signing token (`whsec_…`) as GitLab makes them");
    return key;
  };
  const tokens = (secretTokenFiles ?? []).map((path) => secretIn(beside(path)));
  const secrets =
    signingTokenFiles === undefined
      ? ({ kind: "token", tokens } as const)
      : ({ kind: "signing", keys: signingTokenFiles.map(keyOf) } as const);
  return { url, projects, token, secrets };
}

/** A token of GitLab. It stands in a header, where a line end would begin another one. */
export function tokenIn(file: string): string {
  const token = secretIn(file).toString("utf8");
  if (!/^[\x21-\x7e]+$/.test(token)) throw unfit(file, "it holds more than one token");
  return token;
}

type Schema<T> = {
  readonly safeParse: (value: unknown) =>
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly {
            readonly path: readonly PropertyKey[];
            readonly message: string;
          }[];
        };
      };
};

function settingsIn<T>(file: string, schema: Schema<T>): T {
  const read = schema.safeParse(json(file));
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw unfit(file, `\`${first?.path.map(String).join(".") ?? ""}\`: ${first?.message ?? ""}`);
}

function json(file: string): unknown {
  try {
    return JSON.parse(bytes(file).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw unfit(file, "it is no JSON");
    throw error;
  }
}

function bytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw new GateError("INPUT_UNREADABLE", `\`${file}\` cannot be read: ${because}`, HELP);
  }
}

/** What OpenSSL says of a damaged key may quote it. */
function keyIn(file: string): KeyObject {
  const pem = bytes(file);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw unfit(file, "it is no private key in PEM");
  }
  if (key.asymmetricKeyType !== "rsa") throw unfit(file, "it is no RSA key, as GitHub gives them");
  return key;
}

/** A line end that an editor has added is no part of it. */
function secretIn(file: string): Buffer {
  const secret = Buffer.from(
    bytes(file)
      .toString("utf8")
      .replace(/\r?\n$/, ""),
    "utf8",
  );
  if (secret.length >= SECRET_MIN_BYTES) return secret;
  throw unfit(file, `a secret of fewer than ${SECRET_MIN_BYTES} bytes is guessed`);
}

const unfit = (file: string, why: string): GateError =>
  new GateError("INPUT_INVALID", `\`${file}\` does not fit: ${why}`, HELP);
