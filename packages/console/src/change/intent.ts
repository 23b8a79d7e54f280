// SPDX-License-Identifier: Apache-2.0
/** What a terminal asked its person to sign, from the part of the link that no server is sent. */

/** A rule that two people let a change pass, or a debt that somebody reviewed. */
export type Exception =
  | {
      readonly act: "override";
      readonly waives: {
        readonly rule: string;
        readonly breakGlass: boolean;
        readonly incident?: string;
      };
      /** `null`: as long as such an override lasts by default. */
      readonly hours: number | null;
      readonly reason: string;
    }
  | {
      readonly act: "settle";
      /** Id of the entry of the debt. */
      readonly debt: string;
      readonly reason: string;
    };

export type Intent =
  | { readonly act: "approve" | "withdraw" }
  | { readonly act: "reject"; readonly reason: string }
  | Exception;

const REASON_MAX = 2_000;
const RULE_MAX = 200;
const INCIDENT_MAX = 64;

/** Reads `#sign=…` as `interlock approve`, `reject`, `withdraw`, `waive` and `debt review` write it. */
export function intentIn(hash: string): Intent | null {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const reason = (given.get("reason") ?? "").trim().slice(0, REASON_MAX);
  const act = given.get("sign");
  switch (act) {
    case "approve":
    case "withdraw":
      return { act };
    case "reject":
      return { act, reason };
    case "override":
      return overrideIn(given, reason);
    case "settle": {
      const debt = given.get("debt") ?? "";
      return /^[0-9a-f]{64}$/.test(debt) && reason !== "" ? { act, debt, reason } : null;
    }
    default:
      return null;
  }
}

function overrideIn(given: URLSearchParams, reason: string): Intent | null {
  const rule = given.get("rule") ?? "";
  const incident = given.get("incident") ?? "";
  const hours = given.get("hours");
  if (rule === "" || rule.length > RULE_MAX || incident.length > INCIDENT_MAX || reason === "")
    return null;
  if (hours !== null && !/^[1-9][0-9]{0,2}$/.test(hours)) return null;
  return {
    act: "override",
    waives: { rule, breakGlass: incident !== "", ...(incident === "" ? {} : { incident }) },
    hours: hours === null ? null : Number(hours),
    reason,
  };
}
