// SPDX-License-Identifier: Apache-2.0
/** The builders of facts that the cases of a policy use too. */
import { given } from "@interlock/policy";

export const { approval, change, contributor, DIGEST, factsOf, file, NOW, person } = given;
