// SPDX-License-Identifier: Apache-2.0

/** Where settings come from: nobody changes them in a browser. */
export function SettingsHint({ part }: { readonly part: "signIn" | "scim" | "ci" }) {
  return (
    <>
      <code>{part}</code> in the file of <code>interlock serve --identity FILE</code> says which;{" "}
      <code>docs/operate/identity.md</code> describes it.
    </>
  );
}
