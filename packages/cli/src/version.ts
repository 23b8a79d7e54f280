// SPDX-License-Identifier: Apache-2.0
/** Of the command; a test holds it against the package. */
export const VERSION = "0.1.0";
