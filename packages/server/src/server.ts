// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GateError, TEXT_FORMS } from "@interlock/core";
import { openStore, readSite, type Store } from "@interlock/store";
import { formatVerifierKey } from "@interlock/tlog";
import type { FastifyInstance } from "fastify";
import { admissionRoutes } from "./admission/routes.ts";
import { CONTENTS_QUOTA, type ContentsQuota, removeStaleContents } from "./changes/quota.ts";
import { changeRoutes } from "./changes/routes.ts";
import { replayRoutes } from "./controlplane/replays.ts";
import { startControlPlane } from "./controlplane/starting.ts";
import { dataRoutes } from "./data/routes.ts";
import { draftRoutes } from "./drafts/routes.ts";
import { emergencyRoutes } from "./emergency/routes.ts";
import { EVENT_TERMS, eventRoutes } from "./events/routes.ts";
import { type ExceptionsBook, exceptionsBook } from "./exceptions/book.ts";
import { exceptionRoutes } from "./exceptions/routes.ts";
import { githubTeams } from "./forge/github/teams.ts";
import { type ForgesTerms, openForges } from "./forge/opening.ts";
import { type Gate, openGate } from "./gate/gate.ts";
import { type Hearing, openHearing } from "./gate/hearing.ts";
import { siteOf } from "./gate/verified.ts";
import { httpApp } from "./http/app.ts";
import type { Answer, Refusal } from "./http/bind.ts";
import { consoleRoutes, readConsole } from "./http/console.ts";
import { healthRoutes } from "./http/health.ts";
import { openOnce } from "./http/once.ts";
import { apiRoutes } from "./http/openapi.ts";
import { type IdentitySettings, withForgeTeams } from "./identity/settings.ts";
import { ledgerApiRoutes } from "./ledger/api.ts";
import type { LedgerFailure } from "./ledger/failure.ts";
import { headFile } from "./ledger/head.ts";
import { type Ledger, openLedger } from "./ledger/ledger.ts";
import { openLogKey, readLogKey } from "./ledger/log-key.ts";
import { openProving } from "./ledger/proving.ts";
import { logRoutes } from "./ledger/routes.ts";
import { trustPolicy, type WitnessQuorum } from "./ledger/trust.ts";
import type { WitnessAt } from "./ledger/witnesses.ts";
import { openTelling, type TellingTerms } from "./notices/telling.ts";
import { type PeopleBook, peopleBook } from "./people/book.ts";
import { setUpSecret } from "./people/founding.ts";
import { keyBook } from "./people/key-book.ts";
import { openPeople, type PeopleOfServer } from "./people/people.ts";
import { type Alert, COOLDOWN_MS } from "./people/terms.ts";
import { refRoutes } from "./refs/routes.ts";
import { runRoutes } from "./runs/routes.ts";

export type ServerTerms = {
  /** Holds the log's key, what was signed last, and the embedded database. */
  readonly data: string;
  /** The log's key, which has to be there; by default one in the data folder, made by the first start. */
  readonly logKey?: string;
  /** A Postgres server in place of the embedded one. */
  readonly databaseUrl: string | null;
  readonly host: string;
  /** 0: any free one; then the origin has to be named. */
  readonly port: number;
  /** What people type into their browser; `null`: `http://localhost:PORT`. */
  readonly origin: string | null;
  readonly witnesses: readonly WitnessAt[];
  /** How many of them the server's trust policy asks for; `majority` by default. */
  readonly quorum?: WitnessQuorum;
  /** Folder of the built web console; `null` serves none. */
  readonly console: string | null;
  /** Which identity from outside counts. */
  readonly identity: IdentitySettings;
  readonly log: boolean;
  readonly now: () => number;
  /** Told of what a person has to look at. */
  readonly onTrouble: (trouble: LedgerFailure | Alert) => void;
  /** How much of what changes are made of is kept; as `CONTENTS_QUOTA` by default. */
  readonly contents?: ContentsQuota;
  /** Forges to judge for; none otherwise. */
  readonly forges?: ForgesTerms;
  /** Who is told of what happens; nobody otherwise. */
  readonly notices?: Pick<TellingTerms, "receivers" | "onTrouble">;
};

export type RunningServer = {
  readonly origin: string;
  /** Verifier key of the log, for trust policies. */
  readonly verifierKey: string;
  /** Opens the set-up in a browser; `null` once the organisation is founded. */
  readonly setUpLink: string | null;
  /** Answers what came in, publishes what is durable, and stops. */
  readonly close: () => Promise<void>;
};

/** How often a checkpoint is published while entries come in. */
const PERIOD_MS = 100;
/** How often receivers of notices are told. */
const TELLING_MS = 2_000;
/** The embedded database has nobody else who tidies up. */
const UPKEEP_MS = 3_600_000;

/** Starts a server: store, ledger, people, gate, HTTP; or says what stands in the way. */
export async function startServer(terms: ServerTerms): Promise<Answer<RunningServer>> {
  const unusable = unusableIn(terms);
  if (unusable !== null) return { ok: false, failure: unusable };
  const identity = withForgeTeams(terms.identity, githubTeams(terms.forges?.github));
  if (!identity.ok) return identity;
  const place =
    terms.databaseUrl === null
      ? { directory: join(terms.data, "database") }
      : { url: terms.databaseUrl };
  const opened = await openStore(place, { now: terms.now });
  if (!opened.ok) return opened;
  const store = opened.value;
  const open: (() => Promise<unknown>)[] = [() => store.close()];
  const shut = async () => {
    for (const close of open.splice(0).reverse()) await close();
  };
  try {
    const started = await startOn(store, { ...terms, identity: identity.value }, open);
    if (!started.ok) await shut();
    return started.ok ? { ok: true, value: { ...started.value, close: shut } } : started;
  } catch (error) {
    await shut();
    const failure = whyNotStarted(error, terms);
    if (failure === null) throw error;
    return { ok: false, failure };
  }
}

/** What can be told of the settings before anything is opened, or `null`. */
function unusableIn({ origin, data }: ServerTerms): Refusal | null {
  if (origin !== null && !TEXT_FORMS.origin.pattern.test(origin))
    return {
      code: "INPUT_INVALID",
      message: `\`${origin}\` is no origin`,
      help: "name one such as `https://interlock.example.com`, without a path",
    };
  try {
    makeFolder(resolve(data));
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return {
      code: "OUTPUT_UNWRITABLE",
      message: `the data folder \`${data}\` cannot be used: ${error.message}`,
      help: "name a folder that may be written with `--data`",
    };
  }
}

/** One by one: where a folder refuses without saying why, such as in `/proc`, Node's own way never ends. */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new Error("it is a file");
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Failures of the surroundings; `null`: a bug of ours. */
function whyNotStarted(error: unknown, { host, port }: ServerTerms): Refusal | null {
  if (error instanceof GateError)
    return { code: error.code, message: error.message, help: error.help };
  if (!(error instanceof Error) || !("syscall" in error)) return null;
  if (error.syscall === "listen")
    return {
      code: "OUTPUT_UNWRITABLE",
      message: `cannot listen on ${host}:${port}: ${error.message}`,
      help: "name another address with `--listen`, or stop what listens there",
    };
  return {
    code: "OUTPUT_UNWRITABLE",
    message: error.message,
    help: "make the data folder readable and writable for the server",
  };
}

async function startOn(
  store: Store,
  terms: ServerTerms,
  open: (() => Promise<unknown>)[],
): Promise<Answer<Omit<RunningServer, "close">>> {
  const { now, onTrouble } = terms;
  const site = await readSite(store.db);
  const origin = terms.origin ?? site?.origin ?? `http://localhost:${terms.port}`;
  const ledgerName = `${new URL(origin).host}/log`;
  const key =
    terms.logKey === undefined
      ? openLogKey(join(terms.data, "log-key.pem"), ledgerName)
      : readLogKey(terms.logKey, ledgerName);
  const ledger = openLedger({
    ...{ store, key, now, witnesses: terms.witnesses, periodMs: PERIOD_MS, fetch },
    memory: headFile(join(terms.data, "log-head")),
    onFailure: onTrouble,
  });
  open.push(() => ledger.close());
  const unproven = (entry: { readonly index: number; readonly says: string }) =>
    onTrouble({ kind: "entry-unproven", ...entry });
  const book = peopleBook(store, unproven);
  const people = await openPeople({
    ...{ store, ledger, book, ledgerName, origin, now, refusedAaguids: [], onAlert: onTrouble },
    ...{ identity: terms.identity, fetch },
    cooldownMs: site?.cooldownMs ?? COOLDOWN_MS,
  });
  if (!people.ok) return people;
  const { superseded: stopped } = store.version;
  const app = httpApp({ origin, log: terms.log, once: openOnce(store, now), stopped });
  open.push(() => app.close());
  const hearing = openHearing(unproven);
  const exceptions = exceptionsBook(store, book, unproven);
  const policy = trustPolicy(key.verifier, terms.witnesses, terms.quorum ?? "majority");
  const { identity } = terms;
  const own = { store, ledger, book, hearing, exceptions, identity };
  const contents = terms.contents ?? CONTENTS_QUOTA;
  const gate = wire(app, { ...own, people: people.value, origin, now, policy, contents });
  if (terms.console !== null) consoleRoutes(app, readConsole(terms.console));
  if (terms.forges !== undefined) {
    const proving = openProving({ store, ledger, policy, now });
    const around = { store, ledger, book, identity, gate, proving, origin, now, data: terms.data };
    const forge = await openForges(terms.forges, around);
    forge.routes(app);
    open.push(() => forge.close());
  }
  const { authenticate } = people.value;
  const around = { store, ledger, book, hearing, exceptions, now, identity, onTrouble };
  open.push(await startControlPlane(app, { ...around, authenticate }));
  await app.listen({ host: terms.host, port: terms.port });
  open.push(keepTidy(store, contents, now));
  if (terms.notices !== undefined) {
    const telling = openTelling({
      ...{ store, origin, now, fetch, periodMs: TELLING_MS, ...terms.notices },
    });
    open.push(() => telling.close());
  }
  const secret = site === null ? await setUpSecret(store, now) : null;
  return {
    ok: true,
    value: {
      ...{ origin, verifierKey: formatVerifierKey(key.verifier) },
      setUpLink: secret?.ok === true ? `${origin}/setup#${secret.value.secret}` : null,
    },
  };
}

function keepTidy(store: Store, contents: ContentsQuota, now: () => number): () => Promise<void> {
  const upkeep = setInterval(
    () => void removeStaleContents(store, contents, now).finally(() => store.upkeep()),
    UPKEEP_MS,
  );
  upkeep.unref();
  return async () => clearInterval(upkeep);
}

type Wired = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly book: PeopleBook;
  readonly hearing: Hearing;
  readonly exceptions: ExceptionsBook;
  readonly people: PeopleOfServer;
  readonly origin: string;
  readonly identity: IdentitySettings;
  readonly now: () => number;
  readonly policy: string;
  readonly contents: ContentsQuota;
};

function wire(app: FastifyInstance, wired: Wired): Gate {
  const { store, ledger, book, hearing, exceptions, people, origin, identity, now } = wired;
  const { policy, contents } = wired;
  const { authenticate } = people;
  const siteNow = async () => siteOf(await book.at(store.db));
  const counts = healthRoutes(app, { store, ledger });
  const gate = openGate({
    ...{ store, ledger, book, hearing, exceptions, identity, origin, now },
    decided: counts.decided,
  });
  changeRoutes(app, authenticate, {
    ...{ store, ledger, gate, now, book, hearing, exceptions, contents },
    keys: keyBook({ book, refusedAaguids: [] }),
    site: siteNow,
  });
  ledgerApiRoutes(app, authenticate, { store, now, policy, site: siteNow });
  eventRoutes(app, { store, authenticate, now, ...EVENT_TERMS });
  exceptionRoutes(app, authenticate, { store, ledger, book, hearing, now, exceptions });
  emergencyRoutes(app, authenticate, { store, ledger, book, hearing, now, policy });
  runRoutes(app, authenticate, { store, ledger, book, hearing, now });
  dataRoutes(app, authenticate, { store, ledger, book, hearing, now });
  replayRoutes(app, authenticate, { store, ledger, book, hearing, now });
  refRoutes(app, authenticate, { store, ledger, now });
  admissionRoutes(app, authenticate, store);
  draftRoutes(app, authenticate, { store, now });
  people.routes(app);
  logRoutes(app, store.db);
  apiRoutes(app);
  return gate;
}
