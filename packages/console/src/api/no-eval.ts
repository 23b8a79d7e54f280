// SPDX-License-Identifier: Apache-2.0
// Loaded before any schema is made: zod else tries whether it may compile code, which the policy of
// the page refuses and reports (UI4).
import { z } from "zod";

z.config({ jitless: true });
