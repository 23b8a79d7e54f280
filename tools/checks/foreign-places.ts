// SPDX-License-Identifier: Apache-2.0
import type { Complaint, TextFile } from "./complaint.ts";

/** What a machine that builds this repository could leak into it. */
export type Machine = {
  /** Absolute folders of this machine, such as the clone and its neighbours. */
  readonly folders: readonly string[];
  /** Hosts from which this machine takes packages. */
  readonly hosts: readonly string[];
};

const PUBLIC_REGISTRY = "https://registry.npmjs.org/";
// Recorded outages and rule fixtures speak about other people's machines.
const ABOUT_OTHERS = /^conformance\/|\/fixtures\//;
const HOME = /(?:^|[^\w./-])(?:\/home|\/Users|[A-Z]:\\Users)[/\\][A-Za-z0-9._-]+[/\\]/;
const RESOLVED = /"resolved": "(https?:[^"]{1,500})"/;
const NPMRC_HOST = /^\s*(?:@[^:\s]+:)?registry\s*=|_authToken\s*=/;

/** Complains about paths of one machine and about package hosts that others cannot reach. */
export function checkForeignPlaces(
  files: readonly TextFile[],
  machine: Machine,
): readonly Complaint[] {
  const folders = machine.folders.map(
    (folder) => new RegExp(`(?:^|[^\\w./-])${escaped(folder)}(?![\\w-])`),
  );
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, i) => {
      const message = objection(path, line, folders, machine.hosts);
      return message === null ? [] : [{ path, line: i + 1, message }];
    }),
  );
}

function objection(
  path: string,
  line: string,
  folders: readonly RegExp[],
  hosts: readonly string[],
): string | null {
  if (folders.some((folder) => folder.test(line))) return "this names a folder of one machine";
  if (hosts.some((host) => line.includes(host)))
    return "this names the package host of one machine";
  if (path === ".npmrc" && NPMRC_HOST.test(line))
    return "the registry is each person's own setting";
  if (path.endsWith("package-lock.json")) {
    const from = RESOLVED.exec(line)?.[1];
    return from === undefined || from.startsWith(PUBLIC_REGISTRY)
      ? null
      : `\`${from}\` is not the public registry`;
  }
  if (!ABOUT_OTHERS.test(path) && HOME.test(line)) return "this names a person's home folder";
  return null;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
