// SPDX-License-Identifier: Apache-2.0
import { dataApi } from "@interlock/protocol";
import type { FastifyInstance } from "fastify";
import { type Authenticate, bind } from "../http/bind.ts";
import { personOf, type RunTerms } from "../runs/terms.ts";
import { haltDataRun } from "./halts.ts";
import { beginDataRun, endDataRun, showDataRun } from "./runs.ts";

/** Data fixes in databases, on record before they write. */
export function dataRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: RunTerms,
): void {
  bind(app, authenticate, dataApi.beginDataRun, async ({ actor, body }) =>
    beginDataRun(terms, personOf(actor), body),
  );
  bind(app, authenticate, dataApi.endDataRun, async ({ actor, params, body }) =>
    endDataRun(terms, personOf(actor), { ...params, ...body }),
  );
  bind(app, authenticate, dataApi.haltDataRun, async ({ actor, params, body }) => {
    const halted = await haltDataRun(terms, personOf(actor), { ...params, ...body });
    return halted.ok ? await showDataRun(terms.store.db, params.run) : halted;
  });
  bind(app, authenticate, dataApi.showDataRun, async ({ params }) =>
    showDataRun(terms.store.db, params.run),
  );
}
