// SPDX-License-Identifier: Apache-2.0
/** A text file of the repository; the path is relative to its root, with `/`. */
export type TextFile = { readonly path: string; readonly text: string };

/** What a check has found: one sentence about one line. */
export type Complaint = { readonly path: string; readonly line: number; readonly message: string };
