// SPDX-License-Identifier: Apache-2.0
/** Small words in which our JSON Schemas are written. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export const text = (description: string): JsonSchema => ({ type: "string", description });
export const texts = (description: string): JsonSchema => ({
  oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
  description,
});
export const flag = (description: string): JsonSchema => ({ type: "boolean", description });
export const closed = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema => ({ type: "object", properties, required, additionalProperties: false });
export const listOf = (items: JsonSchema, description: string): JsonSchema => ({
  type: "array",
  items,
  description,
});
export const oneOf = (values: readonly string[], description: string): JsonSchema => ({
  enum: values,
  description,
});
export const described = (description: string, schema: JsonSchema): JsonSchema => ({
  ...schema,
  description,
});

/**
 * The newest draft that the YAML language server supports (README of redhat-developer/yaml-language-server).
 * It leaves out whatever stands beside a `$ref`.
 */
export const DRAFT = "http://json-schema.org/draft-07/schema#";
