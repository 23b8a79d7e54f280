// SPDX-License-Identifier: Apache-2.0
import { statusOf } from "@interlock/protocol";
import type { z } from "zod";
import type { Refusal } from "../http/bind.ts";

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";

/** Kinds of errors that SCIM has words for (RFC 7644 section 3.12). */
export type ScimType = "invalidFilter" | "invalidPath" | "invalidValue" | "uniqueness";

export type ScimRefusal = Refusal & { readonly scimType?: ScimType };

/** The body of an error as SCIM wants it. */
export function scimError(refusal: ScimRefusal): {
  readonly status: number;
  readonly body: object;
} {
  const status = statusOf(refusal.code);
  const scimType = refusal.scimType ?? typeOf(refusal);
  return {
    status,
    body: {
      schemas: [ERROR],
      status: String(status),
      ...(scimType === null ? {} : { scimType }),
      detail: `${refusal.message}; ${refusal.help}`,
    },
  };
}

function typeOf({ code }: Refusal): ScimType | null {
  if (code === "OUT_OF_ORDER") return "uniqueness";
  return code === "INPUT_INVALID" ? "invalidValue" : null;
}

export const scimInvalid = (message: string, scimType: ScimType = "invalidValue") => ({
  ok: false as const,
  failure: {
    code: "INPUT_INVALID" as const,
    message,
    help: "docs/operate/identity.md lists what is taken",
    scimType,
  },
});

/** The first thing that does not fit, and where. */
export function saysOf(error: z.ZodError): string {
  const [first] = error.issues;
  const path = first?.path.map(String).join(".") ?? "";
  return `\`${path}\`: ${first?.message ?? "not as described"}`;
}
