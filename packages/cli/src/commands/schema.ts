// SPDX-License-Identifier: Apache-2.0

import { CONTROL_PLANE_SCHEMAS } from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { DOCUMENT_SCHEMAS } from "@interlock/document";
import { didYouMean, JSON_SCHEMAS } from "@interlock/policy";
import type { Command } from "commander";
import { jsonText } from "../output/printable.ts";

const SCHEMAS = { ...JSON_SCHEMAS, ...DOCUMENT_SCHEMAS, ...CONTROL_PLANE_SCHEMAS };

export function schemaCommand(program: Command): void {
  program
    .command("schema")
    .description("print a JSON Schema, for editors and for tools that feed `interlock decide`")
    .argument("<name>", Object.keys(SCHEMAS).join(", "))
    .addHelpText(
      "after",
      "\nExample (`interlock init` writes both, for each of its files):\n  interlock schema policy > interlock/schema/policy.json\n  # yaml-language-server: $schema=schema/policy.json",
    )
    .action((name: string) => {
      const schema = Object.entries(SCHEMAS).find(([n]) => n === name)?.[1];
      if (schema === undefined)
        throw new GateError(
          "USAGE",
          `no schema is called \`${name}\``,
          didYouMean(name, Object.keys(SCHEMAS)),
        );
      process.stdout.write(`${jsonText(schema(), 2)}\n`);
    });
}
