// SPDX-License-Identifier: Apache-2.0
import { fromBase64url } from "@interlock/receipt";
import { z } from "zod";

const MOST = 2_000;
const WORDS = z.object({ message: z.string().max(MOST), help: z.string().max(MOST) });

type Words = z.output<typeof WORDS>;

/** The words in the value of the cookie, or `null` where it has none. */
export function refusalIn(value: string): Words | null {
  const bytes = fromBase64url(value);
  if (bytes === null) return null;
  try {
    const words = WORDS.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return words.success ? words.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
