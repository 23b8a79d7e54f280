// SPDX-License-Identifier: Apache-2.0
export {
  checkEnrolment,
  checkStatement,
  type Enrolment,
  type SignedOptions,
  type SignedPlace,
  verifySignedEntry,
} from "./approval.ts";
export { fromBase64url, toBase64url } from "./bytes.ts";
export {
  EMERGENCY_TEXT_MAX,
  type EmergencySignature,
  type EmergencySigners,
  emergencyKeyId,
  emergencySigners,
  formatEmergency,
  type KnownEmergencyKey,
  readEmergency,
} from "./emergency.ts";
export { type ProofFile, proofFilesOf } from "./proof-files.ts";
export {
  RECEIPT_MAX,
  type Receipt,
  type ReceiptEntry,
  type ReceiptRecord,
  readReceipt,
} from "./receipt.ts";
export { type Attempted, REFUSALS, type Refusal, type RefusalCode } from "./refusal.ts";
export type { Site, Trust } from "./trust.ts";
export { type ReceiptOutcome, type Shown, STEPS, type Step, verifyReceipt } from "./verify.ts";
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
