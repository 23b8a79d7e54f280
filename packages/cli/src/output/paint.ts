// SPDX-License-Identifier: Apache-2.0
import pc from "picocolors";

export type Paint = Readonly<
  Record<"red" | "green" | "yellow" | "bold" | "dim" | "cyan", (text: string) => string>
>;

/** Colour only on a terminal, never in a pipe or under `NO_COLOR`. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  return pc.createColors(stream.isTTY === true && pc.isColorSupported);
}
