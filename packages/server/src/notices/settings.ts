// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { TOPICS, type Topic } from "./sentence.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

const ADDRESS = z
  .string()
  .max(2_000)
  .refine((text) => problemOfAddress(text) === null, "not an `https` address without a password");

const NOTICES = z.strictObject({
  notices: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, "not a word of small letters"),
        urlFile: z.string().min(1).optional(),
        url: ADDRESS.optional(),
        secretFile: z.string().min(1).optional(),
        format: z.enum(["event", "text"]).default("event"),
        about: z
          .array(z.enum(TOPICS))
          .min(1)
          .default([...TOPICS]),
      }),
    )
    .min(1)
    .max(50),
});

/** One who is told of what happens, with its secrets. */
export type Receiver = {
  readonly name: string;
  readonly url: string;
  /** With which every notice is signed, or `null`: it is not. */
  readonly secret: Buffer | null;
  /** `text`: the sentence alone, as chats take it. */
  readonly format: "event" | "text";
  readonly about: ReadonlySet<Topic>;
};

const SECRET_MIN_BYTES = 24;

/** Checks settings from outside, and reads the files that they name; their paths are relative to `folder`. */
export function readNoticesSettings(value: unknown, folder: string): Answer<readonly Receiver[]> {
  const parsed = NOTICES.safeParse(value);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    return invalid(`\`${first?.path.map(String).join(".") ?? ""}\`: ${first?.message ?? ""}`);
  }
  const receivers: Receiver[] = [];
  for (const { name, url, urlFile, secretFile, format, about } of parsed.data.notices) {
    if (receivers.some((other) => other.name === name))
      return invalid(`\`${name}\` is there twice`);
    const address = urlFile === undefined ? url : textIn(resolve(folder, urlFile));
    if (address === undefined || (url !== undefined && urlFile !== undefined))
      return invalid(`\`${name}\` needs one of \`url\` and \`urlFile\`, which must be readable`);
    // An address of a chat is itself a secret, and is not shown.
    if (problemOfAddress(address) !== null)
      return invalid(`the address of \`${name}\` is not an \`https\` address without a password`);
    const secret = secretFile === undefined ? null : secretIn(resolve(folder, secretFile));
    if (secret !== null && secret.length < SECRET_MIN_BYTES)
      return invalid(
        `the secret of \`${name}\` cannot be read or has fewer than ${SECRET_MIN_BYTES} bytes`,
      );
    receivers.push({ name, url: address, secret, format, about: new Set(about) });
  }
  return done(receivers);
}

const invalid = (message: string) =>
  refused(
    "INPUT_INVALID",
    `the settings of notices do not fit: ${message}`,
    "docs/operate/notices.md describes them",
  );

function problemOfAddress(text: string): string | null {
  if (!URL.canParse(text)) return "no URL";
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== "" || password !== "" || hash !== "") return "more than an address";
  if (protocol === "https:") return null;
  return protocol === "http:" && LOOPBACK.has(hostname) ? null : "not TLS";
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** `whsec_` and base64, as Standard Webhooks writes secrets, or any other text as it stands. */
function secretIn(file: string): Buffer {
  const text = textIn(file) ?? "";
  return text.startsWith("whsec_")
    ? Buffer.from(text.slice("whsec_".length), "base64")
    : Buffer.from(text, "utf8");
}
