// SPDX-License-Identifier: Apache-2.0
/** From an edited policy to one that is in force: who signs, and the next commands. */
import { isUnknown } from "@interlock/core";
import { openRepository, ownersAt } from "@interlock/facts";
import { POLICY_PATH } from "../judge/workspace.ts";

export type Signers =
  | { readonly kind: "owners"; readonly owners: readonly string[] }
  | { readonly kind: "nobody" }
  | { readonly kind: "unknown"; readonly because: string };

/** Who owns the policy at the tip, and so signs a change of it. */
export async function signersOf(repo: string): Promise<Signers> {
  const repository = await openRepository(repo);
  try {
    const head = await repository.resolve("HEAD");
    const owners = (await ownersAt(repository, head, [POLICY_PATH]))(POLICY_PATH);
    if (isUnknown(owners)) return { kind: "unknown", because: owners.$unknown.because };
    return owners.length === 0 ? { kind: "nobody" } : { kind: "owners", owners };
  } finally {
    repository.close();
  }
}

export type Step = { readonly run: string; readonly why: string };

/** Commands that bring an edit of these files into force; one that leaves the gate, also without its server. */
export function stepsFor(
  files: readonly string[],
  subject: string,
  leaves: boolean,
): readonly Step[] {
  const message = `policy: ${subject}`.replace(/'/g, "");
  return [
    {
      run: `git commit -m '${message}' -- ${files.map(quoted).join(" ")}`,
      why: "on a branch, where yours wants a merge request",
    },
    { run: "git push", why: "it is held, with the link of the change, until two have signed" },
    {
      run: "interlock approve CHANGE",
      why: "each of the two, in their own terminal, or by the link: with their passkey",
    },
    { run: "git push", why: "again: it lands, and the modes are in force" },
    ...(leaves ? [AWAY] : []),
  ];
}

const AWAY: Step = {
  run: "interlock emergency sign",
  why: "in place of `approve` while the server is down: two sign; the refused push says what they type",
};

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path}'`);

export function signersText(signers: Signers): string {
  switch (signers.kind) {
    case "owners":
      return `two persons of ${signers.owners.join(", ")} sign it with their passkeys, neither of them its author`;
    case "nobody":
      return `nobody owns \`${POLICY_PATH}\`, so nobody can sign it once a rule holds: name owners for \`/interlock/\` in CODEOWNERS first`;
    case "unknown":
      return `two of its owners sign it with their passkeys; who they are is not known: ${signers.because}`;
  }
}
