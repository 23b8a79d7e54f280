// SPDX-License-Identifier: Apache-2.0
/**
 * What an admission webhook takes under load, as ratios to a bare HTTPS server that parses the same
 * review and answers it, without and with a durable line for each, in the same run: one request after
 * the other, and many at once. The state holds
 * 1,000 manifests; each request is of one of them, as the API server would store it, and is let in.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createServer as createPlainServer } from "node:http";
import { Agent, createServer, type Server, request as secureRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Hex, utf8 } from "@interlock/digest";
import { quantile } from "@interlock/testkit";
import { openAdmission } from "../src/admission/open.ts";
import { readSettings } from "../src/admission/settings.ts";

const OBJECTS = 1_000;
const SERIAL = 300;
const TOGETHER = 32;
const ROUNDS = 40;

const deployment = (i: number) => ({
  ...{
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `web-${i}`, namespace: "shop" },
  },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: `web-${i}` } },
    template: {
      metadata: { labels: { app: `web-${i}` } },
      spec: {
        containers: Array.from({ length: 3 }, (_, n) => ({
          ...{ name: `c${n}`, image: "registry.example.com/web:3" },
          env: Array.from({ length: 20 }, (__, v) => ({ name: `V${v}`, value: `${v}` })),
          ports: [{ containerPort: 8_080 + n }],
          resources: { requests: { cpu: "0.5", memory: "1024Mi" } },
        })),
      },
    },
  },
});

/** With the defaults of the API server. */
function stored(i: number) {
  const { spec, metadata, ...rest } = deployment(i);
  const containers = spec.template.spec.containers.map((one) => ({
    ...one,
    ...{ imagePullPolicy: "IfNotPresent", terminationMessagePolicy: "File" },
    terminationMessagePath: "/dev/termination-log",
    ports: one.ports.map((port) => ({ ...port, protocol: "TCP" })),
    resources: { requests: { cpu: "500m", memory: "1Gi" } },
  }));
  const pod = {
    ...{ containers, restartPolicy: "Always", dnsPolicy: "ClusterFirst", securityContext: {} },
    ...{ schedulerName: "default-scheduler", terminationGracePeriodSeconds: 30 },
  };
  return {
    ...rest,
    metadata: {
      ...metadata,
      uid: `u${i}`,
      generation: 1,
      creationTimestamp: "2026-03-05T10:00:00Z",
    },
    spec: {
      ...{ ...spec, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
      },
      template: { ...spec.template, spec: pod },
    },
  };
}

const review = (i: number): string =>
  JSON.stringify({
    ...{ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" },
    request: {
      uid: `uid-${i}`,
      kind: { group: "apps", version: "v1", kind: "Deployment" },
      resource: { group: "apps", version: "v1", resource: "deployments" },
      ...{ name: `web-${i}`, namespace: "shop", operation: "CREATE", dryRun: false },
      ...{ userInfo: { username: "ana" }, object: stored(i), oldObject: null },
    },
  });

const home = mkdtempSync(join(tmpdir(), "interlock-bench-"));
const openssl = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
spawnSync(
  process.env["OPENSSL"] ?? "openssl",
  [...openssl, "-keyout", "k.pem", "-out", "c.pem", "-subj", "/CN=localhost"],
  {
    cwd: home,
  },
);
const tls = { cert: readFileSync(join(home, "c.pem")), key: readFileSync(join(home, "k.pem")) };

/** A stand-in of the Interlock server, which is asked once. */
const texts = Array.from({ length: OBJECTS }, (_, i) => JSON.stringify(deployment(i)));
const byHash = new Map(texts.map((text) => [sha256Hex(utf8(text)), text]));
const entries = [...byHash.keys()].map((after, i) => ({
  path: `d/${i}.json`,
  before: null,
  after,
}));
const told = { change: "c", index: 1, allowed: true, kept: true, entries };
const feeding = createPlainServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const bytes = (content: string) => Buffer.from(byHash.get(content) ?? "").toString("base64url");
    const answer = request.url?.endsWith("/changes")
      ? { changes: body.after < 1 ? [told] : [], after: 1, more: false }
      : {
          contents: body.contents.map((content: string) => ({ content, bytes: bytes(content) })),
          more: false,
        };
    response.end(JSON.stringify(answer));
  });
});
const listening = async (server: Server | typeof feeding): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port; // it listens
};
const settings = {
  ...{ version: 1, name: "bench", mode: "enforce", state: "state", tokenFile: "token" },
  ...{ listen: { address: "127.0.0.1:0", cert: "c.pem", key: "k.pem" }, ref: "refs/heads/main" },
  ...{ server: `http://127.0.0.1:${await listening(feeding)}`, manifests: [{ prefix: "d/" }] },
};
writeFileSync(join(home, "token"), "none");
writeFileSync(join(home, "admission.json"), JSON.stringify(settings));
const webhook = await openAdmission(readSettings(join(home, "admission.json")), () => undefined);
await webhook.feed.refresh();
const here = await listening(webhook.server);

/** Answers without a look; with a file, after a durable line. */
const bareServer = (file: FileHandle | null): Server =>
  createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const { uid } = JSON.parse(Buffer.concat(chunks).toString("utf8")).request;
      await file?.write(`${uid} was let in\n`);
      await file?.datasync();
      response.end(JSON.stringify({ response: { uid, allowed: true } }));
    });
  });
const lines = await open(join(home, "lines"), "a");
const [bare, durable] = [bareServer(null), bareServer(lines)];
const ports = [here, await listening(bare), await listening(durable)] as const;

const agent = new Agent({ keepAlive: true, ca: tls.cert, maxSockets: TOGETHER });
function milliseconds(port: number, body: string): Promise<number> {
  const start = performance.now();
  return new Promise((done, fail) => {
    const terms = { agent, host: "127.0.0.1", servername: "localhost", port, method: "POST" };
    const sent = secureRequest({ ...terms, path: "/validate" }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
      response.on("end", () =>
        JSON.parse(text).response?.allowed === true
          ? done(performance.now() - start)
          : fail(new Error(text)),
      );
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

const bodies = Array.from({ length: OBJECTS }, (_, i) => review(i));
const bodyAt = (i: number): string => bodies[i % OBJECTS] ?? "";

/** All in turn, so that what else the machine does meets each. */
async function compare(name: string, rounds: number, together: number): Promise<void> {
  const took = ports.map((): number[] => []);
  for (let round = -5; round < rounds; round++)
    for (const [i, port] of ports.entries()) {
      const sent = Array.from({ length: together }, (_, n) =>
        milliseconds(port, bodyAt((round + 5) * together + n)),
      );
      const all = await Promise.all(sent);
      if (round >= 0) took[i]?.push(...all);
    }
  for (const [label, share] of [
    ["median", 0.5],
    ["p99", 0.99],
  ] as const) {
    const [own = 0, plain = 0, kept = 0] = took.map((all) => quantile(all, share));
    const shown = [own, plain, kept].map((ms) => ms.toFixed(2)).join(" / ");
    process.stdout.write(
      `${name}, ${label}: ${shown} ms, ${(own / plain).toFixed(2)} x bare, ${(own / kept).toFixed(2)} x bare with a durable line\n`,
    );
  }
}

process.stdout.write(`a review of ${bodyAt(0).length} bytes, ${OBJECTS} manifests\n`);
await compare("one after the other", SERIAL, 1);
await compare(`${TOGETHER} at once`, ROUNDS, TOGETHER);
agent.destroy();
for (const server of [bare, durable, feeding]) {
  server.closeAllConnections();
  server.close();
}
webhook.server.closeAllConnections();
await webhook.close();
await lines.close();
rmSync(home, { recursive: true, force: true });
