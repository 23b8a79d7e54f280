// SPDX-License-Identifier: Apache-2.0
import type { ScimSettings } from "../identity/settings.ts";
import type { SiteTerms, Work } from "../people/terms.ts";

/** What provisioning works with; `token`: public id of the token that asks. */
export type ScimTerms = {
  readonly site: SiteTerms;
  readonly settings: ScimSettings;
  readonly token: string;
};

export type ScimWork = ScimTerms & Pick<Work, "tx" | "now">;
