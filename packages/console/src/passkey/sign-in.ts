// SPDX-License-Identifier: Apache-2.0
import { type Me, signInApi } from "@interlock/protocol";
import { call, type Outcome } from "../api/call.ts";
import { signWithPasskey } from "./sign.ts";

/** Proves who is there, with whichever passkey they choose; the session is always a new one. */
export async function signIn(): Promise<Outcome<Me>> {
  const options = await call(signInApi.signInOptions, {});
  if (!options.ok) return options;
  const assertion = await signWithPasskey(options.value);
  if (!assertion.ok) return assertion;
  return await call(signInApi.signIn, { body: assertion.value });
}
