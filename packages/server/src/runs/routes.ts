// SPDX-License-Identifier: Apache-2.0
import { isDigest } from "@interlock/digest";
import { runsApi } from "@interlock/protocol";
import type { FastifyInstance } from "fastify";
import { type Authenticate, bind } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { begin } from "./begin.ts";
import { listedRuns } from "./listed.ts";
import { register, shownRemedies, standingRemedies } from "./remedies.ts";
import { confirm, record } from "./steps.ts";
import { isDamaged, shownRun, storyOf } from "./story.ts";
import { personOf, type RunTerms, unread } from "./terms.ts";

/** Documents that are carried out, and remedies that one may run alone. */
export function runRoutes(app: FastifyInstance, authenticate: Authenticate, terms: RunTerms): void {
  const { db } = terms.store;
  bind(app, authenticate, runsApi.registerRemedy, async ({ actor, body }) =>
    register(terms, { person: personOf(actor), change: body.change, text: body.document }),
  );
  bind(app, authenticate, runsApi.remedies, async () =>
    done({ remedies: await shownRemedies(db, await standingRemedies(terms, db), terms.now()) }),
  );
  bind(app, authenticate, runsApi.showRemedy, async ({ params }) => {
    const all = await standingRemedies(terms, db);
    const one = all.find(({ body }) => body.remedy === params.remedy);
    const [shown] = one === undefined ? [] : await shownRemedies(db, [one], terms.now());
    return one === undefined || shown === undefined
      ? refused(
          "NOT_FOUND",
          `no remedy \`${params.remedy}\` stands`,
          "see the list of remedies: `interlock remedy list`",
        )
      : done({ ...shown, text: one.text });
  });
  bind(app, authenticate, runsApi.beginRun, async ({ actor, body }) =>
    begin(terms, personOf(actor), body),
  );
  bind(app, authenticate, runsApi.runs, async ({ query }) =>
    done({ ...(await listedRuns(db, query)), asOf: terms.now() }),
  );
  bind(app, authenticate, runsApi.showRun, async ({ params }) => {
    const story = isDigest(params.run) ? await storyOf(db, params.run) : null;
    if (isDamaged(story)) return unread(story.damaged);
    return story === null
      ? refused("NOT_FOUND", "there is no such run", "check its id")
      : done(shownRun(story));
  });
  bind(app, authenticate, runsApi.recordStep, async ({ actor, params, body }) =>
    record(terms, { person: personOf(actor), run: params.run, ...body }),
  );
  bind(app, authenticate, runsApi.confirmStep, async ({ actor, params, body }) =>
    confirm(terms, { actor, run: params.run, ...body }),
  );
}
