// SPDX-License-Identifier: Apache-2.0
import { ENDPOINTS, openApi } from "@interlock/protocol";
import type { FastifyInstance } from "fastify";

/** The description of the API, for clients and for people. */
export function apiRoutes(app: FastifyInstance): void {
  // Made when somebody asks for it first: it is a tenth of what a start costs.
  let text: string | null = null;
  app.get("/api/v1/openapi.json", (_request, reply) => {
    text ??= JSON.stringify(openApi(ENDPOINTS, VERSION));
    return reply.type("application/json; charset=utf-8").send(text);
  });
}

/** Of the API; a change that breaks a client is another one, under another path. */
const VERSION = "1.0.0";
