// SPDX-License-Identifier: Apache-2.0
/** Any HTTP API behind the guard, whose changes are described by rules. */
import type { OutgoingHttpHeaders } from "node:http";
import { writeLossless } from "../json.ts";
import { type Format, headersPath, valuePath } from "../path.ts";
import { type Asked, type Done, differing, type Effect, type Engine, type Plan } from "../plan.ts";
import { refused, unclear, type Worked, worked } from "../refusal.ts";
import type { Upstream } from "../upstream.ts";
import { isJsonType } from "../wire.ts";
import { backOf } from "./back.ts";
import { alike, imageBrought, imageMerged, imageThere, shownBy } from "./image.ts";
import { type HttpRule, imageTerms, ruleFor } from "./rules.ts";

export type HttpTerms = {
  readonly upstream: Upstream;
  readonly rules: readonly HttpRule[];
  readonly formats: readonly Format[];
};

const READS = new Set(["GET", "HEAD", "OPTIONS"]);
/** These go on with a change; others could have an effect that nobody has read. */
const PASSED_ON = ["accept", "accept-language", "authorization", "content-type", "user-agent"];

export function httpEngine(terms: HttpTerms): Engine {
  // One after the other at one place: what is read before and after a write is then not another's.
  const turns = new Map<string, Promise<unknown>>();
  return {
    routeOf: ({ method, path, query }) => {
      if (READS.has(method)) return { kind: "pass" };
      const rule = ruleFor(terms.rules, { method, path });
      const why =
        rule === null
          ? `no rule says what \`${method} ${path}\` changes`
          : query !== null && rule.query !== true
            ? `no rule says what the query of \`${method} ${path}\` changes`
            : null;
      if (why === null) return { kind: "change" };
      const help = "ask whoever runs the guard for a rule in its settings";
      return { kind: "refused", refusal: unclear(why, help).refusal };
    },
    planOf: async (asked) => {
      const rule = ruleFor(terms.rules, asked);
      if (rule === null) return unclear("no rule fits", "ask for a rule in the guard's settings");
      return await planOf({ asked, rule, terms, turns });
    },
    backOf: (effects) => backOf(effects, terms.rules),
  };
}

type Work = {
  readonly asked: Asked;
  readonly rule: HttpRule;
  readonly terms: HttpTerms;
  readonly turns: Map<string, Promise<unknown>>;
};

const targetOf = ({ path, query }: Asked): string => (query === null ? path : `${path}?${query}`);

async function planOf(work: Work): Promise<Worked<Plan>> {
  const { asked, rule, terms } = work;
  const why = bodyProblem(asked, rule);
  if (why !== null) return unclear(why, "send it as the guard's settings describe it");
  const there = await readThere(work);
  if (!there.ok) return there;
  const after = afterOf(work, there.value);
  if (!after.ok) return after;
  const place = Buffer.from(targetOf(asked));
  const format = rule.format === "bytes" ? null : "json";
  const named = { path: valuePath(place, terms.formats, format), key: targetOf(asked) };
  const value = { ...named, before: there.value.image, after: after.value };
  const effects = differing([value, ...headersOf(asked, rule)]);
  if (effects.length === 0 && asked.method === "POST")
    return unclear("it would change nothing that is shown here", "use PUT where PUT is meant");
  return worked({
    title: `${asked.method} ${targetOf(asked)}`,
    effects,
    readAt: there.value.etag ?? "no version",
    carryOut: () => inTurn(work, () => carryOut(work, there.value, value)),
  });
}

function bodyProblem({ headers, body, method }: Asked, rule: HttpRule): string | null {
  const type = headers["content-type"];
  if (rule.after === "nothing")
    return body.length > 0 || type !== undefined ? `a ${method} with a body` : null;
  const expected =
    rule.contentTypes?.includes(type ?? "") ??
    (rule.after === "merge-patch" ? type === "application/merge-patch+json" : isJsonType(type));
  return expected ? null : `the content type \`${type ?? "none"}\` is not one of the rule`;
}

type There = { readonly image: Uint8Array | null; readonly etag: string | null };

async function readThere({ asked, rule, terms }: Work): Promise<Worked<There>> {
  const { authorization } = asked.headers;
  const reply = await terms.upstream.ask({
    ...{ method: "GET", target: targetOf(asked), body: null, writes: false },
    headers: {
      ...{ accept: rule.format === "bytes" ? "*/*" : "application/json" },
      "accept-encoding": "identity",
      ...(authorization === undefined ? {} : { authorization }),
    },
  });
  if (reply.kind !== "answer") return unread(reply.why);
  const { status, headers, body } = reply.answer;
  if (status === 404) return worked({ image: null, etag: null });
  if (status !== 200) return unread(`it answered ${status} to a read`);
  if ((headers["content-encoding"] ?? "identity") !== "identity")
    return unread("its answer is compressed, though it was asked not to");
  const image = imageThere(body, imageTerms(rule));
  if (!image.ok) return unread(image.refusal.detail);
  const etag = typeof headers["etag"] === "string" ? headers["etag"] : null;
  if (rule.versions === "if-match" && (etag === null || etag.startsWith("W/")))
    return unread("it gives no strong `etag`, which the rule's `if-match` needs");
  return worked({ image: image.value, etag });
}

const unread = (why: string) =>
  refused("GUARD_UPSTREAM", `what is there cannot be read: ${why}`, "look at it, and ask again");

function afterOf({ asked, rule }: Work, there: There): Worked<Uint8Array | null> {
  switch (rule.after) {
    case "nothing":
      return worked(null);
    case "body":
      return imageBrought(asked.body, imageTerms(rule));
    case "merge-patch":
      return imageMerged(there.image, asked.body);
  }
}

/** Headers of which the rule says that they are a part of the value. */
function headersOf({ path, query, headers }: Asked, { headers: names = [] }: HttpRule): Effect[] {
  const given = names.flatMap((name): (readonly [string, string])[] => {
    const value = headers[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
  if (given.length === 0) return [];
  const key = query === null ? path : `${path}?${query}`;
  const after = Buffer.from(writeLossless(new Map(given)));
  return [{ path: headersPath(Buffer.from(key)), key, before: null, after }];
}

async function inTurn({ asked, turns }: Work, work: () => Promise<Done>): Promise<Done> {
  const key = asked.path;
  const before = turns.get(key) ?? Promise.resolve();
  const own = before.then(work, work);
  turns.set(key, own);
  try {
    return await own;
  } finally {
    if (turns.get(key) === own) turns.delete(key);
  }
}

/** Byte for byte as it came, if what was judged is still there. */
async function carryOut(work: Work, there: There, value: Effect): Promise<Done> {
  const { asked, rule, terms } = work;
  const condition = rule.versions === "if-match" ? conditionOf(asked, there) : {};
  if (condition === null) return { kind: "raced", says: "the version that it names is not there" };
  const now = await readThere(work);
  if (!now.ok) return { kind: "unsent", says: now.refusal.detail };
  if (!alike(now.value.image, there.image, imageTerms(rule)))
    return { kind: "raced", says: `\`${value.key}\` was changed after it had been read` };
  const reply = await terms.upstream.ask({
    ...{ method: asked.method, target: targetOf(asked), writes: true },
    headers: { ...passedOn(asked, rule), ...condition },
    body: rule.after === "nothing" ? null : asked.body,
  });
  if (reply.kind !== "answer") return { kind: reply.kind, says: reply.why };
  const { status } = reply.answer;
  if (status === 412) return { kind: "raced", says: "the engine says that its version is another" };
  if (status >= 300 && status < 500)
    return { kind: "answered", answer: reply.answer, difference: null };
  // What failed may have been carried out all the same.
  const afterwards = await readThere(work);
  const difference = !afterwards.ok
    ? `what is there now cannot be read: ${afterwards.refusal.detail}`
    : alike(afterwards.value.image, shownBy(value.after, imageTerms(rule)), imageTerms(rule))
      ? null
      : `\`${value.key}\` is not what was approved`;
  return { kind: "answered", answer: reply.answer, difference };
}

/** RFC 9110 section 13.1; `null`: the caller's own condition speaks of another version. */
function conditionOf({ headers }: Asked, { etag }: There): OutgoingHttpHeaders | null {
  const own = headers["if-match"];
  if (own !== undefined && own !== etag) return null;
  return etag === null ? { "if-none-match": "*" } : { "if-match": etag };
}

function passedOn({ headers }: Asked, rule: HttpRule): OutgoingHttpHeaders {
  const conditions = rule.versions === "if-match" ? [] : ["if-match", "if-none-match"];
  const names = [...PASSED_ON, ...conditions, ...(rule.headers ?? [])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
