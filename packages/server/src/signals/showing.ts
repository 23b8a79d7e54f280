// SPDX-License-Identifier: Apache-2.0
import type { WaveAnalysisShown } from "@interlock/protocol";
import type { WaveAnalysis } from "./analysis.ts";

/** What is known of a rollout's waves as the API shows it, the newest first. */
export const shownAnalyses = (waves: readonly WaveAnalysis[]): WaveAnalysisShown[] =>
  waves.toSorted((a, b) => b.wave - a.wave || b.since - a.since).map(shownAnalysis);

const shownAnalysis = (one: WaveAnalysis): WaveAnalysisShown => ({
  ...one,
  ...{ cells: [...one.cells], control: [...one.control], because: [...one.because] },
  signals: one.signals.map((signal) => ({ ...signal, doubts: [...signal.doubts] })),
  found:
    one.found === null
      ? null
      : {
          ...one.found,
          halt: [...one.found.halt],
          cannotBeToldApart: one.found.cannotBeToldApart.map((group) => [...group]),
          blames: one.found.blames.map((blame) => ({ ...blame })),
        },
});
