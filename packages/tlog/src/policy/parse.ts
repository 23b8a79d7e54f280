// SPDX-License-Identifier: Apache-2.0
import { accepted, type Outcome, refused, shown } from "../failure.ts";
import { sameBytes } from "../merkle/hash.ts";
import { parseVerifierKey, type VerifierKey } from "../note/key.ts";
import { textOf } from "../note/text.ts";
import { parseSize } from "../size.ts";

/** A log whose checkpoints are accepted; its origin is the name of its key. */
export type PolicyLog = { readonly key: VerifierKey; readonly url: string | null };

export type PolicyWitness = {
  readonly name: string;
  readonly key: VerifierKey;
  readonly url: string | null;
};

/** Witnesses a checkpoint when at least `threshold` of its members do. */
export type PolicyGroup = {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
};

/**
 * Whose checkpoints are accepted (c2sp.org/tlog-policy). Names are octets, one a character, and are
 * compared as such; they mean nothing outside of the policy.
 */
export type Policy = {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** The witness or group that must witness; `null` for `quorum none`. */
  readonly quorum: string | null;
};

/** In bytes; a policy of 32 logs, witnesses and groups has about ten thousand. */
export const MAX_POLICY_LENGTH = 1 << 18;

/** Of each kind. */
const MAX_DEFINITIONS = 256;

const NONE = "none";

/** Types that are no cosignature: a witness would say nothing about time or consistency with them. */
const NOT_COSIGNING = new Set([0x01, 0x02, 0x05]);

type Draft = {
  readonly logs: PolicyLog[];
  readonly witnesses: PolicyWitness[];
  readonly groups: PolicyGroup[];
  readonly defined: Set<string>;
  readonly members: Set<string>;
  quorum: string | null | undefined;
};

/** Reads a policy. Refuses, with the number of the line, whatever the format does not allow. */
export function parsePolicy(bytes: Uint8Array): Outcome<Policy> {
  if (bytes.length > MAX_POLICY_LENGTH) {
    return refused(
      "POLICY_INVALID",
      `a policy of more than ${MAX_POLICY_LENGTH} bytes is not read`,
    );
  }
  // Octets, not UTF-8: the format compares names byte by byte.
  const octets = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  if (octets !== "" && !octets.endsWith("\n")) {
    return refused("POLICY_INVALID", "the last line of the policy does not end in a newline");
  }
  const draft: Draft = {
    logs: [],
    witnesses: [],
    groups: [],
    defined: new Set([NONE]),
    members: new Set(),
    quorum: undefined,
  };
  for (const [i, line] of octets.split("\n").entries()) {
    const flaw = addLine(line, draft);
    if (flaw !== null) return refused("POLICY_INVALID", `line ${i + 1}: ${flaw}`);
  }
  const { logs, witnesses, groups, quorum } = draft;
  if (quorum === undefined) return refused("POLICY_INVALID", "the policy has no line `quorum`");
  return accepted({ logs, witnesses, groups, quorum });
}

/** Adds what a line defines, or says what is wrong with it. */
function addLine(line: string, draft: Draft): string | null {
  if (hasForbiddenOctet(line)) return "a control character is not allowed";
  const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== "");
  if (keyword === undefined || keyword.startsWith("#")) return null;
  switch (keyword) {
    case "log":
      return addLog(items, draft);
    case "witness":
      return addWitness(items, draft);
    case "group":
      return addGroup(items, draft);
    case "quorum":
      return setQuorum(items, draft);
    default:
      return `${named(keyword)} is not \`log\`, \`witness\`, \`group\` or \`quorum\``;
  }
}

function addLog([vkey, url, ...rest]: readonly string[], draft: Draft): string | null {
  if (vkey === undefined || rest.length > 0) return "a log is `log KEY [URL]`";
  const key = keyFrom(vkey);
  if (!key.ok) return key.failure.message;
  if (hasKey(draft.logs, key.value)) return "another log has the same public key";
  if (draft.logs.length >= MAX_DEFINITIONS) return `more than ${MAX_DEFINITIONS} logs`;
  draft.logs.push({ key: key.value, url: url ?? null });
  return null;
}

function addWitness([name, vkey, url, ...rest]: readonly string[], draft: Draft): string | null {
  if (name === undefined || vkey === undefined || rest.length > 0) {
    return "a witness is `witness NAME KEY [URL]`";
  }
  const key = keyFrom(vkey);
  if (!key.ok) return key.failure.message;
  if (NOT_COSIGNING.has(key.value.type)) return "the key of a witness must be one for cosignatures";
  if (hasKey(draft.witnesses, key.value)) return "another witness has the same public key";
  if (draft.witnesses.length >= MAX_DEFINITIONS) return `more than ${MAX_DEFINITIONS} witnesses`;
  draft.witnesses.push({ name, key: key.value, url: url ?? null });
  return define(name, draft);
}

function addGroup([name, rule, ...members]: readonly string[], draft: Draft): string | null {
  if (name === undefined || rule === undefined || members.length === 0) {
    return "a group is `group NAME all|any|NUMBER MEMBER...`";
  }
  for (const member of members) {
    if (member === NONE || !draft.defined.has(member))
      return `${named(member)} is not defined above`;
    if (draft.members.has(member)) return `${named(member)} is a member twice`;
    draft.members.add(member);
  }
  const threshold = thresholdOf(rule, members.length);
  if (threshold === null) return `${named(rule)} is not \`all\`, \`any\` or 1 to ${members.length}`;
  if (draft.groups.length >= MAX_DEFINITIONS) return `more than ${MAX_DEFINITIONS} groups`;
  draft.groups.push({ name, threshold, members });
  return define(name, draft);
}

function thresholdOf(rule: string, members: number): number | null {
  if (rule === "all") return members;
  if (rule === "any") return 1;
  const threshold = parseSize(rule);
  return threshold !== null && threshold >= 1 && threshold <= members ? threshold : null;
}

function setQuorum([name, ...rest]: readonly string[], draft: Draft): string | null {
  if (name === undefined || rest.length > 0) return "a quorum is `quorum NAME` or `quorum none`";
  if (draft.quorum !== undefined) return "there is a quorum already";
  if (!draft.defined.has(name)) return `${named(name)} is not defined above`;
  draft.quorum = name === NONE ? null : name;
  return null;
}

function define(name: string, draft: Draft): string | null {
  if (draft.defined.has(name)) return `${named(name)} is defined already`;
  draft.defined.add(name);
  return null;
}

/** A name of a policy for people to read: as UTF-8 where it is that, which it should be. */
export function readableName(octets: string): string {
  return textOf(Uint8Array.from(octets, (octet) => octet.charCodeAt(0))) ?? octets;
}

function named(octets: string): string {
  return shown(readableName(octets));
}

function keyFrom(octets: string): Outcome<VerifierKey> {
  const text = textOf(Uint8Array.from(octets, (octet) => octet.charCodeAt(0)));
  return text === null ? refused("KEY_MALFORMED", "the key is not UTF-8") : parseVerifierKey(text);
}

function hasKey(known: readonly { readonly key: VerifierKey }[], key: VerifierKey): boolean {
  return known.some((other) => sameBytes(other.key.publicKey, key.publicKey));
}

function hasForbiddenOctet(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const octet = line.charCodeAt(i);
    if ((octet < 0x20 && octet !== 0x09) || octet === 0x7f) return true;
  }
  return false;
}
