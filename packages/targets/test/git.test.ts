// SPDX-License-Identifier: Apache-2.0
import { contractOf } from "./contract.ts";
import { gitPlace } from "./git-place.ts";

contractOf("git", () => gitPlace(), { runs: 1 });
