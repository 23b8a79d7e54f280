// SPDX-License-Identifier: Apache-2.0
import { type ReplayResult, type ReplayShown, replaysApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { counted } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { Show } from "../parts/states.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { share } from "../rollouts/words.ts";
import { Fields } from "./fields.tsx";

/**
 * What people say came of recorded inputs under the old and new values of a change; nothing where nobody
 * brought any. It is their word: no rule reads it.
 */
export function Replays({ change }: { readonly change: string }) {
  const replays = useLoaded(replaysApi.listReplays, { params: { id: change } });
  if (replays.kind === "there" && replays.value.replays.length === 0) return null;
  if (replays.kind === "loading") return null;
  return (
    <section className="section" aria-labelledby="replays">
      <h2 id="replays">Preview: recorded inputs under old and new values</h2>
      <Show of={replays} what="the replays">
        {({ replays: [newest, ...older] }) => (
          <>
            {newest !== undefined && <Replay of={newest} />}
            {older.length > 0 && (
              <details>
                <summary>{counted(older.length, "earlier one")}</summary>
                {older.map((one) => (
                  <Replay key={one.index} of={one} />
                ))}
              </details>
            )}
          </>
        )}
      </Show>
    </section>
  );
}

function Replay({ of: { index, at, by, result } }: { readonly of: ReplayShown }) {
  const names = useNames();
  return (
    <article className="proposal" aria-label={`replay brought by ${names(by)}`}>
      <p>
        Run by {names(by)}, brought <When at={at} />,{" "}
        <Link to="/ledger" search={{ entry: index }}>
          entry {index}
        </Link>
        .{" "}
        <span className="muted">
          It is their word and no proof: the server did not run it, and no rule reads it.
        </span>
      </p>
      {result === null ? (
        <p>
          <Badge meaning="unknown">cannot be read</Badge> the kept text is not what was brought
        </p>
      ) : (
        <Result result={result} />
      )}
    </article>
  );
}

type Of = { readonly result: ReplayResult };

function Result({ result }: Of) {
  const { ok, set, cell, inputs, changed, newErrors, oldErrors, limits, files } = result;
  return (
    <>
      <p className="verdict-line">
        <Badge meaning={ok ? "done" : "person"}>{ok ? "within its limits" : "past a limit"}</Badge>
        <strong>
          {set} in {cell}: {changed} of {inputs} answers change, {newErrors} newly fail
        </strong>
      </p>
      <dl className="facts">
        <dt>Changed</dt>
        <dd>
          {share(result.changedPpm)}, {share(limits.changedPpm)} may
        </dd>
        <dt>Newly failing</dt>
        <dd>
          {share(result.newErrorsPpm)}, {share(limits.newErrorsPpm)} may; {oldErrors} failed before
        </dd>
        <dt>Replayed</dt>
        <dd>
          {counted(files.length, "file")} of this change:{" "}
          <code>
            <Seen text={files.map(({ path }) => path).join(", ")} />
          </code>
        </dd>
        <dt>Answered by</dt>
        <dd>
          <code>
            <Seen text={result.answered} />
          </code>
          , inputs <ShortId id={result.inputsDigest} what="the SHA-256 of the inputs" />
        </dd>
      </dl>
      {result.breaches.length > 0 && (
        <ul className="effects">
          {result.breaches.map(({ code, message }) => (
            <li key={`${code} ${message}`}>
              <Badge meaning="person">{code}</Badge> <Ticked text={message} />
            </li>
          ))}
        </ul>
      )}
      {result.fields.length > 0 && <Fields result={result} />}
      {result.examples.length > 0 && <Examples result={result} />}
    </>
  );
}

function Examples({ result: { examples } }: Of) {
  return (
    <details>
      <summary>{counted(examples.length, "example")} of answers that change</summary>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Input</th>
              <th scope="col">Under old values</th>
              <th scope="col">Under new values</th>
            </tr>
          </thead>
          <tbody>
            {examples.map(({ input, before, after }) => (
              <tr key={input}>
                <th scope="row">{input + 1}</th>
                <td>
                  <code className="value">
                    <Seen text={before} />
                  </code>
                </td>
                <td>
                  <code className="value">
                    <Seen text={after} />
                  </code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
