// SPDX-License-Identifier: Apache-2.0
import { endorsementChallenge, isOfText, NONCE_LENGTH } from "@interlock/core";
import { sha256Hex, utf8 } from "@interlock/digest";
import {
  controlPlaneApi,
  type PersonShown,
  type ProposalShown,
  peopleApi,
} from "@interlock/protocol";
import { fromBase64url, toBase64url } from "@interlock/receipt";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense } from "react";
import { useAct } from "../api/act.ts";
import { call, type Failure, type Outcome } from "../api/call.ts";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { listed, utc } from "../parts/short.ts";
import { ShortId } from "../parts/short-id.tsx";
import { Refused, Show } from "../parts/states.tsx";
import { useNow, When } from "../parts/when.tsx";
import { signWithPasskey } from "../passkey/sign.ts";
import {
  barredBecause,
  effectsOf,
  endorseLabel,
  mayWithdraw,
  missingOf,
  nameOf,
  titleOf,
  waitsForKey,
  whoCan,
} from "../people/words.ts";
import { useMe } from "../shell/session.ts";

const TextDiff = lazy(() =>
  import("../control-plane/text-diff.tsx").then((module) => ({ default: module.TextDiff })),
);

const PlanText = lazy(() =>
  import("../unwinds/plan-text.tsx").then((module) => ({ default: module.PlanText })),
);

const route = getRouteApi("/shell/proposals/$proposal");
const EVERY_MS = 5_000;

/** One proposal: what it does, who has to agree, and the passkey that agrees. */
export function ProposalPage() {
  const { proposal: id } = route.useParams();
  const params = { proposal: id };
  const proposal = useLoaded(peopleApi.proposal, { params }, { everyMs: EVERY_MS });
  const people = useLoaded(peopleApi.people, {});
  return (
    <Show of={people} what="the people">
      {({ people: list }) => (
        <Show of={proposal} what="the proposal">
          {(shown) => (
            <Page title={sentence(titleOf(shown, list))} lead={`“${shown.reason}”`}>
              <Proposal proposal={shown} people={list} />
            </Page>
          )}
        </Show>
      )}
    </Show>
  );
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

type Shown = { readonly proposal: ProposalShown; readonly people: readonly PersonShown[] };

function Proposal({ proposal, people }: Shown) {
  const now = useNow();
  const able = whoCan(proposal, people, now);
  return (
    <>
      <section className="section" aria-labelledby="standing">
        <h2 id="standing">Where it stands</h2>
        <dl className="facts">
          <dt>State</dt>
          <dd>{STATES[proposal.state]}</dd>
          <dt>Proposed by</dt>
          <dd>
            {nameOf(people, proposal.by)}, <When at={proposal.at} />
          </dd>
          <dt>Endorsed by</dt>
          <dd>
            {proposal.endorsedBy.length === 0
              ? "nobody yet"
              : listed(proposal.endorsedBy.map((id) => nameOf(people, id)))}
          </dd>
          {proposal.state === "open" && (
            <>
              <dt>Still missing</dt>
              <dd>
                {waitsForKey(proposal) && "a passkey, registered with the link; then "}
                {missingOf(proposal, people)} by{" "}
                {able.length === 0 ? "somebody whose passkey is past its cool-down" : either(able)}
              </dd>
              <dt>Ends</dt>
              <dd>
                <When at={proposal.expiresAt} />
              </dd>
            </>
          )}
        </dl>
      </section>
      <section className="section" aria-labelledby="effects">
        <h2 id="effects">What it does</h2>
        <ul className="effects">
          {effectsOf(proposal, people).map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
        {isOfText(proposal.kind) && <Description proposal={proposal} />}
        {proposal.keys.length > 0 && <Keys proposal={proposal} people={people} />}
      </section>
      <Endorse proposal={proposal} people={people} />
    </>
  );
}

/** The text that is signed, read from the server and held to the digest that the passkey signs. */
function Description({ proposal: { proposal, described, kind, state } }: Pick<Shown, "proposal">) {
  const text = useLoaded(controlPlaneApi.proposedDescription, { params: { proposal } });
  return (
    <Show of={text} what="the text">
      {(loaded) =>
        isText(loaded.text, described) ? (
          <>
            <p>
              SHA-256 of the text: <ShortId id={loaded.digest} what="the digest of the text" />
            </p>
            {kind === "unwind" && state === "done" && (
              <p>
                Enough people have signed it:{" "}
                <Link to="/unwinds/$plan" params={{ plan: loaded.digest }}>
                  begin it, or see how it goes
                </Link>
              </p>
            )}
            <Suspense fallback={<p className="muted">comparing …</p>}>
              {kind === "unwind" ? (
                <PlanText text={loaded.text} />
              ) : kind === "baseline" ? (
                <pre className="note">{loaded.text}</pre>
              ) : (
                <WholeText text={loaded.text} />
              )}
            </Suspense>
          </>
        ) : (
          <Refused failure={DIFFERS} />
        )
      }
    </Show>
  );
}

function WholeText({ text }: { readonly text: string }) {
  return (
    <>
      <TextDiff text={text} />
      <h3>All of it</h3>
      <pre className="note">{text}</pre>
    </>
  );
}

const isText = (text: string, digest: string | null | undefined): boolean =>
  sha256Hex(utf8(text)) === digest;

const EITHER = new Intl.ListFormat("en-GB", { type: "disjunction" });
const either = (names: readonly string[]): string => EITHER.format(names);

const STATES: Readonly<Record<ProposalShown["state"], ReactNode>> = {
  open: <Badge meaning="person">open</Badge>,
  done: <Badge meaning="done">carried out</Badge>,
  withdrawn: <Badge meaning="neutral">withdrawn</Badge>,
};

function Keys({ proposal }: Shown) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Passkey that it enrols</th>
            <th scope="col">SHA-256 of its public key</th>
          </tr>
        </thead>
        <tbody>
          {proposal.keys.map(({ credential, keyDigest }) => (
            <tr key={credential}>
              <td>
                <ShortId id={credential} what="the id of the passkey" />
              </td>
              <td>
                <ShortId id={keyDigest} what="the digest of the public key" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Endorse({ proposal, people }: Shown) {
  const me = useMe();
  const forget = useForget();
  const [act, start] = useAct<unknown>();
  const refresh = () => forget(peopleApi.proposal, peopleApi.proposals, peopleApi.people);
  const params = { proposal: proposal.proposal };
  const run = async (what: () => Promise<Outcome<unknown>>) => {
    const outcome = await start(what);
    if (outcome?.ok === true) await refresh();
  };
  const now = useNow();
  const { usableFrom } = me;
  const because =
    usableFrom !== null && usableFrom > now
      ? `the passkey that you signed in with is in its cool-down until ${utc(usableFrom)}`
      : barredBecause(proposal, me.person);
  const own = mayWithdraw(proposal, me.person);
  if (proposal.state !== "open") return null;
  return (
    <section className="proposal" aria-label="your part">
      {because === null ? (
        <>
          <p>Your passkey signs all of this page. It goes into the ledger with your name.</p>
          <button
            type="button"
            className="primary"
            onClick={() => void run(() => endorse(proposal, me.person))}
            aria-disabled={act.kind === "pending"}
          >
            <Icon name="key" />
            {act.kind === "pending"
              ? "Pending: waiting for your passkey and the ledger …"
              : endorseLabel(proposal, people, me.person)}
          </button>
        </>
      ) : (
        <p>You cannot endorse it: {because}.</p>
      )}
      {own && (
        <button
          type="button"
          onClick={() => void run(() => call(peopleApi.withdrawProposal, { params }))}
        >
          Withdraw: nothing of it happens
        </button>
      )}
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </section>
  );
}

/**
 * Signs what is shown and nothing else: the challenge is made again from it, in this browser, and has
 * to be the one that the server asks to be signed (WA14, WA17).
 */
async function endorse(shown: ProposalShown, endorser: string): Promise<Outcome<ProposalShown>> {
  const params = { proposal: shown.proposal };
  if (isOfText(shown.kind)) {
    const text = await call(controlPlaneApi.proposedDescription, { params });
    if (!text.ok) return text;
    if (!isText(text.value.text, shown.described)) return { ok: false, failure: DIFFERS };
  }
  const options = await call(peopleApi.endorsementOptions, { params });
  if (!options.ok) return options;
  if (options.value.publicKey.challenge !== challengeOf(shown, endorser, options.value.nonce))
    return { ok: false, failure: DIFFERS };
  const signed = await signWithPasskey(options.value);
  if (!signed.ok) return signed;
  return await call(peopleApi.endorse, { params, body: signed.value });
}

function challengeOf(shown: ProposalShown, endorser: string, given: string): string | null {
  const nonce = fromBase64url(given);
  if (nonce?.length !== NONCE_LENGTH) return null;
  const { origin: product, host } = window.location;
  const ledger = `${host}/log`;
  return toBase64url(endorsementChallenge(shown, { product, ledger, endorser, nonce }));
}

const DIFFERS: Failure = {
  code: "OUT_OF_ORDER",
  message: "the server asks to sign something else than this page shows",
  help: "read it again: a passkey may have been added since; if it stays so, tell whoever runs the server",
};
