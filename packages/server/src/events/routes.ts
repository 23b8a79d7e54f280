// SPDX-License-Identifier: Apache-2.0
import { events, type LiveEvent } from "@interlock/protocol";
import { type Happened, ledgerSize, type Store } from "@interlock/store";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Authenticate, barredFrom, invalid, refuse } from "../http/bind.ts";
import { type Feed, type News, openFeed } from "./feed.ts";

export type EventTerms = {
  readonly store: Store;
  readonly authenticate: Authenticate;
  readonly now: () => number;
  /** Between two looks at the ledger, in milliseconds. */
  readonly periodMs: number;
  /** Looks between two beats. */
  readonly beatEvery: number;
};

export const EVENT_TERMS = { periodMs: 1_000, beatEvery: 5 } as const;

/** A tab has one stream; more of one session is a page that leaks them. */
const OF_ONE = 8;
const OF_ALL = 1_000;
/** Whoever reads so slowly comes back and goes on where they were. */
const BUFFERED_BYTES = 1 << 20;

type Stream = {
  readonly session: string;
  readonly end: (because: "signed-out" | "stopping") => void;
};

/** `GET /api/v1/events`. A stream ends with the session that opened it. */
export function eventRoutes(app: FastifyInstance, terms: EventTerms): void {
  const feed = openFeed({
    ...terms,
    onFailure: (because) => app.log.error(`events wait for the ledger: ${because}`),
  });
  const streams = new Set<Stream>();
  app.addHook("preClose", () => {
    feed.close();
    for (const stream of [...streams]) stream.end("stopping");
  });
  app.get(events.path, async (request, reply) => {
    const actor = await terms.authenticate(request);
    const barred = barredFrom(events, actor);
    if (barred !== null) return refuse(reply, barred);
    if (actor.kind !== "person") throw new Error("invariant broken: a session without a person");
    const query = events.query.safeParse(request.query ?? {});
    if (!query.success) return refuse(reply, invalid(query.error));
    const last = lastEventId(request) ?? query.data.after ?? (await ledgerSize(terms.store.db)) - 1;
    // From the count to the stream nothing waits, so that many at once are counted one by one.
    const own = [...streams].filter(({ session }) => session === actor.session).length;
    if (own >= OF_ONE || streams.size >= OF_ALL) return refuse(reply, TOO_MANY);
    reply.hijack();
    open({ terms, feed, streams }, { request, reply, session: actor.session, last });
    return reply;
  });
}

const TOO_MANY = {
  code: "TOO_MANY_REQUESTS",
  message: "too many pages are listening already",
  help: "close some of them",
} as const;

/** What a browser sends when it comes back; anything else is none. */
function lastEventId(request: FastifyRequest): number | null {
  const given = request.headers["last-event-id"];
  return typeof given === "string" && /^[0-9]{1,15}$/.test(given) ? Number(given) : null;
}

type Around = { readonly terms: EventTerms; readonly feed: Feed; readonly streams: Set<Stream> };
type Opened = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: string;
  readonly last: number;
};

function open({ terms, feed, streams }: Around, { request, reply, session, last }: Opened): void {
  const { raw } = reply;
  let turns = 0;
  let published = -1;
  let telling: Promise<void> = Promise.resolve();
  const send = (event: LiveEvent, id: number | null = null) => {
    const line = `event: ${event.kind}\ndata: ${JSON.stringify(event)}\n`;
    raw.write(id === null ? `${line}\n` : `id: ${id}\n${line}\n`);
  };
  const close = () => {
    stop();
    streams.delete(stream);
    raw.end();
  };
  const stream: Stream = {
    session,
    end: (because) => {
      send({ kind: "end", because });
      close();
    },
  };
  const tell = async (news: News): Promise<void> => {
    const beats = turns++ % terms.beatEvery === 0;
    const said = eventsOf(news);
    if (!beats && said.length === 0 && news.published === published) return;
    // Before every word: a session that was ended hears nothing of what happened since.
    const actor = await terms.authenticate(request);
    if (!streams.has(stream)) return;
    if (actor.kind !== "person" || actor.session !== session) return stream.end("signed-out");
    for (const event of said) send(event, event.index);
    if (news.published !== published) send({ kind: "published", size: news.published });
    published = news.published;
    if (beats) send({ kind: "beat", at: terms.now() });
    if (raw.writableLength > BUFFERED_BYTES) close();
  };
  const stop = feed.follow({
    last,
    tell: (news) => {
      // In their order; what cannot be told ends the stream, and the browser comes back.
      telling = telling
        .then(() => tell(news))
        .catch((error: unknown) => {
          request.log.error(error);
          close();
        });
    },
  });
  streams.add(stream);
  raw.on("close", close);
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.setHeader("content-type", "text/event-stream; charset=utf-8");
  // Kept open for another request, it would keep a server that stops for as long as that may take.
  raw.setHeader("connection", "close");
  // A proxy that gathers output would hold back what happens.
  raw.setHeader("x-accel-buffering", "no");
  raw.write("retry: 2000\n\n");
  send({ kind: "beat", at: terms.now() }, last < 0 ? null : last);
}

type Indexed = Extract<LiveEvent, { readonly index: number }>;

function eventsOf({ happened, skipped, last }: News): readonly Indexed[] {
  if (skipped) return [{ kind: "restart", index: Math.max(0, last) }];
  return happened.map(eventOf);
}

function eventOf(one: Happened): Indexed {
  const { index, at } = one;
  if (one.kind === "rollout") return { kind: "rolled", index, at, rollout: one.rollout };
  if (one.kind === "run") return { kind: "ran", index, at, run: one.run };
  return one.kind === "decision"
    ? { kind: "judged", index, at, change: one.change }
    : { kind: "signed", index, at, change: one.change, signed: one.as, person: one.person };
}
