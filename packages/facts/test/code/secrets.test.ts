// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of other languages
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entropyOf, secretDeltas } from "../../src/code/secrets.ts";
import { changed } from "./changed.ts";

// Assembled at run time, so that no scanner takes this file for a leak.
const glue = (...parts: readonly string[]): string => parts.join("");
const chance = (length: number): string =>
  "q7Zr2Lx9Kb4Vn8Tw3Hs6Jd5Mf1Pc0GyQeRuYiOaXvBzNmWkLpDhSjFtUgC".repeat(3).slice(5, 5 + length);

const BAD: readonly (readonly [string, string])[] = [
  ["aws-access-key", `key = "${glue("AKIA", "Q3EGRIYX5T7LMN2P")}"`],
  ["aws-secret-key", `aws_secret_access_key = ${chance(40)}`],
  ["google-api-key", `const k = "${glue("AIza", chance(35))}"`],
  ["github-token", `token: ${glue("gh", "p_", chance(36))}`],
  ["gitlab-token", `t = "${glue("glp", "at-", chance(20))}"`],
  ["slack-token", `t = "${glue("xox", "b-", "904218733561-", chance(24))}"`],
  ["stripe-key", `t = "${glue("sk_", "live_", chance(24))}"`],
  ["npm-token", `//registry.example.com/:_authToken=${glue("npm", "_", chance(36))}`],
  ["private-key", glue("-----BEGIN ", "RSA PRIVATE KEY-----")],
  [
    "json-web-token",
    `t = "${glue("ey", "J", chance(30))}.${glue("ey", "J", chance(40))}.${chance(43)}"`,
  ],
  ["connection-password", `url: postgres://shop:${chance(14)}@db.shop.internal:5432/orders`],
  ["azure-storage-key", `AccountName=a;AccountKey=${chance(86)}==;`],
  ["db_password", `db_password = "hT9!kd02_Lq"`],
  ["client_secret", `client_secret: "${chance(32)}"`],
  ["api_key", `API_KEY=${chance(32)}`],
];

const QUIET: readonly string[] = [
  'password = "changeme"',
  'password = "${DB_PASSWORD}"',
  "password: {{ vault_password }}",
  'password = os.environ["DB_PASSWORD"]',
  "password: String",
  "secretName: shop-database-credentials",
  "token: process.env.TOKEN",
  `key = "${glue("AKIA", "IOSFODNN7EXAMPLE")}"`,
  "url: postgres://postgres:postgres@db:5432/app",
  "url: postgres://user:password@localhost/app",
  "url: https://example.com/a:b@c",
  "nextPageToken: CAUQAA1234567890abc",
  "apiKey: getApiKey(context)",
  'secret_key = "arn:aws:secretsmanager:eu-west-1:123:secret:x-AbCdEf"',
  "public_key: MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
  "integrity: sha512-q7Zr2Lx9Kb4Vn8Tw3Hs6Jd5Mf1Pc0GyQeRuYiOaXvBzNmWkLpDhSjFtUgC==",
  "const tokenType = 'Bearer';",
  "  password: str = Field(min_length=8)",
  'label = "Reset your password"',
];

const find = (path: string, before: string, after: string) =>
  secretDeltas(changed({ [path]: before }, { [path]: after }));

describe("secretDeltas", () => {
  it.each(BAD)("finds a %s and never repeats it", (name, line) => {
    const [found, ...rest] = find("deploy/app.conf", "a = 1\n", `a = 1\n${line}\n`);
    expect(found?.subject).toBe(name);
    expect(found?.line).toBe(2);
    expect(rest).toEqual([]);
    expect(JSON.stringify(found)).not.toContain(line.slice(-14, -2));
  });
  it.each(BAD)("is silent about an old %s", (_, line) => {
    expect(find("deploy/app.conf", `${line}\n`, `${line}\nb = 2\n`)).toEqual([]);
  });
  it.each(QUIET)("leaves %s alone", (line) => {
    expect(find("deploy/app.yaml", "", `${line}\n`)).toEqual([]);
  });
  it("is quiet in tests, examples and encrypted files", () => {
    const line = `password = "hT9!kd02_Lq"\n`;
    expect(find("app/test/a.py", "", line)).toEqual([]);
    expect(find("config/.env.example", "", line)).toEqual([]);
    expect(find("config/a.yaml", "", `${line}sops:\n  version: 3\n`)).toEqual([]);
  });
  it("never throws and stays linear", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        expect(find("a.conf", "", `password = "${text}"\n`).length).toBeLessThan(50);
      }),
      { numRuns: 200 },
    );
    expect(find("a.conf", "", `password: ${"a_".repeat(2_400)}`)).toEqual([]);
  });
  it("measures chance", () => {
    expect(entropyOf("aaaaaaaa")).toBe(0);
    expect(entropyOf("abcdefgh")).toBe(3);
  });
});
