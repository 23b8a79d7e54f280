// SPDX-License-Identifier: Apache-2.0
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The token goes there with every push, so it goes nowhere in clear text and stands in no address. */
export function serverProblem(server: string): string | null {
  if (!URL.canParse(server)) return "the server is no URL, such as `https://interlock.example.com`";
  const url = new URL(server);
  // by (GT15): an address with a password would be repeated in every message.
  if (url.username !== "" || url.password !== "")
    return "the server's URL holds a name or a password; the token belongs in a file";
  if (url.search !== "" || url.hash !== "") return "the server's URL has a query or a fragment";
  if (url.protocol === "https:") return null;
  return url.protocol === "http:" && LOOPBACK.has(url.hostname)
    ? null
    : "the server's URL is not `https://…`; only this machine itself is reached by `http://`";
}
