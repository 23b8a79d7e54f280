// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of other languages
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stepBetween } from "../../src/dependencies/dependency.ts";
import { readerOf } from "../../src/dependencies/formats.ts";
import { DEPENDENCIES_SOURCE } from "../../src/dependencies/source.ts";
import { changed, type Sides, world } from "../code/changed.ts";

async function find(before: Sides, after: Sides, rest: Sides = {}): Promise<readonly string[]> {
  const files = changed(before, after);
  const { deltas, gaps } = await DEPENDENCIES_SOURCE.read(files, world({ ...rest, ...after }));
  return [
    ...deltas.map((one) =>
      `${one.path}:${one.line} ${one.aspect} ${one.op} ${one.subject} ${one.tags.filter((tag) => !/^(npm|python|go|cargo|maven|gradle|manifest|lock|runtime)$/.test(tag)).join(",")}`.trim(),
    ),
    ...gaps.map((one) => `gap ${one.code} ${one.path}`),
  ].sort();
}

const pkg = (dependencies: object, more: object = {}): string =>
  `${JSON.stringify({ name: "shop", ...more, dependencies }, null, 2)}\n`;
const lock = (packages: object): string =>
  `${JSON.stringify({ lockfileVersion: 3, packages: { "": { name: "shop" }, ...packages } }, null, 2)}\n`;
const npm = (version: string, more: object = {}): object => ({
  version,
  resolved: `https://registry.npmjs.org/a/-/a-${version}.tgz`,
  integrity: `sha512-${version}`,
  ...more,
});

type Case = {
  readonly case: string;
  readonly before: Sides;
  readonly after: Sides;
  readonly rest?: Sides;
  readonly finds: readonly string[];
};

const CASES: readonly Case[] = [
  {
    case: "npm: added, major, star and Git",
    before: { "package.json": pkg({ left: "^1.0.0" }), "package-lock.json": lock({}) },
    after: {
      "package.json": pkg({ left: "^2.0.0", any: "*", fork: "github:x/fork#main" }),
      "package-lock.json": lock({ "node_modules/any": npm("1.0.0") }),
    },
    finds: [
      "package-lock.json:1 lock changed package-lock.json refresh",
      "package.json:4 version changed left major",
      "package.json:5 dependency added any",
      "package.json:5 unpinned added any",
      "package.json:6 dependency added fork",
      "package.json:6 source added fork",
      "package.json:6 unpinned added fork",
    ],
  },
  {
    case: "npm: a bot's lock refresh",
    before: { "package-lock.json": lock({ "node_modules/a": npm("1.0.0") }) },
    after: {
      "package-lock.json": lock({ "node_modules/a": npm("1.0.4"), "node_modules/b": npm("2.0.0") }),
    },
    finds: ["package-lock.json:1 lock changed package-lock.json no-manifest,refresh"],
  },
  {
    case: "npm: a lock alone with another host, other content and a script",
    before: {
      "package-lock.json": lock({ "node_modules/a": npm("1.0.0"), "node_modules/b": npm("1.0.0") }),
    },
    after: {
      "package-lock.json": lock({
        "node_modules/a": npm("1.0.0", { integrity: "sha512-other" }),
        "node_modules/b": npm("1.0.0", { resolved: "https://evil.example.com/b.tgz" }),
        "node_modules/c": npm("1.0.0", { hasInstallScript: true }),
      }),
    },
    finds: [
      "package-lock.json:1 lock changed package-lock.json no-manifest",
      "package-lock.json:12 source changed b",
      "package-lock.json:17 install-script added c",
      "package-lock.json:7 integrity changed a",
    ],
  },
  {
    case: "npm: a manifest alone beside a lock, and an install hook of its own",
    before: { "package.json": pkg({ left: "^1.0.0" }) },
    after: { "package.json": pkg({ left: "^1.1.0" }, { scripts: { postinstall: "node x.js" } }) },
    rest: { "package-lock.json": lock({}) },
    finds: [
      "package.json:4 install-script added postinstall own",
      "package.json:7 manifest-without-lock changed package-lock.json",
      "package.json:7 version changed left minor",
    ],
  },
  {
    case: "npm: another registry",
    before: { ".npmrc": "fund=false\n" },
    after: { ".npmrc": "fund=false\nregistry=https://npm.example.com/\n" },
    finds: [".npmrc:2 registry added https://npm.example.com/"],
  },
  {
    case: "yarn: versions of one name",
    before: {
      "yarn.lock":
        '# v1\n\n"@a/b@^1.0.0":\n  version "1.0.0"\n  resolved "https://registry.yarnpkg.com/x.tgz#abc"\n  integrity sha512-a\n',
    },
    after: {
      "yarn.lock":
        '# v1\n\n"@a/b@^1.0.0":\n  version "1.0.0"\n  resolved "https://codeload.github.com/x/tar.gz"\n  integrity sha512-a\n',
    },
    finds: ["yarn.lock:1 lock changed yarn.lock no-manifest", "yarn.lock:3 source changed @a/b@1"],
  },
  {
    case: "pnpm: a build script appears",
    before: {
      "pnpm-lock.yaml":
        "lockfileVersion: '6.0'\n\npackages:\n\n  /a@1.0.0:\n    resolution: {integrity: sha512-a}\n",
    },
    after: {
      "pnpm-lock.yaml":
        "lockfileVersion: '6.0'\n\npackages:\n\n  /a@1.0.1:\n    resolution: {integrity: sha512-b}\n    requiresBuild: true\n",
    },
    finds: [
      "pnpm-lock.yaml:1 lock changed pnpm-lock.yaml no-manifest",
      "pnpm-lock.yaml:5 install-script changed a@1",
    ],
  },
  {
    case: "python: requirements",
    before: { "requirements.txt": "flask==2.3.0\nrequests==2.31.0  # http\n" },
    after: {
      "requirements.txt":
        "flask==3.0.0\nrequests\n--extra-index-url https://pip.example.com/simple\ngit+https://example.com/x/tool.git@main#egg=tool\n",
    },
    finds: [
      "requirements.txt:1 version changed flask major",
      "requirements.txt:2 unpinned changed requests",
      "requirements.txt:2 version changed requests unknown",
      "requirements.txt:3 registry added https://pip.example.com/simple",
      "requirements.txt:4 dependency added tool",
      "requirements.txt:4 source added tool",
      "requirements.txt:4 unpinned added tool",
    ],
  },
  {
    case: "python: pyproject and its lock",
    before: {
      "pyproject.toml": '[project]\ndependencies = [\n  "django>=4.2,<5",\n]\n',
      "uv.lock":
        '[[package]]\nname = "django"\nversion = "4.2.1"\nsource = { registry = "https://pypi.org/simple" }\n',
    },
    after: {
      "pyproject.toml": '[project]\ndependencies = [\n  "django>=5.0,<6", # up\n]\n',
      "uv.lock":
        '[[package]]\nname = "django"\nversion = "5.0.1"\nsource = { registry = "https://pypi.org/simple" }\n',
    },
    finds: [
      "pyproject.toml:3 version changed django major",
      "uv.lock:1 lock changed uv.lock refresh",
    ],
  },
  {
    case: "python: poetry groups and Git",
    before: { "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\n' },
    after: {
      "pyproject.toml":
        '[tool.poetry.dependencies]\npython = "^3.11"\ntool = { git = "https://example.com/x/tool.git" }\n\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
    },
    finds: [
      "pyproject.toml:3 dependency added tool",
      "pyproject.toml:3 source added tool",
      "pyproject.toml:3 unpinned added tool",
      "pyproject.toml:6 dependency added pytest dev",
      "pyproject.toml:6 unpinned added pytest dev",
    ],
  },
  {
    case: "go: major, replacement, lock",
    before: {
      "go.mod":
        "module a\n\nrequire (\n\tx.example.com/b v1.2.0\n\tx.example.com/c v0.1.0 // indirect\n)\n",
      "go.sum": "x.example.com/b v1.2.0 h1:aa=\n",
    },
    after: {
      "go.mod":
        "module a\n\nrequire (\n\tx.example.com/b v2.0.0\n\tx.example.com/c v0.9.0 // indirect\n)\n\nreplace x.example.com/b => github.com/fork/b v1.0.0\n",
      "go.sum": "x.example.com/b v1.2.0 h1:zz=\n",
    },
    finds: [
      "go.mod:4 version changed x.example.com/b major",
      "go.mod:8 dependency added x.example.com/b (replaced)",
      "go.mod:8 source added x.example.com/b (replaced)",
      "go.sum:1 integrity changed x.example.com/b@v1.2.0",
      "go.sum:1 lock changed go.sum",
    ],
  },
  {
    case: "cargo: tables, star and Git",
    before: { "Cargo.toml": '[dependencies]\nserde = "1.0"\n' },
    after: {
      "Cargo.toml":
        '[dependencies]\nserde = { version = "2.0", features = ["derive"] }\nany = "*"\nlocal = { path = "../local" }\n\n[dev-dependencies.tool]\ngit = "https://example.com/tool"\nrev = "0123456789"\n',
    },
    finds: [
      "Cargo.toml:2 version changed serde major",
      "Cargo.toml:3 dependency added any",
      "Cargo.toml:3 unpinned added any",
      "Cargo.toml:4 dependency added local",
      "Cargo.toml:7 dependency added tool dev",
      "Cargo.toml:7 source added tool dev",
    ],
  },
  {
    case: "maven: property, range and repository",
    before: {
      "pom.xml":
        "<project>\n<properties><j.version>2.1</j.version></properties>\n<dependencies>\n<dependency>\n<groupId>g</groupId><artifactId>a</artifactId>\n<version>${j.version}</version>\n</dependency>\n</dependencies>\n</project>\n",
    },
    after: {
      "pom.xml":
        "<project>\n<properties><j.version>3.0</j.version></properties>\n<dependencies>\n<dependency>\n<groupId>g</groupId><artifactId>a</artifactId>\n<version>${j.version}</version>\n</dependency>\n<dependency>\n<groupId>g</groupId><artifactId>b</artifactId>\n<version>LATEST</version>\n</dependency>\n</dependencies>\n<repositories><repository><url>https://m.example.com</url></repository></repositories>\n</project>\n",
    },
    finds: [
      "pom.xml:10 dependency added g:b",
      "pom.xml:10 unpinned added g:b",
      "pom.xml:13 registry added https://m.example.com",
      "pom.xml:6 version changed g:a major",
    ],
  },
  {
    case: "gradle: catalog",
    before: {
      "gradle/libs.versions.toml":
        '[versions]\nok = "4.1.0"\n[libraries]\nokhttp = { module = "g:okhttp", version.ref = "ok" }\n',
    },
    after: {
      "gradle/libs.versions.toml":
        '[versions]\nok = "5.0.0"\n[libraries]\nokhttp = { module = "g:okhttp", version.ref = "ok" }\n',
    },
    finds: ["gradle/libs.versions.toml:2 version changed okhttp major"],
  },
  {
    case: "an unreadable manifest is a gap",
    before: { "package.json": pkg({}) },
    after: { "package.json": "<<<<<<< HEAD\n" },
    finds: ["gap unparsable package.json"],
  },
  {
    case: "other fields and order are nothing",
    before: { "package.json": pkg({ a: "1.0.0", b: "1.0.0" }) },
    after: { "package.json": pkg({ b: "1.0.0", a: "1.0.0" }, { license: "MIT" }) },
    finds: [],
  },
];

describe("dependencies source", () => {
  it.each(CASES.map((one) => [one.case, one] as const))("%s", async (_, one) => {
    expect(await find(one.before, one.after, one.rest)).toEqual([...one.finds].sort());
  });
  it.each([
    ["1.2.3", "2.0.0", "major"],
    ["^0.4.1", "^0.5.0", "major"],
    ["~=1.2", "~=1.3", "minor"],
    ["v1.2.3", "v1.2.4", "patch"],
    ["2.0.0", "1.9.9", "downgrade"],
    ["1.0", "1.0.0", "same"],
    ["latest", "1.0.0", "unknown"],
  ])("%s to %s is %s", (before, after, step) => {
    expect(stepBetween(before, after)).toBe(step);
  });
  it("reads anything under every name without throwing", () => {
    const names = [
      "package.json",
      "package-lock.json",
      "yarn.lock",
      "pnpm-lock.yaml",
      ".npmrc",
      "requirements.txt",
      "pyproject.toml",
      "poetry.lock",
      "Pipfile.lock",
      "go.mod",
      "go.sum",
      "Cargo.toml",
      "Cargo.lock",
      "pom.xml",
      "libs.versions.toml",
      "build.gradle",
      "gradle.lockfile",
    ];
    const piece = fc.constantFrom(
      '"a"',
      ":",
      "{",
      "}",
      "[",
      "]",
      "\n",
      "=",
      "[[package]]",
      "<dependency>",
      "</dependency>",
      "name",
      "version",
      "  ",
      '"node_modules/a"',
      "==1.0",
      "require (",
      "\t",
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join("")),
        ),
        (name, text) => {
          const file = readerOf(name)?.(text, name);
          for (const one of file?.dependencies ?? []) expect(one.line).toBeGreaterThan(0);
        },
      ),
      { numRuns: 1_000 },
    );
    const nested = "[".repeat(100_000);
    for (const name of names) readerOf(name)?.(`{"dependencies":${nested}`, name);
  });
});
