// SPDX-License-Identifier: Apache-2.0
import { createServer, type Socket } from "node:net";

/** What becomes of a request that decides, and of its answer. */
export type Fault =
  /** The line is cut as the request comes: it never arrives. */
  | "cut before"
  /** The request arrives; the line is cut once its answer is there, and nothing of it passes. */
  | "cut after"
  /** Half of the answer passes, then the line is cut. */
  | "half an answer"
  /** The answer comes late. */
  | "late";

/** A TCP line to a server, on which a fault can be laid. */
export type Line = {
  readonly port: number;
  /** Lays a fault on the next request that fits. */
  readonly lay: (fault: Fault, fits: (data: Buffer) => boolean) => void;
  /** Ends every connection and takes no new one. */
  readonly down: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const LATE_MS = 60;

/** `connect` makes a new connection to the server itself. */
export async function lineTo(connect: () => Socket): Promise<Line> {
  const open = new Set<Socket>();
  let laid: { readonly fault: Fault; readonly fits: (data: Buffer) => boolean } | null = null;
  const server = createServer((client) => {
    const upstream = connect();
    let struck: Fault | null = null;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", end).on("close", () => {
        open.delete(socket);
        end();
      });
    }
    client.on("data", (data) => {
      if (laid?.fits(data) === true) {
        struck = laid.fault;
        laid = null;
      }
      if (struck === "cut before") end();
      else upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (struck === "cut after") end();
      else if (struck === "half an answer")
        client.write(data.subarray(0, Math.floor(data.length / 2)), end);
      else if (struck === "late") setTimeout(() => client.write(data), LATE_MS);
      else client.write(data);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  const stop = (): Promise<void> =>
    new Promise((closed) => {
      server.close(() => closed());
      for (const socket of open) socket.destroy();
    });
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    lay: (fault, fits) => {
      laid = { fault, fits };
    },
    down: stop,
    close: stop,
  };
}
