/** Git over HTTP beside the API of a stand-in, and commits in somebody's name. */
import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { bodyOf } from "./gate-server.ts";
import { commit, type Files } from "./scratch.ts";

export type GitHttp = {
  /** Folder of the repositories. */
  readonly root: string;
  readonly mayFetch: (name: string, password: string) => boolean;
  /** Told of what no judging server does. */
  readonly wrong: (what: string) => void;
};

/** As a web server runs it (RFC 3875). */
export async function gitBackend(
  { root, mayFetch, wrong }: GitHttp,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const [name = "", token = ""] = Buffer.from(basic, "base64").toString("utf8").split(":");
  if (!mayFetch(name, token)) {
    wrong("git without a token");
    response.writeHead(401, { "www-authenticate": "Basic realm=git" }).end();
    return;
  }
  if (path.includes("git-receive-pack")) wrong("a push");
  const body = await bodyOf(request);
  const child = spawn("git", ["http-backend"], {
    env: {
      ...{ PATH: process.env["PATH"] ?? "", HOME: root, GIT_PROJECT_ROOT: root },
      ...{ GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: path, QUERY_STRING: query },
      ...{ REQUEST_METHOD: request.method ?? "GET", CONTENT_LENGTH: String(body.length) },
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    },
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(body);
  const out: Buffer[] = [];
  for await (const chunk of child.stdout) out.push(Buffer.from(chunk));
  const all = Buffer.concat(out);
  const end = all.indexOf("\r\n\r\n");
  const headers = all.toString("latin1", 0, end).split("\r\n");
  const status = headers.find((line) => line.startsWith("Status: "))?.slice(8, 11) ?? "200";
  const type = headers.find((line) => line.startsWith("Content-Type: "))?.slice(14) ?? "";
  response.writeHead(Number(status), { "content-type": type }).end(all.subarray(end + 4));
}

export function commitAs(work: string, files: Files, author: string, message: string): string {
  const before = process.env["GIT_AUTHOR_EMAIL"];
  process.env["GIT_AUTHOR_EMAIL"] = `${author}@example.com`;
  process.env["GIT_COMMITTER_EMAIL"] = `${author}@example.com`;
  try {
    return commit(work, files, message);
  } finally {
    delete process.env["GIT_COMMITTER_EMAIL"];
    if (before === undefined) delete process.env["GIT_AUTHOR_EMAIL"];
    else process.env["GIT_AUTHOR_EMAIL"] = before;
  }
}
