// SPDX-License-Identifier: Apache-2.0
/** From settings to a guard that listens. */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { Server } from "node:http";
import { GateError } from "@interlock/core";
import { readText } from "../files/read.ts";
import { pendingRecords } from "../hook/away.ts";
import { importPending } from "../hook/import.ts";
import { readToken } from "../settings/token.ts";
import { observer } from "./caller.ts";
import { etcdEngine } from "./etcd/engine.ts";
import { type GateFiles, gateFilesOf, type PolicySource } from "./gate-files.ts";
import { httpEngine } from "./http/engine.ts";
import { openJournal, unfinished } from "./journal.ts";
import { type JudgeTerms, judge } from "./judge.ts";
import type { Engine } from "./plan.ts";
import { guardServer } from "./serve.ts";
import { DEFAULTS, type Settings } from "./settings.ts";
import { type Upstream, upstreamOf } from "./upstream.ts";

export type Guard = {
  readonly server: Server;
  readonly close: () => Promise<void>;
};

/** How often what landed while the server was away is brought to it. */
const IMPORT_MS = 15_000;
const IMPORTED_AT_ONCE = 20;
const STATE_MODE = 0o700;

/** Opens the state of a guard and makes its server; it does not listen yet. Throws `GateError`. */
export function openGuard(settings: Settings, say: (line: string) => void): Guard {
  const { state, listen } = settings;
  mkdirSync(state, { recursive: true, mode: STATE_MODE });
  for (const title of unfinished(state))
    say(`ALARM: it is not known what came of \`${title}\`: the guard was ended meanwhile`);
  const journal = openJournal(state);
  const upstream = upstreamFrom(settings);
  const policy = gateFilesOf(policyOf(settings));
  const terms = judgeTerms(settings, policy, say);
  const server = guardServer({
    ...{ engine: engineOf(settings, upstream), upstream, journal, state, say },
    observe: observer(settings),
    judge: (plan, asker) => judge(plan, asker, terms),
    bodyMax: settings.bodyMax ?? DEFAULTS.bodyMax,
    waitMaxS: settings.waitMaxSeconds ?? DEFAULTS.waitMaxSeconds,
    tls:
      listen.cert === undefined || listen.key === undefined
        ? null
        : {
            ...{ cert: readText(listen.cert), key: readText(listen.key) },
            ...(listen.clientCa === undefined ? {} : { clientCa: readText(listen.clientCa) }),
          },
  });
  const importing = setInterval(() => bring(terms), IMPORT_MS);
  return {
    server,
    close: async () => {
      clearInterval(importing);
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
      upstream.close();
      policy.close();
    },
  };
}

function upstreamFrom({ upstream, caller, timeoutMs = DEFAULTS.timeoutMs }: Settings): Upstream {
  const { url, authorizationFile, ca, cert, key } = upstream;
  return upstreamOf({
    ...{ url: new URL(url), timeoutMs },
    drop: caller.header === undefined ? [] : [caller.header],
    tls: {
      ...(ca === undefined ? {} : { ca: readText(ca) }),
      ...(cert === undefined ? {} : { cert: readText(cert) }),
      ...(key === undefined ? {} : { key: readText(key) }),
    },
    authorization: authorizationFile === undefined ? null : readText(authorizationFile).trim(),
  });
}

function engineOf(settings: Settings, upstream: Upstream): Engine {
  const { kind, formats = [], rules = [], leases = false, keysMax = DEFAULTS.keysMax } = settings;
  return kind === "etcd"
    ? etcdEngine({ upstream, formats, leases, keysMax })
    : httpEngine({ upstream, rules, formats });
}

function judgeTerms(
  settings: Settings,
  policy: GateFiles,
  say: (line: string) => void,
): JudgeTerms {
  const { name, state, server, tokenFile, tier, allowIfDown } = settings;
  return {
    ...{ name, state, server, tier, say, policy },
    token: readToken(tokenFile),
    timeoutMs: settings.timeoutMs ?? DEFAULTS.timeoutMs,
    narrowed:
      allowIfDown === undefined
        ? null
        : { tiers: allowIfDown, saidBy: "`allowIfDown` of this guard" },
  };
}

function policyOf({ policy: { folder, repository, ref } }: Settings): PolicySource {
  if (folder !== undefined) return { folder };
  if (repository !== undefined && ref !== undefined) return { repository, ref };
  throw new GateError("INPUT_INVALID", "`policy` names nothing", "see docs/operate/guard.md");
}

/** What is not brought now is brought later; each record is one entry, however often. */
function bring({ state, server, token, timeoutMs, say }: JudgeTerms): void {
  if (pendingRecords(state).length === 0) return;
  importPending(state, { server, token, timeoutMs }, { records: IMPORTED_AT_ONCE }).then(
    ({ imported }) => {
      for (const { target, index } of imported)
        say(`what went on at ${target} while the server was away is entry ${index}`);
    },
    (error: unknown) => say(`records wait: ${error instanceof Error ? error.message : error}`),
  );
}
