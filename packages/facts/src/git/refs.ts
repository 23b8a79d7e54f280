// SPDX-License-Identifier: Apache-2.0
import { pathText } from "./path.ts";
import { type GitPlace, git } from "./process.ts";

export type Ref = {
  readonly name: string;
  readonly oid: string;
  /** What an annotated tag points to; the same as `oid` for everything else. */
  readonly target: string;
};

export type Refs = { readonly refs: readonly Ref[]; readonly truncated: boolean };

/** More refs than that are listed by no reader; an attack has a million. */
const REFS_MAX = 100_000;

/** Refs below any of the prefixes such as `refs/tags/`, or of such a name, in the order of their names. */
export async function listRefs(place: GitPlace, ...prefixes: readonly string[]): Promise<Refs> {
  const { out } = await git({
    place,
    args: [
      "for-each-ref",
      `--count=${REFS_MAX + 1}`,
      "--format=%(objectname) %(*objectname) %(refname)",
      "--end-of-options",
      ...prefixes,
    ],
    what: "list the refs",
  });
  const refs: Ref[] = [];
  for (let from = 0; from < out.length; ) {
    const end = out.indexOf(10, from);
    const line = out.subarray(from, end < 0 ? out.length : end);
    const [oid, target] = line.toString("latin1").split(" ", 2);
    const name = line.subarray((oid?.length ?? 0) + (target?.length ?? 0) + 2);
    if (oid !== undefined && oid !== "")
      refs.push({ name: pathText(name), oid, target: target === "" ? oid : (target ?? oid) });
    from += line.length + 1;
  }
  return { refs: refs.slice(0, REFS_MAX), truncated: refs.length > REFS_MAX };
}

/** True when anything was ever committed to a branch or tag. */
export async function anyRef(place: GitPlace): Promise<boolean> {
  const { out } = await git({
    place,
    args: ["for-each-ref", "--count=1", "--format=%(objectname)"],
    what: "look for commits",
  });
  return out.length > 0;
}
