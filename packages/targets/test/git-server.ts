// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { gitIn } from "./git-place.ts";

/** Real `git http-backend` behind HTTP; `home` is where the repositories lie. */
export async function gitServer(): Promise<{
  readonly port: number;
  readonly serve: (home: string) => void;
  readonly close: () => Promise<void>;
}> {
  let root = "/nowhere";
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
    const backend = spawn("git", ["-c", "http.receivepack=true", "http-backend"], {
      env: {
        PATH: process.env["PATH"] ?? "",
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        REQUEST_METHOD: request.method ?? "GET",
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
    });
    const chunks: Buffer[] = [];
    backend.stdin.on("error", () => undefined);
    request.pipe(backend.stdin);
    backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    backend.on("close", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      for (const line of all.subarray(0, Math.max(0, end)).toString().split("\r\n")) {
        const [name = "", value = ""] = line.split(": ");
        if (name === "Status") response.statusCode = Number(value.slice(0, 3));
        else if (name !== "") response.setHeader(name, value);
      }
      response.end(all.subarray(end + 4));
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    serve: (home) => {
      root = home;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** A hook of the repository, as its owner would install it. */
export const hookText = (text: string): string => `#!/bin/sh\n${text}\n`;
export const tipOf = (repository: string): string => gitIn(repository, ["rev-parse", "main"]);
