// SPDX-License-Identifier: Apache-2.0
import type { Kind } from "../document.ts";
import { CAPACITY } from "./capacity.ts";
import { CERTIFICATE } from "./certificate.ts";
import { CONFIG_PUSH } from "./config-push.ts";
import { DATA_FIX } from "./data-fix.ts";
import { FAILOVER } from "./failover.ts";
import { REMEDY } from "./remedy.ts";
import { SCHEMA_MIGRATION } from "./schema-migration.ts";

/** Documents whose questions, each after the word `FILL`, one answers for a change of that kind. */
export const TEMPLATES = {
  "config-push": CONFIG_PUSH,
  "schema-migration": SCHEMA_MIGRATION,
  failover: FAILOVER,
  certificate: CERTIFICATE,
  capacity: CAPACITY,
  "data-fix": DATA_FIX,
  remedy: REMEDY,
} as const satisfies Readonly<Partial<Record<Kind, string>>>;
export type TemplateKind = keyof typeof TEMPLATES;
