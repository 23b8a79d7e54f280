// SPDX-License-Identifier: Apache-2.0
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

export type QueueSearch = {
  readonly show?: "waiting" | "held" | "all" | undefined;
  readonly order?: "risk" | undefined;
  readonly repository?: string | undefined;
  readonly target?: string | undefined;
};

const VIEWS = [
  { show: "waiting", name: "Waiting for me" },
  { show: "held", name: "Held" },
  { show: "all", name: "All" },
] as const;

/** Which changes, and in which order; all of it stands in the address. */
export function Filters({
  search,
  counts,
}: {
  readonly search: QueueSearch;
  readonly counts: { readonly waitingForMe: number; readonly held: number } | null;
}) {
  const now = search.show ?? "all";
  const numbers = { waiting: counts?.waitingForMe, held: counts?.held, all: undefined };
  return (
    <div className="filters">
      <nav aria-label="which changes" className="views">
        {VIEWS.map(({ show, name }) => (
          <Link
            key={show}
            to="/queue"
            search={{ ...search, show }}
            aria-current={show === now ? "true" : undefined}
          >
            {name}
            {numbers[show] !== undefined && <span className="count">{most(numbers[show])}</span>}
          </Link>
        ))}
      </nav>
      <Narrow key={`${search.repository} ${search.target}`} search={search} />
    </div>
  );
}

const most = (count: number): string => (count >= 1_000 ? "1000+" : String(count));

function Narrow({ search }: { readonly search: QueueSearch }) {
  const navigate = useNavigate();
  const [repository, setRepository] = useState(search.repository ?? "");
  const [target, setTarget] = useState(search.target ?? "");
  const apply = (more: QueueSearch) => {
    const next = {
      ...search,
      repository: repository.trim() === "" ? undefined : repository.trim(),
      target: fullName(target.trim()),
      ...more,
    };
    void navigate({ to: "/queue", search: next });
  };
  return (
    <form
      className="narrow"
      onSubmit={(event) => {
        event.preventDefault();
        apply({});
      }}
    >
      <input
        type="search"
        aria-label="only this repository"
        placeholder="Repository"
        value={repository}
        onChange={(event) => setRepository(event.target.value)}
      />
      <input
        type="search"
        aria-label="only this branch"
        placeholder="Branch"
        value={target}
        onChange={(event) => setTarget(event.target.value)}
      />
      <button type="submit">Filter</button>
      <label className="order">
        Order{" "}
        <select
          value={search.order ?? "newest"}
          onChange={(event) => apply({ order: event.target.value === "risk" ? "risk" : undefined })}
        >
          <option value="newest">newest first</option>
          <option value="risk">riskiest first</option>
        </select>
      </label>
    </form>
  );
}

/** A branch as people write it, as the ref that enforcement points name. */
function fullName(target: string): string | undefined {
  if (target === "") return undefined;
  return target.startsWith("refs/") ? target : `refs/heads/${target}`;
}
