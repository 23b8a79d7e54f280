// SPDX-License-Identifier: Apache-2.0

export type Ranked = { readonly score: number; readonly bad: boolean };

/** Probability that a bad change scores higher than a good one; ties count half. */
export function auc(ranked: readonly Ranked[]): number {
  const rising = [...ranked].sort((a, b) => a.score - b.score);
  let good = 0;
  let won = 0;
  for (let start = 0; start < rising.length; ) {
    let end = start;
    let bads = 0;
    while (end < rising.length && rising[end]?.score === rising[start]?.score) {
      if (rising[end]?.bad === true) bads += 1;
      end += 1;
    }
    const goods = end - start - bads;
    won += bads * (good + goods / 2);
    good += goods;
    start = end;
  }
  return won / (good * (ranked.length - good));
}

/**
 * Share of the bad changes among the highest-scoring share of all; where equal scores straddle the
 * border, the expected share of a random choice among them.
 */
export function caught(ranked: readonly Ranked[], share: number): number {
  const falling = [...ranked].sort((a, b) => b.score - a.score);
  const flagged = Math.round(ranked.length * share);
  const border = falling[flagged - 1]?.score ?? Number.POSITIVE_INFINITY;
  let above = 0;
  let badAbove = 0;
  let tied = 0;
  let badTied = 0;
  for (const { score, bad } of falling) {
    if (score > border) {
      above += 1;
      if (bad) badAbove += 1;
    } else if (score === border) {
      tied += 1;
      if (bad) badTied += 1;
    }
  }
  const bads = ranked.filter(({ bad }) => bad).length;
  const chosen = tied === 0 ? 0 : (flagged - above) / tied;
  return (badAbove + badTied * chosen) / bads;
}
