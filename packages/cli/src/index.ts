// SPDX-License-Identifier: Apache-2.0
export { program } from "./program.ts";
