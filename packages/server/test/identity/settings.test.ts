// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withForgeTeams } from "../../src/identity/settings.ts";
import { readIdentitySettings } from "../../src/index.ts";

const SIGN_IN = { name: "a", title: "A", issuer: "https://a.example.com", clientId: "c" };
const RULE = { repository: "1", verbs: ["check"], where: { repository_id: "1" } };
const CI = { issuer: "https://ci.example.com", audience: "https://x", allow: [RULE] };
const SCIM = { emailDomains: ["example.com"] };
const groups = { teams: { g: "sre" } };

describe("identity settings", () => {
  it.each<readonly [string, object, string]>([
    [
      "an issuer without TLS",
      { signIn: [{ ...SIGN_IN, issuer: "http://a.example.com" }] },
      "https",
    ],
    [
      "a host that only begins like ours",
      { signIn: [{ ...SIGN_IN, issuer: "http://localhost.example.com" }] },
      "https",
    ],
    [
      "an issuer with a fragment",
      { signIn: [{ ...SIGN_IN, issuer: "https://a.example.com#b" }] },
      "fragment",
    ],
    [
      "two of one name",
      { signIn: [SIGN_IN, { ...SIGN_IN, issuer: "https://b.example.com" }] },
      "twice",
    ],
    ["two of one issuer", { signIn: [SIGN_IN, { ...SIGN_IN, name: "b" }] }, "twice"],
    ["no scope `openid`", { signIn: [{ ...SIGN_IN, scopes: ["profile"] }] }, "openid"],
    ["a secret that is not there", { signIn: [{ ...SIGN_IN, clientSecretEnv: "NONE" }] }, "secret"],
    [
      "a secret file that is not there",
      { signIn: [{ ...SIGN_IN, clientSecretFile: "/none" }] },
      "secret",
    ],
    [
      "two secrets",
      { signIn: [{ ...SIGN_IN, clientSecretEnv: "A", clientSecretFile: "b" }] },
      "and in a variable",
    ],
    [
      "a team with two sources",
      { signIn: [{ ...SIGN_IN, groups }], scim: { ...SCIM, ...groups } },
      "two sources",
    ],
    ["SCIM without a domain", { scim: { emailDomains: [] } }, "emailDomains"],
    [
      "TK3 a rule for CI that names its repository by name",
      { ci: [{ ...CI, allow: [{ ...RULE, where: { repository: "a/b" } }] }] },
      "given away",
    ],
    [
      "TK3 a rule for CI with several repositories",
      { ci: [{ ...CI, allow: [{ ...RULE, where: { repository_id: ["1", "2"] } }] }] },
      "given away",
    ],
    [
      "a token for more than a quarter of an hour",
      { ci: [{ ...CI, allow: [{ ...RULE, lifeMinutes: 16 }] }] },
      "lifeMinutes",
    ],
    ["a token for SCIM", { ci: [{ ...CI, allow: [{ ...RULE, verbs: ["scim"] }] }] }, "verbs"],
    ["a field that nobody defined", { signin: [] }, "signin"],
  ])("refuse %s", (_name, value, says) => {
    const read = readIdentitySettings(value, {});
    if (read.ok) throw new Error("it was taken");
    expect(read.failure.code).toBe("INPUT_INVALID");
    expect(read.failure.message).toContain(says);
  });

  it("read secrets from a file or a variable, and take a whole sound file", () => {
    const folder = mkdtempSync(join(tmpdir(), "interlock-identity-"));
    const clientSecretFile = join(folder, "secret");
    writeFileSync(clientSecretFile, "from a file\n");
    const other = { ...SIGN_IN, name: "b", issuer: "https://b.example.com" };
    const read = readIdentitySettings(
      {
        signIn: [
          { ...SIGN_IN, clientSecretFile },
          { ...other, clientSecretEnv: "B" },
          { ...other, name: "c", issuer: "http://localhost:8080" },
        ],
        scim: { ...SCIM, ...groups },
        ci: [CI],
      },
      { B: "from a variable" },
    );
    rmSync(folder, { recursive: true });
    if (!read.ok) throw new Error(read.failure.message);
    const secrets = read.value.signIn.map(({ clientSecret }) => clientSecret);
    expect(secrets).toEqual(["from a file", "from a variable", null]);
    expect(JSON.stringify(read.value)).not.toContain(folder);
    expect(read.value.ci[0]?.allow[0]?.lifeMinutes).toBe(10);
  });

  it("a team of a forge has no other source (one-source-a-team)", () => {
    const read = readIdentitySettings({ scim: { ...SCIM, ...groups } }, {});
    if (!read.ok) throw new Error(read.failure.message);
    const team = (name: string) => [{ team: name, group: "github:55" }];
    expect(withForgeTeams(read.value, team("payments"))).toMatchObject({ ok: true });
    expect(withForgeTeams(read.value, team("sre"))).toMatchObject({
      ok: false,
      failure: { code: "INPUT_INVALID", message: expect.stringContaining("`sre` has two sources") },
    });
  });
});
