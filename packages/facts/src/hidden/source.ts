// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { ChangedFile, Source } from "../source.ts";
import { hiddenContent } from "./content.ts";

/** What a reviewer would not see: characters, names, links, submodules, attributes that fold a diff. */
export const HIDDEN_SOURCE: Source = {
  group: "hidden",
  wants: () => true,
  read: (files) => ({
    deltas: files.flatMap((f) => [...content(f), ...attributes(f)]),
    effects: [],
    gaps: [],
  }),
};

/** Nobody reads the lines of a lock file or of a copied library, hidden characters or not. */
const isUnread = (file: ChangedFile): boolean => file.kind === "vendored" || file.kind === "lock";

function content(file: ChangedFile): readonly Delta[] {
  return hiddenContent(file).flatMap((one) => {
    const inText = one.line !== null;
    if (inText && isUnread(file)) return [];
    const inName = one.detail.startsWith("in the name: ");
    return [
      made(file, {
        aspect: one.kind,
        line: one.line ?? 1,
        subject: inText || inName ? one.detail : file.path,
        after: one.detail,
        tags: [
          ...(inText && file.kind === "test" ? ["test"] : []),
          ...(inText ? [] : ["whole-file"]),
        ],
      }),
    ];
  });
}

type Made = {
  readonly aspect: string;
  readonly line: number;
  readonly subject: string;
  readonly after: string;
  readonly tags: readonly string[];
};

function made(file: ChangedFile, { aspect, line, subject, after, tags }: Made): Delta {
  return delta({
    path: file.path,
    line,
    aspect,
    op: file.status === "added" ? "added" : "changed",
    subject,
    after,
    environment: file.environment,
    tags: [...tags].sort(),
  });
}

/** Content that has no diff anyway. */
const BINARY = /\.(png|jpe?g|gif|ico|pdf|zip|gz|jar|woff2?|ttf|eot|mp[34]|webp|bin|exe|so|dll)\s/i;

/** Attributes that make the forges fold or hide a diff, newly set. */
function attributes(file: ChangedFile): readonly Delta[] {
  if (!/(^|\/)\.gitattributes$/.test(file.path)) return [];
  return file.addedLines().flatMap(({ line, text }) => {
    const aspects = [
      ...(/\s(linguist|gitlab)-generated(=true|\s|$)/.test(text) ? ["generated-attribute"] : []),
      ...(/\s(-diff|binary)(\s|$)/.test(text) && !BINARY.test(text) ? ["no-diff-attribute"] : []),
    ];
    const subject = text.trim().slice(0, 200);
    return aspects.map((aspect) => made(file, { aspect, line, subject, after: subject, tags: [] }));
  });
}
