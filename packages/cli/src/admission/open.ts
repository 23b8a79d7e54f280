// SPDX-License-Identifier: Apache-2.0
/** From settings to a webhook that listens. */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import { GateError } from "@interlock/core";
import { readText } from "../files/read.ts";
import { readToken } from "../settings/token.ts";
import { type Feed, openFeed } from "./feed.ts";
import { openJournal } from "./journal.ts";
import { admissionServer } from "./serve.ts";
import { DEFAULTS, type Settings } from "./settings.ts";

export type Admission = {
  readonly server: Server;
  readonly feed: Feed;
  readonly close: () => Promise<void>;
};

/** Certificates are renewed in place, by whoever issues them. */
const CERTIFICATE_MS = 10_000;
const STATE_MODE = 0o700;

/** Opens the state and makes the server; it does not listen yet. Throws `GateError`. */
export async function openAdmission(
  settings: Settings,
  say: (line: string) => void,
): Promise<Admission> {
  const { state, server: url, listen, timeoutMs = DEFAULTS.timeoutMs } = settings;
  mkdirSync(state, { recursive: true, mode: STATE_MODE });
  const tls = pairOf(settings);
  const remote = {
    ...{ server: url.replace(/\/+$/, ""), secret: readToken(settings.tokenFile), timeoutMs },
  };
  const now = () => Date.now();
  const feed = openFeed({ remote, state, now, ref: settings.ref, manifests: settings.manifests });
  const journal = await openJournal(state);
  const ca = listen.clientCa === undefined ? {} : { ca: readText(listen.clientCa) };
  const server = admissionServer({ settings, feed, journal, now, say, tls: { ...tls, ...ca } });
  const stops = [following(feed, settings, say), renewing(server, { settings, tls, ca, say })];
  return {
    ...{ server, feed },
    close: async () => {
      for (const stop of stops) stop();
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
      await journal.close();
    },
  };
}

type Pair = { readonly cert: string; readonly key: string };

/** Throws `GateError` where they are no certificate and its key. */
function pairOf({ listen }: Settings): Pair {
  const pair = { cert: readText(listen.cert), key: readText(listen.key) };
  try {
    createSecureContext(pair);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GateError(
      "INPUT_INVALID",
      `\`${listen.cert}\` and \`${listen.key}\` are no certificate with its key: ${why}`,
      "give both as PEM",
    );
  }
  return pair;
}

/** Asks the server again and again; says when that begins to fail, and when it is over. */
function following(feed: Feed, settings: Settings, say: (line: string) => void): () => void {
  let said: string | null = null;
  const unknown = new Set<string>();
  const ask = async (): Promise<void> => {
    const why = await feed.refresh();
    if (why !== null && said === null) say(`the server is away: ${why}`);
    if (why === null && said !== null) say("the server answers again");
    said = why;
    for (const { path, says } of feed.allowed().unknown) {
      const line = `of \`${path}\` it is not known what it holds: ${says}`;
      if (!unknown.has(line)) say(line);
      unknown.add(line);
    }
  };
  const asking = (): void => {
    ask().catch((error: unknown) => say(`what was allowed cannot be kept: ${String(error)}`));
  };
  asking();
  const timer = setInterval(asking, (settings.pollSeconds ?? DEFAULTS.pollSeconds) * 1_000);
  return () => clearInterval(timer);
}

type Renewing = {
  readonly settings: Settings;
  readonly tls: Pair;
  readonly ca: { readonly ca?: string };
  readonly say: (line: string) => void;
};

/** A new certificate is used from the next connection on; one that does not fit is not used. */
function renewing(server: Server, { settings, tls, ca, say }: Renewing): () => void {
  let used = tls;
  const timer = setInterval(() => {
    try {
      const pair = pairOf(settings);
      if (pair.cert === used.cert && pair.key === used.key) return;
      server.setSecureContext({ ...pair, ...ca, minVersion: "TLSv1.2" });
      used = pair;
      say("the certificate was renewed");
    } catch (error) {
      say(`the certificate cannot be renewed: ${error instanceof Error ? error.message : error}`);
    }
  }, CERTIFICATE_MS);
  return () => clearInterval(timer);
}
