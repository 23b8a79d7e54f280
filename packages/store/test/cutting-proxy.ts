// SPDX-License-Identifier: Apache-2.0
import { createConnection, createServer, type Socket } from "node:net";

/** When the line is cut: as the client sends COMMIT, or when the server has answered it. */
export type Cut = "before COMMIT arrives" | "after COMMIT is answered";

export type CuttingProxy = {
  /** The same database as the URL given, through the proxy. */
  readonly url: string;
  /** How many of the next COMMITs are cut. */
  readonly cutNext: (how: Cut, times?: number) => void;
  readonly close: () => Promise<void>;
};

const COMMIT = Buffer.from("commit\0");

/** A TCP line to a server on a Unix socket that can be cut at COMMIT. */
export async function cuttingProxy(url: string): Promise<CuttingProxy> {
  const { hostname, pathname } = new URL(url);
  const socketFile = `${decodeURIComponent(hostname)}/.s.PGSQL.5432`;
  const open = new Set<Socket>();
  let how: Cut = "before COMMIT arrives";
  let left = 0;
  const server = createServer((client) => {
    const upstream = createConnection(socketFile);
    let committing = false;
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
      const cut = left > 0 && data.includes(COMMIT);
      if (cut) left -= 1;
      if (cut && how === "before COMMIT arrives") end();
      else {
        committing = cut;
        upstream.write(data);
      }
    });
    upstream.on("data", (data) => {
      if (committing) end();
      else client.write(data);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `postgres://postgres@127.0.0.1:${port}${pathname}`,
    cutNext: (next, times = 1) => {
      how = next;
      left = times;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of open) socket.destroy();
      }),
  };
}
