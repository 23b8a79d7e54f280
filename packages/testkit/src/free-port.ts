// SPDX-License-Identifier: Apache-2.0
import { createServer } from "node:net";

/**
 * Below the ports that a system gives to whoever asks for any: Linux from 32768, others from 49152.
 * And above the last that browsers refuse to speak to, https://fetch.spec.whatwg.org/#port-blocking.
 */
const [LEAST, BEYOND] = [11_000, 32_768];

/**
 * A port of this machine that nobody listens on at this moment. Until a server binds it, or binds it
 * again after a restart, the system gives it to no connection of another process.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LEAST + Math.floor(Math.random() * (BEYOND - LEAST));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

/** Whoever was given one may not have bound it yet, or not again. */
const given = new Set<number>();

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
  });
}
