// SPDX-License-Identifier: Apache-2.0
export const reportHtml = (..._: readonly unknown[]): string => "";
