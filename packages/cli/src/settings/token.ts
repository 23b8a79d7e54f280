// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { readText } from "../files/read.ts";

const TOKEN = /^[A-Za-z0-9_-]{1,200}$/;

export const isToken = (text: string): boolean => TOKEN.test(text);

/** The token that a file holds. Throws `GateError`. */
export const readToken = (path: string): string => tokenIn(readText(path), `\`${path}\``);

/** `where`: what held it, for the message. Throws `GateError`. */
export function tokenIn(held: string, where: string): string {
  const token = held.trim();
  if (isToken(token)) return token;
  // The text itself may be a secret that was mistyped.
  throw new GateError(
    "INPUT_INVALID",
    `what ${where} holds is no token: only letters, digits, \`-\` and \`_\``,
    "make a token on the server's page and keep it as it was shown",
  );
}
