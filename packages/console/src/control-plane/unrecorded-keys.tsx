// SPDX-License-Identifier: Apache-2.0
import type { Description } from "@interlock/controlplane";
import type { UnrecordedShown } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { When } from "../parts/when.tsx";

type Moved = UnrecordedShown["keys"][number];
type Kind = Description["targets"][number]["kind"];
export type Places = readonly { readonly name: string; readonly kind: Kind }[];

const BECAUSE = {
  "not-written": "no rollout wrote it",
  stranger: "no config set knows it",
} as const;

const ENDS: Readonly<Record<NonNullable<Moved["how"]>, string>> = {
  "came-back": "the value came back",
  explained: "a rollout explains it",
  "changed-again": "it changed again, which is another entry",
  described: "a config set knows it now",
};

/** Where a target of this kind says more about who wrote. */
const WHO: Readonly<Record<Kind, string>> = {
  etcd: "etcd keeps no names; its audit of clients may, at this revision",
  files: "the owner and the change time of the file (stat), and the log of its machine",
  git: "the commit that brought this blob: git log --find-object",
  http: "the access log of its API",
  kubernetes: "kubectl get … --show-managed-fields",
  postgres: "the log of the database, at this transaction",
};

/** Values that nothing explains: when, what, and how it ended or is to be ended. */
export function MovedKeys({
  keys,
  targets,
}: {
  readonly keys: readonly Moved[];
  readonly targets: Places;
}) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Key</th>
            <th scope="col">Held before</th>
            <th scope="col">Holds now</th>
            <th scope="col">Found</th>
            <th scope="col">Who it was</th>
            <th scope="col">What ends it</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((one) => (
            <Row key={one.index} of={one} kind={targets.find((t) => t.name === one.target)?.kind} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ of, kind }: { readonly of: Moved; readonly kind: Kind | undefined }) {
  const { target, cell, key, before, after, because, version, writer, at, index } = of;
  return (
    <tr>
      <td>
        <Badge meaning={of.closedAt === null ? "stopped" : "neutral"}>{BECAUSE[because]}</Badge>
      </td>
      <th scope="row">
        <code>
          <Seen text={key} />
        </code>{" "}
        <span className="muted">
          of {cell} in {target}
        </span>
      </th>
      <td>
        <Value sha256={before} />
      </td>
      <td>
        <Value sha256={after} />
      </td>
      <td>
        <When at={at} />,{" "}
        <Link to="/ledger" search={{ entry: index }}>
          entry {index}
        </Link>
      </td>
      <td>
        {writer !== null && <Writer of={writer} />}
        {version !== null && (
          <>
            version <ShortId id={version} what="the target's own version of the value" />:{" "}
          </>
        )}
        <span className="muted">
          {kind === undefined ? "the target is not described any more" : WHO[kind]}
        </span>
      </td>
      <td>
        <End of={of} />
      </td>
    </tr>
  );
}

/** As the target tells it; what anybody could have written there is marked as a claim. */
function Writer({ of }: { readonly of: NonNullable<Moved["writer"]> }) {
  const { trust, name, how, at, write } = of;
  return (
    <div>
      <Seen text={name ?? "somebody whom the target does not name"} />
      {at !== undefined && (
        <>
          , <When at={at} />
        </>
      )}
      {how !== undefined && (
        <>
          , <Seen text={how} />
        </>
      )}
      {write !== undefined && (
        <>
          , in <ShortId id={write} what="what the target calls the write" />
        </>
      )}{" "}
      <span className="muted">
        {trust === "claimed" ? "as the writer claims" : "as the target noted"}
      </span>
    </div>
  );
}

const Value = ({ sha256 }: { readonly sha256: string | null }) =>
  sha256 === null ? (
    <span className="muted">nothing</span>
  ) : (
    <ShortId id={sha256} what="the SHA-256 of the value" />
  );

function End({ of: { closedAt, how, because, after } }: { readonly of: Moved }) {
  if (closedAt !== null)
    return (
      <>
        {how === null ? "it is over" : ENDS[how]}, <When at={closedAt} />
      </>
    );
  if (because === "stranger")
    return <>take it away in the target, or describe it in a config set</>;
  return (
    <>
      put back what it held before
      {after !== null && ", or bring what it holds now by a change of its file"}
    </>
  );
}

/** Keys that stood in cells when watching began, or came since. */
export function Strangers({ strangers }: Pick<UnrecordedShown, "strangers">) {
  return (
    <ul className="effects">
      {strangers.map(({ target, cell, key, at }) => (
        <li key={`${target}\0${cell}\0${key}`}>
          <code>
            <Seen text={key} />
          </code>{" "}
          of {cell} in {target}, there since <When at={at} /> at the latest
        </li>
      ))}
    </ul>
  );
}
