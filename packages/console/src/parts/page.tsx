// SPDX-License-Identifier: Apache-2.0
import { type ReactNode, useEffect, useRef } from "react";

/** True once a first page was shown: only then does a new page take the focus from what led to it. */
let arrived = false;

/** A page: its title in the tab and as the one heading, which takes the focus when a person comes to it. */
export function Page(given: {
  readonly title: string;
  /** One sentence under the title. */
  readonly lead?: ReactNode;
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}) {
  const { title } = given;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (arrived) heading.current?.focus();
    arrived = true;
  }, []);
  return (
    <>
      <title>{`${title} · Interlock`}</title>
      <header className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {given.lead !== undefined && <p className="lead">{given.lead}</p>}
        </div>
        {given.acts !== undefined && <div className="acts">{given.acts}</div>}
      </header>
      {given.children}
    </>
  );
}
