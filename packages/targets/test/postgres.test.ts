// SPDX-License-Identifier: Apache-2.0
import { sharedPostgres } from "@interlock/testkit";
import { describe } from "vitest";
import { contractOf } from "./contract.ts";
import { LAYOUTS, rowsPlace } from "./postgres-place.ts";

const cluster = await sharedPostgres();
const url = cluster?.newDatabase() ?? "";

describe.each(cluster === null ? [] : LAYOUTS)("postgres: $says", (layout) => {
  contractOf("rows", () => rowsPlace(url, layout), { runs: 4 });
});
