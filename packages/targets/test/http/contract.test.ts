// SPDX-License-Identifier: Apache-2.0
import { createConnection } from "node:net";
import type { Json } from "@interlock/digest";
import { openHttp } from "../../src/http/target.ts";
import type { Target } from "../../src/target.ts";
import { contractOf } from "../contract.ts";
import { type FaultyPlace, faultsOf } from "../faults.ts";
import { lineTo } from "../line.ts";
import type { Place } from "../place.ts";
import { type AdminApi, DIALECTS, type Dialect, startAdminApi } from "./admin-api.ts";

type ApiPlace = Place & {
  readonly api: AdminApi;
  readonly over: (origin: string) => Target;
};

async function apiPlace(dialect: Dialect): Promise<ApiPlace> {
  const api = await startAdminApi(dialect);
  const opened: Target[] = [];
  const over = (origin: string): Target => {
    const settings: Json = { ...api.settings, origin };
    const answered = openHttp("api", { settings, named: new Set() });
    if (!answered.ok) throw new Error(answered.failure.message);
    opened.push(answered.value);
    return answered.value;
  };
  return {
    api,
    over,
    target: over(api.origin),
    cells: ["here", "there"],
    again: async () => over(api.origin),
    around: async (cell, key, value) => api.put(cell, key, value),
    remove: async () => {
      for (const target of opened) await target.close();
      await api.close();
    },
  };
}

async function faultyPlace(dialect: Dialect): Promise<FaultyPlace> {
  const place = await apiPlace(dialect);
  const line = await lineTo(() => createConnection(place.api.port, "127.0.0.1"));
  return {
    ...place,
    line,
    far: place.over(`http://127.0.0.1:${line.port}`),
    decides: (data) => /^(?:PUT|POST)/.test(data.toString("latin1")),
    remove: async () => {
      await place.remove();
      await line.close();
    },
  };
}

for (const dialect of DIALECTS) {
  contractOf(`an API by ${dialect}`, () => apiPlace(dialect), { runs: 20 });
  faultsOf(`an API by ${dialect}`, () => faultyPlace(dialect));
}
