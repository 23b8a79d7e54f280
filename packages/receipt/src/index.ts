// SPDX-License-Identifier: Apache-2.0
export { fromBase64url, toBase64url } from "./bytes.ts";
export { REFUSALS, type Refusal, type RefusalCode } from "./refusal.ts";
export {
  type Assertion,
  type AssertionFacts,
  type AssertionVerdict,
  type EnrolledKey,
  type ExpectedAssertion,
  verifyAssertion,
} from "./webauthn/assertion.ts";
export {
  type ExpectedRegistration,
  type NewCredential,
  type Registration,
  type RegistrationVerdict,
  verifyRegistration,
} from "./webauthn/registration.ts";
