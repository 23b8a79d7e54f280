// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { IDEMPOTENCY_KEY } from "./endpoint.ts";
import { PROBLEM } from "./problem.ts";

/** The OpenAPI 3.1 document of some operations (https://spec.openapis.org/oas/v3.1.1). */
export function openApi(endpoints: readonly Endpoint[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of endpoints) {
    const path = one.path.replace(/:([a-z]+)/g, "{$1}");
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operation(one) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Interlock",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "__Host-interlock" },
        token: { type: "http", scheme: "bearer" },
      },
    },
  };
}

function operation(one: Endpoint): Json {
  const hasBody = one.method === "POST";
  return {
    operationId: one.id,
    summary: one.summary,
    security: securityOf(one),
    parameters: [
      ...parameters(one.params, "path"),
      ...parameters(one.query, "query"),
      ...(one.onceByKey ? [ONCE] : []),
    ],
    ...(hasBody ? { requestBody: { required: true, content: json(one.body, "input") } } : {}),
    responses: {
      "200": one.streams
        ? {
            description: "events",
            content: { "text/event-stream": { schema: schemaOf(one.answer, "output") } },
          }
        : { description: "done", content: json(one.answer, "output") },
      default: {
        description: "a problem (RFC 9457)",
        content: { "application/problem+json": { schema: schemaOf(PROBLEM, "output") } },
      },
    },
  };
}

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
const ONCE: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "a random text in double quotes; sent again with it within 24 hours, the request is done once and answered alike",
  schema: { type: "string", pattern: IDEMPOTENCY_KEY.source },
};

function securityOf({ access }: Endpoint): Json {
  if (access === "session") return [{ session: [] }];
  if (access === "person" || access === "reader" || access === "bringer")
    return [{ session: [] }, { token: [] }];
  return access === "terminal" || access.startsWith("token:") ? [{ token: [] }] : [];
}

function parameters(schema: z.ZodType, place: "path" | "query"): readonly Json[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(schema.shape).map(([name, one]) => ({
    name,
    in: place,
    required: place === "path" || !one.safeParse(undefined).success,
    schema: schemaOf(one, "input"),
  }));
}

const json = (schema: z.ZodType, io: "input" | "output"): Json => ({
  "application/json": { schema: schemaOf(schema, io) },
});

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest as Json; // JSON Schema is JSON
}
