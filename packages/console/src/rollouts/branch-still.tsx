// SPDX-License-Identifier: Apache-2.0
import { showChange } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { branchOf } from "../change/shown.ts";
import { Badge } from "../parts/badge.tsx";
import { Copy } from "../parts/short-id.tsx";

/**
 * What is left to do where cells went back and the branch did not: the next change of these files would
 * have another old content than the cells hold, and so no proven way back.
 */
export function BranchStill({ change: id }: { readonly change: string }) {
  const loaded = useLoaded(showChange, { params: { id } });
  if (loaded.kind !== "there") return null;
  const { repository, target, base, head } = loaded.value.change;
  const command = `git revert --no-edit ${base}..${head}`;
  return (
    <section className="branch-still" aria-label="what is left to do">
      <p>
        <Badge meaning="person">to do</Badge> <code>{branchOf(target)}</code> of{" "}
        <code>{repository}</code> still has what the cells do not hold any more. Unless it was
        reverted since, the next change of these files is refused with{" "}
        <code>ROLLOUT_NO_WAY_BACK</code>: what it replaces on the branch is not what it would
        replace in the cells. Revert it there, push that, and have it approved like any change; it
        has nothing to bring to the cells.
      </p>
      <p className="command-line">
        <code>{command}</code>
        <Copy text={command} what="the command" />
      </p>
    </section>
  );
}
