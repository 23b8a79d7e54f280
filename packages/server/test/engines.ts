// SPDX-License-Identifier: Apache-2.0
import type { Store } from "@interlock/store";
import { type EngineUnderTest, type Home, opened } from "@interlock/testkit";
import { afterAll, beforeAll } from "vitest";

export { ENGINES, type EngineUnderTest } from "@interlock/testkit";

/** One migrated store for all tests of a `describe`: opening one takes longer than most tests. */
export function storeOf(engine: EngineUnderTest): () => Store {
  let open: { readonly store: Store; readonly home: Home } | null = null;
  beforeAll(async () => {
    const home = await engine.home();
    open = { store: await opened(home.place), home };
  });
  afterAll(async () => {
    await open?.store.close();
    open?.home.remove();
  });
  return () => {
    if (open === null) throw new Error("the store is not open yet");
    return open.store;
  };
}
