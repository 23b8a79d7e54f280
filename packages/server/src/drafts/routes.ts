// SPDX-License-Identifier: Apache-2.0
import { draftsApi } from "@interlock/protocol";
import { draftsOf, dropDraft, type Store } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { type Authenticate, bind } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { personOf, within } from "../runs/terms.ts";
import { listed, own, save } from "./drafts.ts";

export type DraftTerms = { readonly store: Store; readonly now: () => number };

/** Documents that people write; each sees their own alone. */
export function draftRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  { store, now }: DraftTerms,
): void {
  const { db } = store;
  bind(app, authenticate, draftsApi.drafts, async ({ actor }) =>
    done({ drafts: (await draftsOf(db, personOf(actor))).map(listed) }),
  );
  bind(app, authenticate, draftsApi.showDraft, async ({ actor, params }) => {
    const found = await own(db, { id: params.draft, person: personOf(actor) });
    return found.ok ? done({ ...listed(found.value), text: found.value.text }) : found;
  });
  bind(app, authenticate, draftsApi.saveDraft, ({ actor, params, body }) =>
    within({ store }, (tx) =>
      save(tx, { id: params.draft, person: personOf(actor), ...body, now: now() }),
    ),
  );
  bind(app, authenticate, draftsApi.dropDraft, async ({ actor, params }) =>
    done({ dropped: await dropDraft(db, { id: params.draft, person: personOf(actor) }) }),
  );
}
