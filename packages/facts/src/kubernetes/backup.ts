// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { at, child, eachMap, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf } from "./report.ts";
import { mayMeet, type Scene } from "./scene.ts";
import { workloadOf } from "./workload.ts";

/** How things that make copies of data are called. */
export const BACKUP = /backup|snapshot|dump/i;

/** A job that makes backups and has nowhere to put them but the volume of the data itself. */
export function backupDeltas(pair: Pair, scene: Scene): readonly Delta[] {
  const object = pair.after;
  if (object === null || !BACKUP.test(object.name)) return [];
  const claims = claimsOf(object);
  const [claim] = claims;
  if (claim === undefined || claims.length > 1) return [];
  if (pair.before !== null && claimsOf(pair.before).join() === claims.join()) return [];
  if (leavesTheCluster(object)) return [];
  const owner = scene.workloads.find(
    ({ object: other }) =>
      other !== object &&
      !BACKUP.test(other.name) &&
      mayMeet(other, object) &&
      claimsOf(other).includes(claim),
  );
  if (owner === undefined) return [];
  return [
    deltaOf(pair, {
      aspect: "backup-with-data",
      key: "claimName",
      op: pair.before === null ? "added" : "changed",
      says: { before: owner.object.id, after: claim },
    }),
  ];
}

function claimsOf(object: KubeObject): readonly string[] {
  const claims: string[] = [];
  eachMap(workloadOf(object)?.podSpec, (map) => {
    const name = textOf(at(map, "persistentVolumeClaim", "claimName"));
    if (name !== "") claims.push(name);
  });
  return claims;
}

// A bucket, a remote host or an upload in the command: the copy does not stay on the volume.
const REMOTE =
  /s3|gs:\/\/|gcs|azure|blob|rclone|restic|rsync|scp|https?:\/\/|ftp|borg|wal-g|pgbackrest|velero|bucket/i;

function leavesTheCluster(object: KubeObject): boolean {
  let remote = false;
  eachMap(child(object.root, "spec"), (map) => {
    if (map.kind !== "map") return;
    for (const { key, value } of map.entries) {
      const texts = value.kind === "list" ? value.items.map(textOf) : [textOf(value)];
      if (key !== "image" && [key, ...texts].some((text) => REMOTE.test(text.slice(0, 2_000))))
        remote = true;
    }
  });
  return remote;
}
