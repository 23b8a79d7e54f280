// SPDX-License-Identifier: Apache-2.0
/**
 * What a key means, by the words of its path: the vocabulary in which the rules about configuration
 * speak. The nearest key counts most: the last key that says something wins.
 */
export const ROLES = [
  "kill-switch",
  "stages",
  "protection",
  "auto-update",
  "selector",
  "percentage",
  "rate-limit",
  "retry",
  "timeout",
  "ttl",
  "pool",
  "capacity",
  "access",
  "scope",
  "environment",
  "version",
  "flag",
  "limit",
  "targets",
  "other",
] as const;
export type Role = (typeof ROLES)[number];

type Test = { readonly role: Role; readonly pattern: RegExp };

/** Joined words, each followed by a space, so that `max unavailable ` can be asked for. */
const TESTS: readonly Test[] = [
  {
    role: "kill-switch",
    pattern:
      /\b(kill ?switch|killswitch|kill|emergency|circuit breaker|breaker|fallback|failover|panic|escape hatch)\b/,
  },
  {
    role: "stages",
    pattern:
      /\b(stages?|waves?|phases?|canary|canaries|bake|soak|ramp|rollout|roll out|progressive|staged|strategy|auto rollback|automatic rollback|rollback on)\b/,
  },
  {
    role: "protection",
    pattern:
      /\b(protect(ion|ed)?|safety|safe ?guard|guards?|validat(e|ion|or|ors)|verif(y|ication)|lint|dry ?run|backups?|snapshots?|retention|audit|approvals?|reviewers?|strict|enforc(e|ed|ement|ing)|deletion|mfa|two factor|checksum|sanity|policy check|required reviews?|maximum prefix|max prefix|leader elections?|quorum|autoscal(ing|er)|disruption budget|replication|redundan(t|cy)|multi az|high availability|fencing|health ?checks?|healthchecks?|liveness|readiness|firewalls?$|waf$|encrypt(ion|ed)?|tls verify|ssl verify|verify (ssl|tls))\b/,
  },
  {
    role: "auto-update",
    pattern:
      /\b(auto ?(update|upgrade|updates|upgrades|patch|apply|reboot|restart|deploy)|unattended|automatic (upgrades?|reboot|updates?))\b/,
  },
  {
    role: "selector",
    pattern:
      /\b(selectors?|filters?|match(es|ers?|labels|expressions)?|where|query|queries|conditions?|patterns?|globs?|regex|expression|include|includes|labels)\b/,
  },
  {
    role: "percentage",
    pattern:
      /\b(percent|percents|percentage|pct|weight|share|ratio|exposure|fraction|traffic split|sampl(e|ing)( rate)?)\b/,
  },
  {
    role: "rate-limit",
    pattern:
      /\b(rate ?limit(s|ing)?|throttl(e|ing)|quotas?|qps|rps|burst|requests per (second|minute)|per (second|minute))\b/,
  },
  { role: "retry", pattern: /\b(retry|retries|max attempts|attempts|backoff)\b/ },
  { role: "timeout", pattern: /\b(time ?outs?|deadline|keep ?alive|wait|grace)\b/ },
  {
    role: "ttl",
    pattern: /\b(ttl|expiry|expires?|expiration|max age|cache (time|control)|lifetime)\b/,
  },
  {
    role: "pool",
    pattern:
      /\b(pools?|connections?|threads?|workers?|concurrency|concurrent|parallelism|processes|children|clients)\b/,
  },
  {
    role: "capacity",
    pattern:
      /\b(replicas?|instances?|capacity|nodes|desired|min size|minimum|min|shards?|partitions?|memory|cpus?|cores|disk|storage|node count|instance (class|type)|machine type|size|count)\b/,
  },
  {
    role: "access",
    pattern:
      /\b(permissions?|grants?|roles?|access|acl|principals?|public|allowed|allow|scopes?|privileges?|admin|sudo|policy|policies|members|users|groups|identity|anonymous|authenticated|write|read)\b/,
  },
  {
    role: "scope",
    pattern:
      /\b(regions?|zones?|cells?|clusters?|tenants?|all|global|globally|locations?|datacenters?|sites|applies to|apply to)\b/,
  },
  { role: "environment", pattern: /\b(env|environment|stage|profile)\b/ },
  {
    role: "version",
    pattern: /\b(version|versions|minversion|image|tag|release|revision|build|digest)\b/,
  },
  {
    role: "flag",
    pattern: /\b(enabled?|disabled?|on|off|active|flags?|features?|toggle|use|default)\b/,
  },
  { role: "limit", pattern: /\b(max|maximum|limits?|cap|threshold|budget|upper|ceiling)\b/ },
  {
    role: "targets",
    pattern:
      /\b(targets?|hosts?|endpoints?|servers?|backends?|upstreams?|prefix(es)?|addresses|ips?|records?|domains?|routes?|urls?)\b/,
  },
];

/** Keys that only say that what they stand in is on: its own name says what that is. */
const SWITCH = /^(is )?(enabled?|disabled?|active|on|off|state|status|value|mode)$/;

export type Step = {
  readonly words: readonly string[];
  /** What somebody called an item of a list: `[name=verify-links]` protects nothing. */
  readonly isName: boolean;
};

/**
 * The role of a key inside its parents; the key itself first, then its parents outwards. The name of
 * an item counts only for the switch right inside it.
 */
export function roleOf(steps: readonly Step[]): Role {
  let found: Role = "other";
  for (let i = steps.length - 1; i >= Math.max(0, steps.length - 3); i--) {
    const { words, isName } = steps[i] ?? { words: [], isName: true };
    const joined = words.join(" ");
    if (joined === "" || (isName && found !== "flag")) continue;
    const role = TESTS.find(({ pattern }) => pattern.test(joined))?.role ?? "other";
    if (role !== "other" && role !== "flag") return role;
    if (found === "flag") return "flag";
    if (role === "flag" && !SWITCH.test(joined)) return "flag";
    found = role;
  }
  return found;
}

/** Words after a role's own that leave the meaning as it is. */
const TAIL =
  /^(probes?|config|configs|configuration|settings?|options?|polic(y|ies)|rules?|spec|groups?|enabled|mode|jobs?|schedules?|plans?|s)?$/;

/** Whether a key is called after its role: what it says of the role stands last. */
export function endsInRole(role: string, words: readonly string[]): boolean {
  const pattern = TESTS.find((one) => one.role === role)?.pattern;
  if (pattern === undefined) return false;
  // `deletion protection` says it twice.
  let rest = words.join(" ");
  for (let match = pattern.exec(rest); match !== null; match = pattern.exec(rest)) {
    rest = rest.slice(match.index + match[0].length).trim();
    if (TAIL.test(rest)) return true;
  }
  return false;
}
