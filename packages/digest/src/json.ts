// SPDX-License-Identifier: Apache-2.0
/** A JSON value (RFC 8259) as plain data: no `undefined`, no instances of classes. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
