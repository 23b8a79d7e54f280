// SPDX-License-Identifier: Apache-2.0
import { utf8 } from "@interlock/digest";
import { type EntryShown, ledgerTrust, showEntry } from "@interlock/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Copy, ShortId } from "../parts/short-id.tsx";
import { Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useKept } from "../shell/kept.ts";
import { Download } from "./download.tsx";
import { receiptOf } from "./receipt.ts";
import { Steps } from "./steps.tsx";
import { verifyEntry } from "./verify.ts";

/** One entry, verified here. */
export function EntryPanel({ index }: { readonly index: number }) {
  const entry = useLoaded(showEntry, { params: { index } }, { steady: true });
  const trust = useLoaded(ledgerTrust, {}, { steady: true });
  return (
    <section className="section entry" aria-labelledby="entry">
      <div className="section-head">
        <h2 id="entry">Entry {index}</h2>
        <Link to="/ledger" search={{}}>
          Close
        </Link>
      </div>
      <Show of={trust} what="the log's keys">
        {({ policy, site }) => (
          <Show of={entry} what="the entry">
            {(shown) => (
              <>
                <About entry={shown} />
                <Verified entry={shown} policy={policy} site={JSON.stringify(site, null, 2)} />
              </>
            )}
          </Show>
        )}
      </Show>
    </section>
  );
}

function About({ entry }: { readonly entry: EntryShown }) {
  return (
    <dl className="facts">
      <dt>Kind</dt>
      <dd>{entry.kind}</dd>
      <dt>Recorded</dt>
      <dd>
        <When at={entry.at} />
      </dd>
      {entry.change !== null && (
        <>
          <dt>Change</dt>
          <dd>
            <Link to="/changes/$id" params={{ id: entry.change }}>
              {entry.subject === null || entry.subject === "" ? entry.change : entry.subject}
            </Link>
          </dd>
        </>
      )}
      {entry.person !== null && (
        <>
          <dt>Signed by</dt>
          <dd>{entry.person}</dd>
        </>
      )}
      <dt>Id</dt>
      <dd>
        <ShortId id={entry.entry} what="the id of the entry" />
      </dd>
      <dt>Says</dt>
      <dd>
        {entry.salt === null ? (
          <Badge meaning="neutral">erased</Badge>
        ) : (
          <details>
            <summary>what the leaf commits to</summary>
            <pre className="note">{JSON.stringify(entry.body, null, 2)}</pre>
          </details>
        )}
      </dd>
    </dl>
  );
}

type Given = { readonly entry: EntryShown; readonly policy: string; readonly site: string };

function Verified({ entry, policy, site }: Given) {
  const [keptPolicy, keepPolicy] = useKept("log-policy");
  const [keptCheckpoint, keepCheckpoint] = useKept("log-checkpoint");
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ["verify", entry.index],
    queryFn: () =>
      verifyEntry({ entry, policy, kept: { policy: keptPolicy, checkpoint: keptCheckpoint } }),
    ...{ staleTime: Number.POSITIVE_INFINITY, gcTime: 0, refetchOnWindowFocus: false },
  });
  const checkpoint = data?.checkpoint ?? null;
  useEffect(() => {
    if (checkpoint === null) return;
    if (keptPolicy === null) keepPolicy(policy);
    keepCheckpoint(checkpoint);
  }, [checkpoint, keptPolicy, policy, keepPolicy, keepCheckpoint]);
  if (error !== null)
    return (
      <p className="refused" role="alert">
        <Badge meaning="unknown">not checked</Badge>
        <span>the log could not be read: {error.message}</span>
        <button type="button" onClick={() => void refetch()}>
          try again
        </button>
      </p>
    );
  if (data === undefined) return <p className="muted">verifying in this browser …</p>;
  return (
    <>
      <h3>Verified in this browser</h3>
      <Steps steps={data.steps} label="steps of the verification" />
      <div className="acts">
        <button type="button" onClick={() => void refetch()} aria-disabled={isFetching}>
          Verify again
        </button>
        {data.proof !== null && (
          <Download
            bytes={data.proof}
            name={`entry-${entry.index}.tlog-proof`}
            label="Download the proof"
          />
        )}
        <Download bytes={utf8(policy)} name="trust.txt" label="Download the keys" />
        <Download bytes={utf8(site)} name="site.json" label="Download the site" />
      </div>
      {entry.kind === "decision" && entry.change !== null && (
        <Receipt change={entry.change} newest={entry.newest} policy={keptPolicy ?? policy} />
      )}
    </>
  );
}

function Receipt(given: {
  readonly change: string;
  readonly newest: boolean;
  readonly policy: string;
}) {
  const { change, newest, policy } = given;
  const { data, error, refetch } = useQuery({
    queryKey: ["receipt", change],
    queryFn: () => receiptOf(change, policy),
    enabled: newest,
    ...{ staleTime: 10_000, refetchOnWindowFocus: false },
  });
  if (!newest)
    return (
      <p className="muted">
        A newer decision of this change stands in the ledger: there is a receipt of that one.
      </p>
    );
  if (error !== null) return <p role="alert">the receipt could not be verified: {error.message}</p>;
  if (data === undefined) return <p className="muted">verifying the receipt …</p>;
  if (!data.ok)
    return (
      <p className="refused" role="alert">
        <Badge meaning="unknown">not checked</Badge>
        <span>
          {data.failure.message}; {data.failure.help}
        </span>
        <button type="button" onClick={() => void refetch()}>
          try again
        </button>
      </p>
    );
  const { steps, bytes } = data.value;
  const command = "interlock ledger verify receipt.json --policy trust.txt --site site.json";
  return (
    <>
      <h3>Its receipt: the decision, who signed, and their keys</h3>
      <Steps steps={steps} label="steps of the receipt" />
      <div className="acts">
        <Download bytes={bytes} name="receipt.json" label="Download the receipt" />
      </div>
      <p className="muted small">
        On another machine, with keys that you did not take from here: <code>{command}</code>
        <Copy text={command} what="the command" />
      </p>
    </>
  );
}
