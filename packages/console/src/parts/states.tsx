// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import type { Failure } from "../api/call.ts";
import type { Loaded } from "../api/loaded.ts";
import { Badge } from "./badge.tsx";
import type { Meaning } from "./meaning.ts";
import { Ticked } from "./ticked.tsx";
import { When } from "./when.tsx";

/** Shows what was loaded, or in its place one of the states that every part of a page has. */
export function Show<T>({
  of,
  what,
  children,
}: {
  readonly of: Loaded<T>;
  /** What is loaded, as a person says it: `the open proposals`. */
  readonly what: string;
  readonly children: (value: T) => ReactNode;
}) {
  if (of.kind === "loading") return <Loading what={what} />;
  if (of.kind === "failed")
    return of.failure.code === "NOT_ALLOWED" || of.failure.code === "SIGN_IN_NEEDED" ? (
      <Denied failure={of.failure} what={what} />
    ) : (
      <Broken failure={of.failure} what={what} again={of.again} />
    );
  return (
    <>
      {of.stale !== null && <Stale failure={of.stale} at={of.at} again={of.again} />}
      <div className="shown" data-stale={of.stale !== null}>
        {children(of.value)}
      </div>
    </>
  );
}

/** Nothing is there: `children` says what was looked for, and the one thing to do. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="state" data-state="empty">
      <p className="state-title">{title}</p>
      <p>{children}</p>
    </div>
  );
}

/** Stands where the content will be, without moving it; said aloud only when it takes long. */
function Loading({ what }: { readonly what: string }) {
  return (
    <div className="state loading" data-state="loading" aria-busy="true">
      <p className="state-title">loading {what} …</p>
    </div>
  );
}

const saysOf = ({ message, help }: Failure): string => `${message}; ${help}`;

function Denied({ failure, what }: { readonly failure: Failure; readonly what: string }) {
  return (
    <State state="denied" meaning="neutral" title={`${what}: not for you`}>
      <Ticked text={saysOf(failure)} />
    </State>
  );
}

function Broken(given: {
  readonly failure: Failure;
  readonly what: string;
  readonly again: () => void;
}) {
  const { failure, what, again } = given;
  return (
    <State state="broken" meaning="stopped" title={`${what} cannot be shown`} again={again}>
      <Ticked text={saysOf(failure)} />
    </State>
  );
}

function Stale(given: {
  readonly failure: Failure;
  readonly at: number;
  readonly again: () => void;
}) {
  const { failure, at, again } = given;
  return (
    <div className="stale-note" data-state="stale" role="status">
      <Badge meaning="unknown">not live</Badge>
      <span>
        as it was <When at={at} />: <Ticked text={failure.message} />
      </span>
      <button type="button" className="quiet" onClick={again}>
        try again
      </button>
    </div>
  );
}

function State(given: {
  readonly state: "denied" | "broken";
  readonly meaning: Meaning;
  readonly title: string;
  readonly again?: () => void;
  readonly children: ReactNode;
}) {
  return (
    <div className="state" data-state={given.state} role="alert">
      <p className="state-title">
        <Badge meaning={given.meaning}>{given.state}</Badge> {given.title}
      </p>
      <p>{given.children}</p>
      {given.again !== undefined && (
        <button type="button" onClick={given.again}>
          try again
        </button>
      )}
    </div>
  );
}

/** Why an act of the person did not happen; stands beside its button. */
export function Refused({ failure }: { readonly failure: Failure }) {
  return (
    <p className="refused" role="alert">
      <Badge meaning="stopped">not done</Badge>
      <span>
        <Ticked text={saysOf(failure)} />
      </span>
    </p>
  );
}
