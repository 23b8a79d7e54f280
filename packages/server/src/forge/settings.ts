// SPDX-License-Identifier: Apache-2.0
/** What the settings of every forge have. */
import { z } from "zod";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Tokens go there, so only through TLS, and no address is one that would be repeated with a password. */
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== "" || password !== "" || search !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
}

/** Root of a forge or of its API. */
export const FORGE_URL = z
  .string()
  .max(2_000)
  .refine(isAddress, "not `https://…` without a name or a password");

/** Branches that are judged: `main`, or all below a folder as `release/*`. */
export const PROTECT = z
  .array(z.string().regex(/^(?!\/)(?!.*\.\.)[A-Za-z0-9._/-]{1,200}(?:\/\*)?$/))
  .min(1)
  .max(50);

/** Files that hold secrets of webhooks; two while one is replaced by the other. */
export const SECRET_FILES = z.array(z.string().min(1)).min(1).max(2);

/** Shorter ones are guessed. */
export const SECRET_MIN_BYTES = 16;

/** Whether changes to a branch are judged. Case is ignored: two cases may be one file somewhere. */
export function isProtected(
  { protect }: { readonly protect: readonly string[] },
  branch: string,
): boolean {
  const name = branch.toLowerCase();
  return protect.some((pattern) => {
    const wanted = pattern.toLowerCase();
    return wanted.endsWith("/*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
  });
}
