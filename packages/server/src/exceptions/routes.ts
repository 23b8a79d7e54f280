// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { type DebtShown, exceptionsApi, type IncidentShown } from "@interlock/protocol";
import { changeTitles } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import type { Actor } from "../http/actor.ts";
import { type Answer, type Authenticate, bind } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { done, refused } from "../people/terms.ts";
import { activePerson, appendOne, type RunTerms, within } from "../runs/terms.ts";
import type { ExceptionsBook } from "./book.ts";
import { shownOverrides } from "./overrides.ts";
import { type Incident, incidentSubject, isReviewed, type Owed, openIncident } from "./story.ts";

export type ExceptionTerms = RunTerms & { readonly exceptions: ExceptionsBook };

/** Incidents, and what break-glass left to be reviewed. */
export function exceptionRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: ExceptionTerms,
): void {
  const { exceptions, store } = terms;
  bind(app, authenticate, exceptionsApi.openIncident, ({ actor, body }) =>
    open(terms, who(actor), body),
  );
  bind(app, authenticate, exceptionsApi.closeIncident, ({ actor, params, body }) =>
    close(terms, { person: who(actor), ...params, ...body }),
  );
  bind(app, authenticate, exceptionsApi.listIncidents, async ({ query }) => {
    const { incidents } = await exceptions.latest(store.db);
    const all = [...incidents.values()].reverse();
    const shown = query.state === "all" ? all : all.filter(({ closed }) => closed === null);
    return done({
      incidents: shown.slice(0, query.limit).map(incidentShown),
      more: shown.length > query.limit,
    });
  });
  bind(app, authenticate, exceptionsApi.listDebts, async ({ query }) => {
    const { debts } = await exceptions.latest(store.db);
    const all = [...debts.values()];
    const shown = query.state === "all" ? all : all.filter((one) => !isReviewed(one));
    const page = shown.slice(0, query.limit);
    const changes = page.flatMap(({ body }) => (body === null ? [] : [body.change]));
    const titles = await changeTitles(store.db, changes);
    return done({
      debts: page.map((one) => debtShown(one, titles)),
      more: shown.length > query.limit,
    });
  });
  bind(app, authenticate, exceptionsApi.listOverrides, async ({ query }) => {
    const all = await shownOverrides(terms, store.db);
    const live = all.filter(({ state }) => state === "counts" || state === "alone");
    const shown = query.state === "all" ? all : live;
    return done({
      overrides: shown.slice(0, query.limit),
      more: shown.length > query.limit,
    });
  });
}

function who(actor: Actor): string {
  if (actor.kind === "person" || actor.kind === "terminal") return actor.person;
  throw new Error("invariant broken: `bind` lets only persons in");
}

async function open(
  terms: ExceptionTerms,
  by: string,
  { title, systems }: { readonly title: string; readonly systems: readonly string[] },
): Promise<Answer<IncidentShown>> {
  const body = {
    incident: `inc-${randomBytes(5).toString("hex")}`,
    ...{ title, by, systems: [...new Set(systems)].sort() },
  };
  const at = terms.now();
  const subject = incidentSubject(body.incident);
  const entry = prepare({ kind: "incident", at, subject, body });
  const recorded = await record(terms, by, entry);
  const { incident: id } = body;
  return recorded.ok ? done(incidentShown({ ...body, id, at, closed: null })) : recorded;
}

async function close(
  terms: ExceptionTerms,
  given: { readonly person: string; readonly incident: string; readonly reason: string },
): Promise<Answer<IncidentShown>> {
  const { person: by, incident, reason } = given;
  const found = openIncident(await terms.exceptions.latest(terms.store.db), incident);
  if (found === null)
    return refused("NOT_FOUND", "there is no such open incident", "see `interlock incident list`");
  const at = terms.now();
  const body = { incident: found.id, reason, by };
  const subject = incidentSubject(found.id);
  const entry = prepare({ kind: "incident-closed", at, subject, body });
  const recorded = await record(terms, by, entry);
  return recorded.ok ? done(incidentShown({ ...found, closed: { by, at, reason } })) : recorded;
}

const record = (terms: ExceptionTerms, person: string, entry: Prepared): Promise<Answer<number>> =>
  within(terms, async (tx) => {
    const active = await activePerson(terms, tx, person);
    return active.ok ? await appendOne(terms, tx, entry) : active;
  });

function incidentShown({ id, title, systems, by, at, closed }: Incident): IncidentShown {
  return { incident: id, title, systems: [...systems], by, at, closed };
}

function debtShown(owed: Owed, titles: ReadonlyMap<string, string>): DebtShown {
  const { entry, at, body, reviews } = owed;
  return {
    ...{ debt: entry, at, change: body?.change ?? null, repository: body?.repository ?? null },
    subject: titles.get(body?.change ?? "") ?? "",
    ...{ target: body?.target ?? null, teams: [...(body?.teams ?? [])] },
    ...{ incidents: [...(body?.incidents ?? [])], signedBy: [...(body?.by ?? [])] },
    ...{ reviews: [...reviews], open: !isReviewed(owed) },
  };
}
