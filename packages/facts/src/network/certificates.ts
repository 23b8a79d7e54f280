// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";

export type Certificate = {
  readonly subject: string;
  readonly issuer: string;
  readonly fingerprint: string;
  /** Lower-case host names, with wildcards as written. */
  readonly names: readonly string[];
  /** Days since 1970 UTC. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly line: number;
};

export type Bundle = {
  readonly certificates: readonly Certificate[];
  /** Blocks that are no certificate, with the line on which they begin. */
  readonly broken: readonly number[];
};

const BLOCK =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[A-Za-z0-9+/=\s]{1,20000}?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
/** A bundle of roots has about 150; more is no chain of anybody's. */
const CERTIFICATES_MAX = 400;
const DAY_MS = 86_400_000;

/** The certificates of a PEM text, in order: the first is the leaf, the rest its chain. */
export function certificatesIn(text: string): Bundle {
  const certificates: Certificate[] = [];
  const broken: number[] = [];
  let line = 1;
  let at = 0;
  for (const match of text.matchAll(BLOCK)) {
    if (certificates.length + broken.length >= CERTIFICATES_MAX) break;
    line += text.slice(at, match.index).split("\n").length - 1;
    at = match.index;
    const read = readCertificate(match[0], line);
    if (read === null) broken.push(line);
    else certificates.push(read);
  }
  return { certificates, broken };
}

function readCertificate(pem: string, line: number): Certificate | null {
  try {
    const parsed = new X509Certificate(pem.replace(/TRUSTED |X509 /g, ""));
    const names = (parsed.subjectAltName ?? "")
      .split(/,\s*/)
      .flatMap((part) => (part.startsWith("DNS:") ? [part.slice(4).toLowerCase()] : []));
    const common = /(?:^|\n)CN=([^\n]+)/.exec(parsed.subject)?.[1]?.toLowerCase();
    return {
      subject: oneLine(parsed.subject),
      issuer: oneLine(parsed.issuer),
      fingerprint: parsed.fingerprint256,
      names: names.length > 0 ? names : common === undefined ? [] : [common],
      notBefore: Math.floor(Date.parse(parsed.validFrom) / DAY_MS),
      notAfter: Math.floor(Date.parse(parsed.validTo) / DAY_MS),
      line,
    };
  } catch {
    // What the library cannot read is reported as a broken block, never skipped.
    return null;
  }
}

const oneLine = (name: string): string => name.split("\n").join(", ");

/** Whether a certificate's name covers a host: a wildcard stands for one label. RFC 6125 section 6.4.3. */
export function covers(name: string, host: string): boolean {
  if (name === host) return true;
  if (!name.startsWith("*.")) return false;
  return host.slice(host.indexOf(".") + 1) === name.slice(2) && host.includes(".");
}

export type CertificateFinding = {
  readonly aspect:
    | "certificate-changed"
    | "certificate-short"
    | "certificate-expires-earlier"
    | "certificate-name-lost"
    | "certificate-issuer-changed"
    | "certificate-removed"
    | "chain-shortened";
  readonly subject: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** Last day of validity before and after, in days since 1970. */
  readonly days: { readonly before: number; readonly after: number };
};

/** Days of validity below which a new certificate has under 30 days left whenever it is installed. */
const SHORT_DAYS = 30;

/** What a new certificate or chain changes for those who connect. */
export function compareBundles(
  before: Bundle | null,
  after: Bundle,
): readonly CertificateFinding[] {
  const was = before?.certificates[0];
  const is = after.certificates[0];
  if (is === undefined) return was === undefined ? [] : [gone(was)];
  if (was?.fingerprint === is.fingerprint) return chain(before, after, is);
  const days = { before: was?.notAfter ?? 0, after: is.notAfter };
  const base = { subject: is.names[0] ?? is.subject, line: is.line, days };
  const found: CertificateFinding[] = [
    { ...base, aspect: "certificate-changed", before: was?.subject ?? "", after: is.subject },
  ];
  if (is.notAfter - is.notBefore < SHORT_DAYS)
    found.push({
      ...base,
      aspect: "certificate-short",
      before: "",
      after: `${is.notAfter - is.notBefore} days`,
    });
  if (was === undefined) return found;
  if (is.notAfter < was.notAfter)
    found.push({
      ...base,
      aspect: "certificate-expires-earlier",
      before: dayText(was.notAfter),
      after: dayText(is.notAfter),
    });
  if (is.issuer !== was.issuer)
    found.push({
      ...base,
      aspect: "certificate-issuer-changed",
      before: was.issuer,
      after: is.issuer,
    });
  const lost = was.names.filter((name) => !is.names.some((other) => covers(other, name)));
  if (lost.length > 0)
    found.push({
      ...base,
      aspect: "certificate-name-lost",
      before: lost.join(", "),
      after: is.names.join(", "),
    });
  return [...found, ...chain(before, after, is)];
}

function chain(
  before: Bundle | null,
  after: Bundle,
  leaf: Certificate,
): readonly CertificateFinding[] {
  const was = before?.certificates.length ?? 0;
  const is = after.certificates.length;
  if (was <= is || was > 10) return [];
  return [
    {
      aspect: "chain-shortened",
      subject: leaf.names[0] ?? leaf.subject,
      line: leaf.line,
      before: `${was} certificates`,
      after: `${is} certificates`,
      days: { before: leaf.notAfter, after: leaf.notAfter },
    },
  ];
}

function gone(was: Certificate): CertificateFinding {
  return {
    aspect: "certificate-removed",
    subject: was.names[0] ?? was.subject,
    line: 1,
    before: was.subject,
    after: "",
    days: { before: was.notAfter, after: 0 },
  };
}

function dayText(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}
