// SPDX-License-Identifier: Apache-2.0

/** The five things that a state can mean to a person, and that nobody knows it. */
export type Meaning = "neutral" | "working" | "person" | "stopped" | "done" | "unknown";

type Look = {
  /** Custom property of `styles/tokens.css`. */
  readonly color: string;
  /** Path in a box of 16 by 16, so that the shape tells them apart without colour. */
  readonly glyph: string;
  /** Whether the glyph is drawn as a line or filled. */
  readonly filled: boolean;
  readonly word: string;
};

/** The one place where a meaning gets colour, shape and word. Red is only for what is stopped. */
export const LOOKS: Readonly<Record<Meaning, Look>> = {
  neutral: { color: "--meaning-neutral", glyph: "M4 8h8", filled: false, word: "skipped" },
  working: {
    color: "--meaning-working",
    glyph: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
    filled: false,
    word: "working",
  },
  person: {
    color: "--meaning-person",
    glyph: "M8 1.5 15 14H1zM7.1 6v4h1.8V6zm0 5v1.8h1.8V11z",
    filled: true,
    word: "needs a person",
  },
  stopped: {
    color: "--meaning-stopped",
    glyph: "M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM4.5 7.1v1.8h7V7.1z",
    filled: true,
    word: "stopped",
  },
  done: { color: "--meaning-done", glyph: "m3 8.5 3.5 3.5L13 4.5", filled: false, word: "done" },
  unknown: {
    color: "--meaning-unknown",
    glyph: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.8-1.1 1.6M8 12.5v.1",
    filled: false,
    word: "unknown",
  },
};

/** Of the outcome of a decision or a rule, by its name on the wire. */
export function meaningOfOutcome(outcome: string): Meaning {
  switch (outcome) {
    case "allow":
      return "done";
    case "hold":
      return "person";
    case "deny":
      return "stopped";
    case "skipped":
      return "neutral";
    default:
      return "unknown";
  }
}
