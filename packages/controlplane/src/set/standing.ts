// SPDX-License-Identifier: Apache-2.0
import type { Description } from "../description.ts";
import { type Deliveries, deliveriesOf } from "./deliveries.ts";

/** A file of a tree: Git's six octal digits of its mode, and by what its content is found. */
export type StandingFile = {
  readonly path: string;
  readonly mode: string;
  readonly content: string;
};

/** What all files of a tree give, as if each were new; of one repository and ref. */
export const standingIn = (
  description: Description,
  from: { readonly repository: string; readonly ref: string },
  files: readonly StandingFile[],
): Deliveries =>
  deliveriesOf(description, {
    ...from,
    entries: files.map(({ path, mode, content }) => ({
      ...{ path, oldMode: null, oldContent: null, newMode: mode, newContent: content },
    })),
  });
