// SPDX-License-Identifier: Apache-2.0
import { Copy, ShortId } from "../parts/short-id.tsx";
import type { Checked } from "./checked.ts";

/** The way from here to where it counts: its digest is part of the digest that people approve. */
export function IntoGit({
  draft,
  name,
  checked: { document },
}: {
  readonly draft: string;
  readonly name: string;
  readonly checked: Checked;
}) {
  const folder = document?.kind === "remedy" ? "interlock/remedies" : "interlock/changes";
  const command = `interlock document fetch ${draft} --out ${folder}/${name}.md`;
  return (
    <section className="section" aria-labelledby="into-git">
      <h2 id="into-git">Submit it with the change</h2>
      <p>
        Commit it with the change and push. Its digest is part of what is approved: approvals that
        were given before, for another text or for none, end then.
      </p>
      <p className="command-line">
        <code>{command}</code>
        <Copy text={command} what="the command" />
      </p>
      {document !== null && (
        <p className="muted">
          Digest of this text <ShortId id={document.digest} what="the digest of the document" />
        </p>
      )}
    </section>
  );
}
