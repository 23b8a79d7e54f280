// SPDX-License-Identifier: Apache-2.0
/** Rollout engines that teams have already: Argo Rollouts, Flagger, plain pipelines. */
import { signalsApi } from "@interlock/protocol";
import { analysesOf } from "@interlock/store";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Actor } from "../http/actor.ts";
import {
  type Answer,
  type Authenticate,
  barredFrom,
  bind,
  invalid,
  type Refusal,
  refuse,
} from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { runningIn } from "./analysis/running.ts";
import { EXTERNAL, type WaveAnalysis } from "./analysis.ts";
import type { SignalsNow } from "./opening.ts";
import { speaksFor } from "./routes.ts";

type Release = {
  readonly system: string;
  readonly key: string;
  readonly cells: readonly string[];
  readonly since?: number | undefined;
  readonly marginPpm: number;
};

export type Said = {
  readonly result: "successful" | "failed" | "inconclusive";
  readonly value: number;
  readonly because: string[];
  readonly waitMs: number | null;
  readonly promised: boolean;
};

export function engineRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  now: () => SignalsNow,
): void {
  bind(app, authenticate, signalsApi.analysisForArgo, ({ actor, query }) =>
    said(now(), actor, { ...query, cells: query.cells.split(",").map((cell) => cell.trim()) }),
  );
  bind(app, authenticate, signalsApi.checkAnalysis, ({ actor, body }) => said(now(), actor, body));
  app.post(signalsApi.FLAGGER_PATH, (request, reply) =>
    forFlagger(now(), authenticate, request, reply),
  );
}

async function said(open: SignalsNow, actor: Actor, release: Release): Promise<Answer<Said>> {
  const { system, key } = release;
  const known = open.cellsOf(system);
  if (known.length === 0 || open.analysis === null || !speaksFor(actor, system))
    return refusal("NOT_FOUND", `there is no system \`${system}\`, or not for you`);
  const cells = [...new Set(release.cells)].sort();
  const stranger = cells.find((cell) => !known.includes(cell));
  if (stranger !== undefined)
    return refusal("INPUT_INVALID", `\`${system}\` has no cell \`${stranger}\``);
  const rollout = `${EXTERNAL}${system}:${key}`;
  const [row] = await analysesOf(open.store.db, rollout);
  const first = row === undefined ? null : (runningIn(row)?.wave.asked ?? null);
  const since = release.since ?? first?.since ?? open.now();
  const analysis = await open.analysis.watch({
    ...{ rollout, system, wave: 0, since, began: first?.began ?? since, cells },
    ...{ marginPpm: release.marginPpm, asyncFailureMs: open.asyncFailureMsOf(system) },
  });
  return done(resultOf(analysis));
}

const refusal = (
  code: Refusal["code"],
  message: string,
): { readonly ok: false; readonly failure: Refusal } => ({
  ok: false,
  failure: { code, message, help: "see the description of the control plane" },
});

export function resultOf(analysis: WaveAnalysis): Said {
  const { signals, evidenceMilliNats, haltMilliNats, because, waitMs, promised } = analysis;
  const failed = signals.some(({ outcome }) => outcome === "failed");
  const passes = signals.length > 0 && signals.every(({ outcome }) => outcome === "successful");
  return {
    result: failed
      ? "failed"
      : passes && analysis.kind === "promote"
        ? "successful"
        : "inconclusive",
    value: evidenceMilliNats / haltMilliNats,
    ...{ because: [...because], waitMs, promised },
  };
}

/** Which answers of Flagger's hooks are a success: they differ in what a 200 does. */
const PASSES: Readonly<Record<string, readonly Said["result"][]>> = {
  /** `rollout`: the analysis goes on unless there is harm. */
  harm: ["successful", "inconclusive"],
  /** `confirm-promotion`: promotion waits until harm is excluded. */
  promotion: ["successful"],
  /** `rollback`: a success takes the release back. */
  rollback: ["failed"],
};

/** Flagger sends no headers of one's own: its token is in `metadata`, as in its documentation. */
async function forFlagger(
  open: SignalsNow,
  authenticate: Authenticate,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = signalsApi.FLAGGER.safeParse(request.body ?? {});
  if (!body.success) return refuse(reply, invalid(body.error));
  const { name, namespace, phase, checksum, metadata } = body.data;
  const actor = await authenticate(withToken(request, metadata["token"]));
  const barred = barredFrom({ access: "token:read", method: "POST", anyMeans: false }, actor);
  if (barred !== null) return refuse(reply, barred);
  const gate = metadata["gate"] ?? "harm";
  const passes = Object.hasOwn(PASSES, gate) ? PASSES[gate] : undefined;
  const margin = Number(metadata["marginPpm"] ?? signalsApi.MARGIN_PPM);
  const { system = "", cells = "" } = metadata;
  if (passes === undefined || !Number.isInteger(margin) || margin < 1 || margin > 1_000_000)
    return refuse(
      reply,
      refusal("INPUT_INVALID", "`metadata` has no known `gate` or margin").failure,
    );
  const key = `${namespace}/${name}/${checksum ?? metadata["revision"] ?? ""}`.slice(0, 200);
  if (phase === "Succeeded" || phase === "Failed") {
    if (!speaksFor(actor, system))
      return refuse(reply, refusal("NOT_FOUND", "no such system").failure);
    await open.analysis?.ended(`${EXTERNAL}${system}:${key}`);
    return reply.send({ result: "ended" });
  }
  const answer = await said(open, actor, {
    ...{ system, key, marginPpm: margin },
    cells: cells.split(",").map((cell) => cell.trim()),
  });
  if (!answer.ok) return refuse(reply, answer.failure);
  // Whatever is no success counts as one failed check for Flagger, which shows the body.
  return reply.code(passes.includes(answer.value.result) ? 200 : 412).send(answer.value);
}

function withToken(request: FastifyRequest, token: string | undefined): FastifyRequest {
  if (request.headers.authorization !== undefined || token === undefined) return request;
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const same: FastifyRequest = Object.create(request, { headers: { value: headers } });
  return same;
}
