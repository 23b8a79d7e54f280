// SPDX-License-Identifier: Apache-2.0

/** The answers to one name and type. */
export type RecordSet = {
  /** Lower-case, without the final dot; `@` or empty for the apex where the zone is not named. */
  readonly name: string;
  readonly type: string;
  /** Seconds; `null` where the zone's default holds. */
  readonly ttl: number | null;
  readonly values: readonly string[];
  readonly line: number;
  readonly apex: boolean;
  /**
   * Names in its answers that a zone file completes with the zone's own name, although they hold a
   * dot: the final dot is missing (RFC 1035 section 5.1). Only zone files have them.
   */
  readonly completed?: readonly string[];
};

const TYPES = new Set([
  "A",
  "AAAA",
  "CNAME",
  "ALIAS",
  "ANAME",
  "NS",
  "DS",
  "DNSKEY",
  "MX",
  "TXT",
  "SRV",
  "CAA",
  "PTR",
  "SOA",
  "TLSA",
  "HTTPS",
  "SVCB",
  "SPF",
  "NAPTR",
  "LOC",
]);

/** The record type that a text names, upper-case; `null` for any other text. */
export function recordType(text: string): string | null {
  const upper = text.trim().toUpperCase();
  return TYPES.has(upper) ? upper : null;
}

/** A name without its final dot and in one case. */
export function plainName(name: string): string {
  return name.trim().toLowerCase().replace(/\.$/, "");
}

/** Whether a full name is probably the apex of a zone: `example.com`, `example.co.uk`. */
export function looksLikeApex(name: string): boolean {
  const labels = name.split(".").filter((label) => label !== "");
  if (name === "" || name === "@") return true;
  return (
    labels.length === 2 ||
    (labels.length === 3 && /^(?:co|com|org|net|gov|ac|edu|or|ne)$/.test(labels[1] ?? ""))
  );
}
