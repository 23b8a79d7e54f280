// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from "node:timers/promises";
import { assertionOf, type Person, type Reply, type Request } from "./callers.ts";
import type { Dice } from "./dice.ts";
import {
  documentOf,
  type Question,
  questionOf,
  REPOSITORY,
  RULE,
  RUN_EVENTS,
} from "./questions.ts";
import { entryIn, type Told } from "./told.ts";

/** What everybody in a campaign does it with. */
export type Cast = {
  readonly people: Readonly<Record<"ana" | "bo" | "cy" | "dee", Person>>;
  /** Of the enforcement point. */
  readonly token: string;
  readonly dice: Dice;
  readonly told: Told;
  readonly servers: number;
};

type Who = keyof Cast["people"];
const OWNERS: readonly Who[] = ["bo", "cy", "dee"];
/** How often something without an answer is sent again, to any of the servers, before it is left in doubt. */
const TRIES = 3;

/** Answers to what had been sent before without one. */
const afterLoss = new WeakSet<Reply>();

/** Sends to any server, again while no answer comes, as a client would that may send a request twice. */
async function again(cast: Cast, who: Who, request: Request): Promise<Reply> {
  const { dice, people, told, servers } = cast;
  let reply: Reply = { kind: "lost", because: "never sent" };
  let sent = 0;
  for (let tries = dice.below(TRIES) + 1; tries > 0; tries--) {
    reply = await people[who].call(dice.below(servers), request);
    if (sent++ > 0) afterLoss.add(reply);
    if (told.fateOf(reply) !== "in-doubt") break;
    await pause(20 + dice.below(200));
  }
  // A session whose passkey was used a while ago.
  if (reply.kind === "answer" && reply.body["code"] === "SIGN_IN_NEEDED")
    told.fateOf(await people[who].signIn(dice.below(servers)));
  return reply;
}

const once = async (cast: Cast, who: Who, request: Request): Promise<Reply> => {
  const reply = await cast.people[who].call(cast.dice.below(cast.servers), request);
  // Somebody whose server is away does not ask a thousand times a second.
  if (cast.told.fateOf(reply) === "in-doubt") await pause(100 + cast.dice.below(300));
  return reply;
};

const said = (reply: Reply, name: string): string =>
  reply.kind === "answer" ? String(reply.body[name] ?? "") : "";
const acknowledged = (reply: Reply): boolean => reply.kind === "answer" && reply.status === 200;
const fate = (reply: Reply) =>
  reply.kind === "lost" || reply.status >= 500
    ? "in-doubt"
    : reply.status === 200
      ? "acknowledged"
      : "refused";

/** Refused the second time because it was done the first time, whose answer got lost: in doubt all the same. */
const onceAtMost = (reply: Reply) =>
  fate(reply) === "refused" && afterLoss.has(reply) ? "in-doubt" : fate(reply);

type Change = Omit<Question, "marker"> & { id: string };

/** Asks the gate once, under a name of its own: what got no answer stays in doubt. */
async function ask(cast: Cast, change: Change): Promise<string> {
  const { dice, told, token } = cast;
  const marker = `q-${dice.hex(20)}`;
  const body = questionOf({ ...change, marker });
  const request: Request = { method: "POST", path: "/api/v1/gate", body, bearer: token };
  const reply = await once(cast, "ana", request);
  const decision = reply.kind === "answer" ? reply.body["decision"] : null;
  // As the operation describes its answer.
  const effective = String((decision as { effective?: string } | null)?.effective ?? "");
  told.note("decision", marker, { fate: fate(reply), entry: entryIn(reply), said: effective });
  if (acknowledged(reply)) change.id = said(reply, "change");
  if (effective === "allow" && (told.approvers.get(change.id)?.size ?? 0) < 2)
    told.wrong.push(`${change.id} is allowed, and fewer than two can have signed it`);
  return effective;
}

const turns = new Map<Person, Promise<unknown>>();

/** One ceremony of a passkey at a time: its counter only goes forward. */
function inTurn<T>(person: Person, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(person) ?? Promise.resolve()).then(work, work);
  turns.set(person, turn);
  return turn;
}

/** Says something about a change by passkey; an assertion without an answer is sent again as it is. */
async function sign(cast: Cast, who: Who, change: Change, what: object): Promise<void> {
  const { people, told } = cast;
  const path = `/api/v1/changes/${change.id}`;
  await inTurn(people[who], async () => {
    const asked = await once(cast, who, { method: "POST", path: `${path}/statements`, body: what });
    if (asked.kind === "lost" || asked.status !== 200) return;
    const { challenge, nonce } = asked.body;
    const approvers = told.approvers.get(change.id) ?? new Set();
    told.approvers.set(change.id, approvers.add(who));
    const body = assertionOf(people[who].key, originOf(cast), { challenge, nonce });
    const request: Request = { method: "POST", path: `${path}/signatures`, body };
    const reply = await again(cast, who, request);
    told.note("signature", String(nonce), {
      fate: onceAtMost(reply),
      entry: entryIn(reply),
      said: who,
    });
  });
}

const originOf = ({ people }: Cast): string => people.ana.origin;

/** A change: asked about, signed, sometimes rejected or taken back, asked about again, and carried out. */
async function aChange(cast: Cast): Promise<void> {
  const { dice } = cast;
  const document = dice.chance(0.4) ? documentOf(`two lines ${dice.hex(8)}`) : null;
  const change: Change = { digest: dice.hex(64), document, team: "payments", id: "" };
  await ask(cast, change);
  if (change.id === "") return;
  const [first, second] = dice.chance(0.5) ? (["bo", "cy"] as const) : (["dee", "bo"] as const);
  await sign(cast, first, change, { decision: "approve" });
  if (dice.chance(0.2)) await ask(cast, change);
  if (dice.chance(0.15)) await sign(cast, first, change, { decision: "withdraw" });
  await sign(cast, second, change, { decision: "approve" });
  if (dice.chance(0.1))
    await sign(cast, dice.among(OWNERS), change, { decision: "reject", reason: "not today" });
  const effective = await ask(cast, change);
  if (effective === "allow" && document !== null) await aRun(cast, change.id, document);
}

async function aRun(cast: Cast, change: string, document: string): Promise<void> {
  const { dice, told } = cast;
  const name = dice.hex(32);
  const body = { once: name, change, document };
  const begun = await again(cast, "ana", { method: "POST", path: "/api/v1/runs", body });
  const run = said(begun, "run");
  told.note("run", name, { fate: fate(begun), entry: null, said: run });
  if (!acknowledged(begun)) return;
  for (const [i, event] of RUN_EVENTS.entries()) {
    const step = { number: i + 1, event };
    const path = `/api/v1/runs/${run}/steps`;
    const reply = await again(cast, "ana", { method: "POST", path, body: step });
    const entry = entryIn(reply);
    told.note("step", `${run} ${i + 1}`, { fate: fate(reply), entry, said: "" });
    if (!acknowledged(reply)) return;
  }
}

async function aRemedy(cast: Cast): Promise<void> {
  const name = cast.dice.hex(32);
  const body = { once: name, remedy: "append", values: { line: "one" } };
  const reply = await again(cast, "ana", { method: "POST", path: "/api/v1/runs", body });
  cast.told.note("remedy-run", name, { fate: fate(reply), entry: null, said: said(reply, "run") });
}

/** A token made once by its key, used, and ended. */
async function aToken(cast: Cast): Promise<void> {
  const { dice, told } = cast;
  const name = `t-${dice.hex(20)}`;
  const body = { name, repository: REPOSITORY, verbs: ["gate"] };
  const request: Request = { method: "POST", path: "/api/v1/tokens", body, key: dice.hex(40) };
  const reply = await again(cast, "bo", request);
  const given = reply.kind === "answer" ? reply.body["token"] : null;
  const token = String((given as { token?: string } | null)?.token ?? ""); // as described
  const held = reply.kind === "answer" && reply.body["code"] === "KEY_IN_USE";
  told.note("token", name, { fate: held ? "in-doubt" : fate(reply), entry: null, said: token });
  if (!acknowledged(reply)) return;
  const change: Change = { digest: dice.hex(64), document: null, team: "payments", id: "" };
  await ask({ ...cast, token: said(reply, "secret") }, change);
  if (dice.chance(0.5)) {
    const path = `/api/v1/tokens/${token}/revoke`;
    await again(cast, "cy", { method: "POST", path, body: { reason: "over" } });
  }
}

/** Somebody's name, proposed once by its key, endorsed by others or withdrawn. */
async function aProposal(cast: Cast): Promise<void> {
  const { dice, told } = cast;
  const name = `Dee ${dice.hex(12)}`;
  const accounts = ["email:dee@example.com"];
  const about = { kind: "change", person: "dee", name, active: true, accounts, reason: "married" };
  const path = "/api/v1/proposals";
  const request: Request = { method: "POST", path, body: about, key: dice.hex(40) };
  const reply = await again(cast, "ana", request);
  const given = reply.kind === "answer" ? reply.body["proposal"] : null;
  const { proposal = "", needed = 2 } = (given ?? {}) as { proposal?: string; needed?: number };
  const held = reply.kind === "answer" && reply.body["code"] === "KEY_IN_USE";
  told.note("proposal", name, {
    ...{ fate: held ? "in-doubt" : fate(reply), entry: null, said: proposal },
  });
  if (!acknowledged(reply)) return;
  const one = `${path}/${proposal}`;
  if (dice.chance(0.3)) {
    await again(cast, "ana", { method: "DELETE", path: one });
    return;
  }
  for (const who of (["bo", "cy"] as const).slice(0, needed)) {
    const endorsed = await inTurn(cast.people[who], async () => {
      const asked = await once(cast, who, { method: "POST", path: `${one}/options`, body: {} });
      if (asked.kind === "lost" || asked.status !== 200) return null;
      const { challenge } = asked.body["publicKey"] as { challenge: string }; // as described
      const over = { challenge, nonce: asked.body["nonce"] };
      const body = assertionOf(cast.people[who].key, originOf(cast), over);
      return await again(cast, who, { method: "POST", path: `${one}/endorse`, body });
    });
    if (endorsed === null) return;
    const done = said(endorsed, "state") === "done";
    const became = onceAtMost(endorsed);
    if (done || became === "in-doubt")
      told.note("agreement", proposal, { fate: became, entry: null, said: "" });
  }
}

/** An incident, two that break the glass for it, and what that leaves. */
async function anEmergency(cast: Cast): Promise<void> {
  const { dice, told } = cast;
  const title = `i-${dice.hex(20)}`;
  const path = "/api/v1/incidents";
  const opened = await once(cast, "dee", { method: "POST", path, body: { title } });
  const incident = said(opened, "incident");
  told.note("incident", title, { fate: fate(opened), entry: null, said: incident });
  if (!acknowledged(opened)) return;
  const change: Change = { digest: dice.hex(64), document: null, team: title, id: "" };
  await ask(cast, change);
  if (change.id === "") return;
  const waives = { rule: RULE, breakGlass: true, incident };
  for (const who of ["bo", "cy"] as const)
    await sign(cast, who, change, { decision: "override", reason: "it burns", waives });
  await ask(cast, change);
  const body = { reason: "over" };
  await again(cast, "dee", { method: "POST", path: `${path}/${incident}/close`, body });
  await aReview(cast, change);
}

/** What an emergency leaves holds every later change until two who did not sign for it have looked at it. */
async function aReview(cast: Cast, change: Change): Promise<void> {
  const reply = await again(cast, "dee", { method: "GET", path: "/api/v1/debts" });
  const debts = reply.kind === "answer" ? reply.body["debts"] : null;
  // As the operation describes its answer.
  const all = (debts ?? []) as readonly { readonly debt: string; readonly change: string }[];
  for (const { debt } of all.filter((one) => one.change === change.id))
    for (const who of ["ana", "dee"] as const)
      await sign(cast, who, change, { decision: "settle", reason: "it was right", settles: debt });
}

const STORIES = [
  { story: aChange, weight: 12 },
  { story: aRemedy, weight: 1 },
  { story: aToken, weight: 2 },
  { story: aProposal, weight: 2 },
  { story: anEmergency, weight: 2 },
] as const;

/** One of all that people do, by chance. */
export async function anyStory(cast: Cast): Promise<void> {
  const all = STORIES.flatMap(({ story, weight }) => Array(weight).fill(story) as (typeof story)[]);
  await cast.dice.among(all)(cast);
}

/** A change that two sign, which lands; gives its id. For the setting up of a campaign. */
export async function landed(cast: Cast, document: string): Promise<string> {
  const change: Change = { digest: cast.dice.hex(64), document, team: "payments", id: "" };
  await ask(cast, change);
  for (const who of ["bo", "cy"] as const) await sign(cast, who, change, { decision: "approve" });
  const effective = await ask(cast, change);
  const { wrong, refusals } = cast.told;
  if (effective !== "allow")
    throw new Error(`\`${effective}\`: ${JSON.stringify([...wrong, ...refusals])}`);
  return change.id;
}
