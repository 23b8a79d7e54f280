/** A server that judges for a stand-in of a forge, in the process of the test. */
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { isDigest } from "@interlock/digest";
import {
  exceptionsBook,
  headFile,
  httpApp,
  type IdentitySettings,
  type Ledger,
  logKey,
  NO_IDENTITY,
  openGate,
  type openGithub,
  openHearing,
  openLedger,
  openProving,
  type PeopleBook,
  peopleBook,
  prepare,
  type Report,
  trustPolicy,
} from "@interlock/server";
import { entriesOfKindsAbout, type Store, subjectsOf } from "@interlock/store";
import { type EngineUnderTest, statementWith, storesToLend } from "@interlock/testkit";
import { afterAll, expect, onTestFinished } from "vitest";
import { gather } from "../src/forge/gather.ts";
import { checkReport } from "../src/forge/report.ts";
import { START } from "./pushing.ts";
import { type Files, folder } from "./scratch.ts";

const person = (forge: string) => (p: string) =>
  `  - { id: ${p}, accounts: [${p}@example.com, "${forge}:${p}"], teams: [payments] }`;

/** A repository whose people have accounts on a forge. */
export const filesFor = (forge: string): Files => ({
  ...START,
  "interlock/people.yaml": `persons:\n${["ana", "bo", "cy", "dee"].map(person(forge)).join("\n")}\n`,
});

export const ORIGIN = "https://interlock.example.com";

type Around = Parameters<typeof openGithub>[0];
type Forge = Awaited<ReturnType<typeof openGithub>>;

export type ForgeServer = {
  readonly app: ReturnType<typeof httpApp>;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly book: PeopleBook;
  /** What was told to whoever runs the server. */
  readonly trouble: string[];
  /** Whether the witnesses are away. */
  readonly lacking: { witnesses: boolean };
  /** Folder of the first server's mirrors. */
  readonly mirrors: string;
  /** Until nothing is to be done any more. */
  readonly settled: () => Promise<void>;
  /** Starts another server on the same database, with a mirror of its own. */
  readonly second: () => Promise<void>;
};

export type ForgeServerTerms = {
  readonly open: (around: Around) => Promise<Forge>;
  /** Changes what is shown. */
  readonly shown?: ((report: Report) => Report) | undefined;
  /** Says why nothing can be gathered; `null`: it can. */
  readonly unread?: (() => string | null) | undefined;
  /** Teams that are read from the forge. */
  readonly forgeTeams?: IdentitySettings["forgeTeams"];
  /** Whom the ledger knows. */
  readonly persons?: readonly { readonly id: string; readonly accounts: readonly string[] }[];
  /** Asserts what must hold when the test ends. */
  readonly ended: () => void;
};

const lenders = new Map<string, ReturnType<typeof storesToLend>>();
afterAll(async () => {
  for (const { close } of lenders.values()) await close();
});

function lenderOf(engine: EngineUnderTest) {
  const lender = lenders.get(engine.name) ?? storesToLend(engine);
  lenders.set(engine.name, lender);
  return lender;
}

export async function forgeServer(
  engine: EngineUnderTest,
  { open, shown, unread, forgeTeams = [], persons = [], ended }: ForgeServerTerms,
): Promise<ForgeServer> {
  const { store, giveBack } = await lenderOf(engine).lend();
  const data = folder();
  const key = logKey(generateKeyPairSync("ed25519").privateKey, "interlock.example.com/log");
  const ledger = openLedger({
    ...{ store, key, memory: headFile(join(data, "head")), witnesses: [], periodMs: 20 },
    now: Date.now,
    fetch: () => Promise.reject(new Error("there is no witness")),
    onFailure: (failure) => {
      throw new Error(failure.message);
    },
  });
  const provisioned = persons.map(({ id, accounts }) => ({
    ...{ person: id, name: id, active: true, accounts: [...accounts] },
    ...{ user: id, userName: id, token: "token-1", ended: [] },
  }));
  for (const body of provisioned) {
    const entry = prepare({ kind: "provisioned", at: Date.now(), subject: null, body });
    const appended = await ledger.appendSoon([entry]);
    if (appended.kind !== "committed") throw new Error(`not kept: ${appended.kind}`);
  }
  const unproven = () => undefined;
  const book = peopleBook(store, unproven);
  const gate = openGate({
    ...{ store, ledger, now: Date.now, origin: ORIGIN },
    identity: { ...NO_IDENTITY, forgeTeams },
    book,
    exceptions: exceptionsBook(store, book, unproven),
    hearing: openHearing(unproven),
    decided: () => undefined,
  });
  const trouble: string[] = [];
  const lacking = { witnesses: false };
  const policy = trustPolicy(key.verifier, [], "none");
  const proving = openProving({ store, ledger, policy, now: Date.now });
  const start = (mirrors: string) =>
    open({
      ...{ store, ledger, book, gate, now: Date.now, origin: ORIGIN, pollMs: 250 },
      proving: async (index, within) =>
        lacking.witnesses ? "unwitnessed" : await proving(index, within),
      joinPeople: (people) => Promise.resolve(people),
      report: (judged) => (shown ?? ((report) => report))(checkReport(judged)),
      gather: async (request, stop) => {
        const message = unread?.() ?? null;
        if (message === null) return await inProcess(request, stop);
        return { ok: false, failure: { code: "JUDGING_STOPPED", message, help: "mend it" } };
      },
      mirrors: join(data, mirrors),
      onTrouble: (message) => void trouble.push(message),
    });
  const forges = [await start("mirrors")];
  const app = httpApp({ origin: ORIGIN, log: false });
  forges[0]?.routes(app);
  onTestFinished(async () => {
    for (const forge of forges) await forge.close();
    await app.close();
    await ledger.close();
    await giveBack();
    ended();
  });
  const settled = () => noJobs(store);
  await settled();
  return {
    ...{ app, store, ledger, book, trouble, lacking, settled, mirrors: join(data, "mirrors") },
    second: async () => {
      forges.push(await start("mirrors-2"));
    },
  };
}

/** As the child process of the command does it. */
const inProcess: Around["gather"] = async (request) => {
  try {
    return { ok: true, value: await gather(request) };
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    const { code, message, help } = error;
    return { ok: false, failure: { code, message, help } };
  }
};

async function noJobs(store: Store): Promise<void> {
  for (;;) {
    const due = await store.db
      .selectFrom("forge_job")
      .select(["subject", "due_at", "lease"])
      .execute();
    if (!due.some((job) => job.lease !== null || job.due_at <= Date.now())) return;
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** The digest of what a forge's change brings, as it was judged last; `null`: it is none any more. */
export const judgedDigest = async (
  { store }: ForgeServer,
  forge: "github" | "gitlab",
  subject: string,
): Promise<string | null> =>
  (await subjectsOf(store.db, forge, "77")).find((one) => one.subject === subject)?.digest ?? null;

/** How often a content has landed, by the ledger. */
export const landingsOf = async ({ store }: ForgeServer, subject: string): Promise<number> =>
  (await entriesOfKindsAbout(store.db, { subject, kinds: ["landed"], limit: 10 })).length;

/** An entry that an approval stands in the ledger; whether it verifies does not matter to a landing. */
export async function signedAbout({ ledger }: ForgeServer, subject: string | null): Promise<void> {
  if (!isDigest(subject)) throw new Error("nothing was judged");
  const hex = "0".repeat(64);
  const body = {
    ...{ statement: statementWith({ decision: "approve" }), nonce: "A".repeat(43) },
    ...{ clientData: "e30", authenticatorData: "AAAA", signature: "AAAA" },
    ...{ keyDigest: hex, enrolment: hex },
  };
  const entry = prepare({ kind: "approval", at: Date.now(), subject, body });
  const done = await ledger.appendSoon([entry]);
  expect(done.kind).toBe("committed");
}
