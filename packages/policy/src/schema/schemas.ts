// SPDX-License-Identifier: Apache-2.0
import { catalogJsonSchema } from "./catalog.ts";
import { factsJsonSchema } from "./facts.ts";
import { peopleJsonSchema } from "./people.ts";
import { policyJsonSchema } from "./policy.ts";
import { policyTestJsonSchema } from "./policy-test.ts";

/** All JSON Schemas by the name of their file in `schemas/`. */
export const JSON_SCHEMAS = {
  policy: policyJsonSchema,
  "policy-test": policyTestJsonSchema,
  catalog: catalogJsonSchema,
  people: peopleJsonSchema,
  facts: factsJsonSchema,
} as const;
