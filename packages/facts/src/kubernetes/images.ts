// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { isTemplated } from "./containers.ts";
import { child, textOf } from "./node.ts";
import type { Pair } from "./pair.ts";
import { fieldDelta } from "./report.ts";
import { imagesOf, workloadOf } from "./workload.ts";

export type ImageRef = {
  readonly name: string;
  readonly tag: string;
  readonly digest: string;
};

/** Splits `registry:5000/team/web:1.2@sha256:…`; the port of a registry is no tag. */
export function imageRef(text: string): ImageRef {
  const [rest = "", digest = ""] = text.split("@", 2);
  const slash = rest.lastIndexOf("/");
  const colon = rest.indexOf(":", slash + 1);
  if (colon < 0) return { name: rest, tag: "", digest };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

// Tags that a registry moves on; what runs then depends on when a pod started.
const MOVING =
  /^(?:latest|main|master|trunk|head|tip|stable|release|edge|canary|nightly|dev|devel|develop|development|snapshot|rolling|current|staging|prod|production)$/i;

/** `mutable`: a moving tag or none, and no digest. */
export function isMutable(ref: ImageRef): boolean {
  return ref.digest === "" && (ref.tag === "" || MOVING.test(ref.tag) || /-latest$/i.test(ref.tag));
}

export function imageTags(before: ImageRef | null, after: ImageRef): readonly string[] {
  return [
    ...(isMutable(after) ? ["mutable"] : []),
    ...(after.digest === "" ? ["no-digest"] : []),
    ...(before !== null && isMutable(before) ? ["was-mutable"] : []),
    ...(before !== null && before.digest !== "" && after.digest === "" ? ["digest-dropped"] : []),
    ...(before !== null && before.name === after.name ? ["same-image"] : []),
  ];
}

export function imageDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null) return [];
  const old = imagesOf(pair.before === null ? undefined : workloadOf(pair.before)?.podSpec);
  return imagesOf(workloadOf(pair.after)?.podSpec).flatMap((container) => {
    const after = child(container.node, "image");
    if (after === undefined || isTemplated(after)) return [];
    const partner = old.find((other) => other.name === container.name);
    const before = child(partner?.node, "image");
    return fieldDelta(pair, {
      aspect: "image",
      key: "image",
      before,
      after,
      part: container.name,
      tags: imageTags(
        before === undefined ? null : imageRef(textOf(before)),
        imageRef(textOf(after)),
      ),
    });
  });
}
