// SPDX-License-Identifier: Apache-2.0

/** Lets so many through at a time, in the order in which they came. */
export type Gatekeeper = <T>(work: () => Promise<T>) => Promise<T>;

export function atMost(most: number): Gatekeeper {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside >= most) await new Promise<void>((enter) => waiting.push(enter));
    else inside++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Whoever waits takes the place that becomes free, so that nobody slips in between.
      if (next === undefined) inside--;
      else next();
    }
  };
}

/** What work gives, or `late` where that takes too long: then the answer is lost, not the work. */
export async function withinMs<T>(ms: number, work: () => Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<T>((end) => {
    timer = setTimeout(() => end(late), ms);
  });
  try {
    return await Promise.race([work(), ended]);
  } finally {
    clearTimeout(timer);
  }
}
