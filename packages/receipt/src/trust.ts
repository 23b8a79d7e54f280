// SPDX-License-Identifier: Apache-2.0
import type { Policy, WeighOptions } from "@interlock/tlog";

/** The site and the organisation that a statement must name. */
export type Site = {
  /** Origin line of the log. */
  readonly ledger: string;
  readonly tenant: string;
  /** Origin of the product's page. */
  readonly product: string;
  readonly rpId: string;
  readonly origins: readonly string[];
};

/**
 * What the reader brings along and no receipt may say: which log and witnesses to believe, and on
 * which site approvals are given. A receipt that brought its own would only vouch for itself.
 */
export type Trust = {
  readonly policy: Policy;
  readonly weigh?: WeighOptions;
  readonly site: Site;
};
