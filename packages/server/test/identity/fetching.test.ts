// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { boundedFetch } from "../../src/identity/fetching.ts";

const ISSUER = "https://id.example.com/tenant";

function asking(issuers: readonly string[] = [ISSUER], answer = () => new Response("{}")) {
  const asked: string[] = [];
  const told: string[] = [];
  const fetch = boundedFetch(
    (input) => {
      asked.push(String(input));
      return Promise.resolve().then(answer);
    },
    issuers,
    (host, because) => void told.push(`${host}: ${because}`),
  );
  return { fetch, asked, told };
}

describe("where an issuer's description may send the server", () => {
  it.each([
    ["the issuer itself", "https://id.example.com/keys", [ISSUER]],
    ["another public name, as some issuers have it", "https://keys.example.org/v3", [ISSUER]],
    ["an issuer within, which the settings name", "https://10.0.0.7/keys", ["https://10.0.0.7"]],
    ["a local issuer of a trial", "http://127.0.0.1:9000/keys", ["http://127.0.0.1:9000"]],
  ])("%s is asked", async (_name, address, issuers) => {
    const { fetch, asked } = asking(issuers);
    expect((await fetch(address)).status).toBe(200);
    expect(asked).toEqual([address]);
  });

  it.each<readonly [string, string, RegExp]>([
    ...["127.1", "0177.0.0.1", "0x7f.1", "2130706433", "0", "[::1]", "[::ffff:7f00:1]"].map(
      (host) => [`SS1 ${host}`, `https://${host}/keys`, /no name/] as const,
    ),
    ...["169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376"].map(
      (host) => [`SS3 the metadata address as ${host}`, `https://${host}/`, /no name/] as const,
    ),
    ["SS3 the metadata address by IPv6", "https://[fd00:ec2::254]/", /no name/],
    ["SS3 the metadata address by name", "https://metadata.google.internal/", /within/],
    ["SS1 a name within", "https://db.lan/", /within/],
    ["SS1 a name with a dot at its end", "https://db.internal./", /within/],
    ["SS1 a name without a dot", "https://postgres/", /within/],
    ["SS1 localhost", "https://localhost/", /within/],
    ["SS6 another scheme", "file:///etc/passwd", /https/],
    ["SS6 an old scheme", "gopher://keys.example.org/", /https/],
    ["SS6 without encryption", "http://keys.example.org/", /https/],
    ["SS6 the issuer without encryption", "http://id.example.com/keys", /https/],
    ["SS6 credentials", "https://a:b@id.example.com/keys", /credentials/],
  ])("%s is not", async (_name, address, because) => {
    const { fetch, asked, told } = asking();
    await expect(fetch(address)).rejects.toThrow("cannot be reached");
    expect(asked).toEqual([]);
    expect(told).toEqual([expect.stringMatching(because)]);
  });

  it("SS6 a line break in an address is taken out by the parser or refused, and splits no header", async () => {
    const { fetch, asked } = asking();
    await expect(fetch("https://id.example.com\r\nx: y/")).rejects.toThrow();
    await fetch("https://id.example.com/a\r\nb");
    expect(asked.map((address) => new URL(address).href)).toEqual(["https://id.example.com/ab"]);
  });

  it("SS8 what the network says of hosts within is told inside and not to whoever asked", async () => {
    const { fetch, told } = asking([ISSUER], () => {
      throw new TypeError("fetch failed", {
        cause: new Error("connect ECONNREFUSED 10.1.2.3:443"),
      });
    });
    await expect(fetch(ISSUER)).rejects.toThrow(/^(?!.*10\.1\.2\.3).*cannot be reached/);
    expect(told).toEqual(["id.example.com: fetch failed: connect ECONNREFUSED 10.1.2.3:443"]);
  });

  it("SS5 a redirect is not followed", async () => {
    const { fetch, told } = asking([ISSUER], () => Response.redirect("https://10.0.0.1/", 302));
    await expect(fetch(ISSUER)).rejects.toThrow("cannot be reached");
    expect(told).toEqual(["id.example.com: it answers with a redirect (302)"]);
  });
});
