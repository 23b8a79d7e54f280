// SPDX-License-Identifier: Apache-2.0
import type { Complaint, TextFile } from "../checks/complaint.ts";

/** Text files from `path: text`. */
export function filesOf(texts: Readonly<Record<string, string>>): readonly TextFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }));
}

/** Complaints as `path:line message`, to compare at a glance. */
export function lines(complaints: readonly Complaint[]): readonly string[] {
  return complaints.map(({ path, line, message }) => `${path}:${line} ${message}`);
}
