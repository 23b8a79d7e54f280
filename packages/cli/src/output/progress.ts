// SPDX-License-Identifier: Apache-2.0
/** A bar on stderr for work that takes longer than a moment; silent when stderr is no terminal. */
export type Progress = {
  readonly at: (done: number, total: number) => void;
  readonly end: () => void;
};

const WIDTH = 30;
const EVERY_MS = 100;

export function progressOn(stream: NodeJS.WriteStream, verb: string): Progress {
  if (stream.isTTY !== true) return { at: () => undefined, end: () => undefined };
  const started = Date.now();
  let last = 0;
  return {
    at: (done, total) => {
      const now = Date.now();
      if (now - last < EVERY_MS && done < total) return;
      last = now;
      const filled = Math.round((done / Math.max(1, total)) * WIDTH);
      const seconds = (now - started) / 1_000;
      const rate = done / Math.max(0.1, seconds);
      const left = rate > 0 ? Math.round((total - done) / rate) : 0;
      stream.write(
        `\r${verb} ${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${done}/${total}  ${Math.round(rate)}/s  ${left} s left \x1b[K`,
      );
    },
    end: () => {
      stream.write("\r\x1b[K");
    },
  };
}
