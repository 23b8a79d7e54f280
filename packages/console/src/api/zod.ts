// SPDX-License-Identifier: Apache-2.0
// What `zod` means to everything in the console, also to `@interlock/protocol`: before the first schema
// is made it is told to compile none, since else it tries whether it may make code of text, which the
// policy of the page refuses and reports (UI4).
import { z } from "zod/v4";

z.config({ jitless: true });

export { z };
