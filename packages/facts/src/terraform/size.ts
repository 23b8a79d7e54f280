// SPDX-License-Identifier: Apache-2.0
/*
 * Virtual processors that the name of a machine size stands for. Names follow published schemes:
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 * https://cloud.google.com/compute/docs/machine-resource
 * https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions
 */
const AWS =
  /^(?:db\.|cache\.|dms\.|ml\.|kafka\.|mq\.)?[a-z]{1,4}\d{1,2}[a-z]{0,4}(?:-flex)?\.(nano|micro|small|medium|large|(\d{0,3})xlarge|metal(?:-(\d{1,3})xl)?)(?:\.(?:search|elasticsearch))?$/;
const GOOGLE =
  /^(?:db-)?(?:n1|n2d?|n4|e2|c2d?|c3d?|c4a?|t2d|t2a|m1|m2|m3|a2|g2|z3|h3)-(?:standard|highmem|highcpu|ultramem|megamem|megagpu)-(\d{1,3})g?$/;
const GOOGLE_CUSTOM = /^(?:db-)?(?:(?:n1|n2d?|e2)-)?custom-(\d{1,3})-\d{3,7}$/;
const GOOGLE_PERF = /^db-perf-optimized-[a-z]-(\d{1,3})$/;
const AZURE =
  /^(?:(?:Standard|GP_Standard|MO_Standard|B_Standard)_)[A-Z]{1,2}(\d{1,3})(?:-(\d{1,3}))?[a-z]{0,4}(?:_v\d)?$/;
const AZURE_SQL = /^(?:GP|BC|HS|B)_(?:S_)?Gen\d_(\d{1,3})$/;

// Burstable sizes by the share they may use for long; the order is what matters.
const AWS_SMALL: { readonly [size: string]: number } = {
  nano: 0.1,
  micro: 0.2,
  small: 0.5,
  medium: 1,
  large: 2,
};
const GOOGLE_SMALL: { readonly [size: string]: number } = {
  "f1-micro": 0.2,
  "g1-small": 0.5,
  "e2-micro": 0.25,
  "e2-small": 0.5,
  "e2-medium": 1,
  "db-f1-micro": 0.2,
  "db-g1-small": 0.5,
};

const ANY_SIZE =
  /\b[a-z]{1,4}\d{1,2}[a-z]{0,4}(?:-flex)?\.(?:nano|micro|small|medium|large|\d{0,3}xlarge|metal)\b|\b(?:[a-z]\d[a-z]?|e2)-(?:standard|highmem|highcpu|ultramem|megamem)-\d{1,3}|\bcustom-\d{1,3}-\d{3,7}|\b(?:f1-micro|g1-small|e2-(?:micro|small|medium))\b|\bdb-perf-optimized-[a-z]-\d{1,3}|(?:Standard_[A-Z]{1,2}|_Gen\d_)\d[\w-]{0,12}/g;

/** The machine sizes that a text names, in order: cheap, to see whether they change at all. */
export function sizesIn(text: string | null): string {
  return text === null ? "" : (text.match(ANY_SIZE) ?? []).join(" ");
}

/** Processors of a machine size, or `null` for a text that is none. */
export function processors(text: string): number | null {
  if (text.length > 60) return null;
  const aws = AWS.exec(text);
  if (aws !== null) return awsProcessors(aws[1] ?? "", aws[2], aws[3]);
  const numbered = [GOOGLE, GOOGLE_CUSTOM, GOOGLE_PERF, AZURE_SQL]
    .map((pattern) => pattern.exec(text)?.[1])
    .find((found) => found !== undefined);
  if (numbered !== undefined) return Number(numbered);
  const azure = AZURE.exec(text);
  if (azure !== null) return Number(azure[2] ?? azure[1]);
  return GOOGLE_SMALL[text] ?? null;
}

function awsProcessors(size: string, times?: string, metal?: string): number {
  if (size.startsWith("metal")) return metal === undefined ? 96 : Number(metal) * 4;
  if (size.endsWith("xlarge")) return 4 * (times === undefined || times === "" ? 1 : Number(times));
  return AWS_SMALL[size] ?? 0;
}
