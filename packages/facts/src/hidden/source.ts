// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { ChangedFile, Source } from "../source.ts";
import { hiddenIn } from "./characters.ts";

/** Findings of one kind in one file: the first places say what it is. */
const PLACES_MAX = 20;

/** What a reviewer would not see: characters, links, bumps of submodules, attributes that fold a diff. */
export const HIDDEN_SOURCE: Source = {
  group: "hidden",
  wants: () => true,
  read: (files) => ({
    deltas: files.flatMap((f) => [
      ...characters(f),
      ...kindOfFile(f),
      ...attributes(f),
      ...names(f),
    ]),
    effects: [],
    gaps: [],
  }),
};

function characters(file: ChangedFile): readonly Delta[] {
  // A Unicode table of a test, a lock file or a vendored library is data, not text to be reviewed.
  if (file.after === null || file.kind === "vendored" || file.kind === "lock") return [];
  const found: Delta[] = [];
  for (const { line, text } of file.addedLines()) {
    for (const hidden of hiddenIn(line === 1 ? text.replace(/^\uFEFF/, "") : text)) {
      found.push(
        make(file, {
          aspect: hidden.kind,
          line,
          subject: hidden.detail,
          after: hidden.detail,
          tags: file.kind === "test" ? ["test"] : [],
        }),
      );
      if (found.length >= PLACES_MAX) return found;
    }
  }
  return found;
}

type Made = {
  readonly aspect: string;
  readonly line?: number;
  readonly subject: string;
  readonly before?: string;
  readonly after?: string;
  readonly tags?: readonly string[];
};

function make(file: ChangedFile, m: Made): Delta {
  return delta({
    path: file.path,
    line: m.line ?? 1,
    aspect: m.aspect,
    op: file.status === "added" ? "added" : "changed",
    subject: m.subject,
    before: m.before ?? "",
    after: m.after ?? "",
    environment: file.environment,
    tags: m.tags ?? [],
  });
}

const LINK = "120000";
const SUBMODULE = "160000";

function kindOfFile(file: ChangedFile): readonly Delta[] {
  const found: Delta[] = [];
  if (file.mode === SUBMODULE)
    found.push(
      make(file, {
        aspect: "submodule",
        subject: file.path,
        before: file.oldMode === SUBMODULE ? "another commit" : "",
        after: "a commit of another repository",
      }),
    );
  if (file.mode === LINK) {
    const target = (file.after ?? "").trim();
    const escapes = target.startsWith("/") || climbsOut(file.path, target);
    found.push(
      make(file, { aspect: escapes ? "link-escape" : "link", subject: file.path, after: target }),
    );
  }
  if (file.mode === "100755" && file.oldMode === "100644")
    found.push(
      make(file, {
        aspect: "executable-bit",
        subject: file.path,
        before: file.oldMode,
        after: file.mode,
      }),
    );
  return found;
}

/** A relative link that leads above the root of the repository. */
function climbsOut(path: string, target: string): boolean {
  let depth = path.split("/").length - 1;
  for (const step of target.split("/")) {
    if (step === "..") depth--;
    else if (step !== "." && step !== "") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** Attributes that make the forges fold or hide a diff, newly set. */
function attributes(file: ChangedFile): readonly Delta[] {
  if (!/(^|\/)\.gitattributes$/.test(file.path)) return [];
  return file.addedLines().flatMap(({ line, text }) => {
    const aspects: string[] = [];
    if (/\slinguist-generated(=true|\s|$)/.test(text)) aspects.push("generated-attribute");
    if (
      /\s(-diff|binary)(\s|$)/.test(text) &&
      !/\.(png|jpe?g|gif|ico|pdf|zip|gz|jar|woff2?|ttf|eot|mp[34]|webp|bin|exe|so|dll)\s/i.test(
        text,
      )
    )
      aspects.push("no-diff-attribute");
    return aspects.map((aspect) =>
      make(file, { aspect, line, subject: text.trim().slice(0, 200), after: text.trim() }),
    );
  });
}

/** A file name that shows as another one. */
function names(file: ChangedFile): readonly Delta[] {
  if (file.status !== "added" && file.status !== "renamed") return [];
  const hidden = hiddenIn(file.path);
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  const padded = name !== name.trim() || name.endsWith(".");
  return [
    ...hidden.map((h) =>
      make(file, {
        aspect: h.kind,
        subject: `file name: ${h.detail}`,
        after: h.detail,
        tags: ["file-name"],
      }),
    ),
    ...(padded
      ? [make(file, { aspect: "padded-name", subject: file.path, tags: ["file-name"] })]
      : []),
  ];
}
