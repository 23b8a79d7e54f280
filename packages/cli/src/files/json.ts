// SPDX-License-Identifier: Apache-2.0
/** `undefined` for what is no JSON, which fits no schema either. */
export function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
