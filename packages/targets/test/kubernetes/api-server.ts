// SPDX-License-Identifier: Apache-2.0
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Owner = {
  manager: string;
  operation: "Apply" | "Update";
  subresource?: string;
  keys: Set<string>;
  time: string | null;
};
type By = {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  /** As in `metadata.managedFields`; absent unless told. */
  readonly time?: string;
  readonly subresource?: string;
};
type Held = {
  namespace: string;
  name: string;
  data: Map<string, string>;
  binaryData: Map<string, string>;
  annotations: Map<string, string>;
  owners: Owner[];
  version: number;
};
type Applied = {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
};

/**
 * A stand-in for an API server, ConfigMaps alone, after the published API: server-side apply with
 * ownership in managedFields, conflicts with their causes, resourceVersion, watch and 410. Real
 * clusters do far more; no real one was at hand.
 */
export type ApiServer = {
  readonly origin: string;
  readonly port: number;
  /** Writes as `manager`, by an update or an apply of this one key. */
  readonly write: (path: string, key: string, value: Uint8Array | null, by: By) => void;
  /** Forgets what happened before, as the store does every five minutes, and ends all watches. */
  readonly compact: () => void;
  readonly endWatches: () => void;
  readonly lists: () => number;
  readonly close: () => Promise<void>;
};

export async function startApiServer(token?: string): Promise<ApiServer> {
  const objects = new Map<string, Held>();
  const events: { readonly at: number; readonly line: string; readonly namespace: string }[] = [];
  const watches = new Set<{
    readonly response: ServerResponse;
    readonly namespace: string | null;
  }>();
  let version = 100;
  let oldest = 0;
  let lists = 0;

  const changed = (held: Held): void => {
    version += 1;
    const type = held.version === 0 ? "ADDED" : "MODIFIED";
    held.version = version;
    const line = `${JSON.stringify({ type, object: shownOf(held) })}\n`;
    events.push({ at: version, line, namespace: held.namespace });
    for (const { response, namespace } of watches)
      if (namespace === null || namespace === held.namespace) response.write(line);
  };
  const heldAt = (path: string): Held => {
    const [namespace = "", name = ""] = path.split("/");
    const made = { namespace, name, owners: [], version: 0 };
    const maps = { data: new Map(), binaryData: new Map(), annotations: new Map() };
    const held = objects.get(path) ?? { ...made, ...maps };
    objects.set(path, held);
    return held;
  };
  const patch = (path: string, manager: string, body: Applied): readonly [number, unknown] => {
    const wanted = body.metadata?.resourceVersion;
    const current = objects.get(path);
    if (wanted !== undefined && wanted !== String(current?.version ?? ""))
      return conflict("the object has been modified", []);
    const fields = fieldsOf(body);
    const keys = [...Object.keys(body.data ?? {}), ...Object.keys(body.binaryData ?? {})];
    const bad = keys.find((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key.startsWith(".."));
    if (bad !== undefined) return [422, { kind: "Status", code: 422, message: `data[${bad}]` }];
    const causes = current === undefined ? [] : conflictsOf(current, manager, fields);
    if (causes.length > 0) return conflict("Apply failed with conflicts", causes);
    const held = heldAt(path);
    const before = JSON.stringify(shownOf(held));
    apply(held, manager, fields);
    if (held.version === 0 || JSON.stringify(shownOf(held)) !== before) changed(held);
    return [200, shownOf(held)];
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const url = new URL(request.url ?? "", "http://localhost");
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status).end(JSON.stringify(body));
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return answer(401, { kind: "Status", code: 401, message: "Unauthorized" });
    if (url.pathname === "/version") return answer(200, { gitVersion: "v1.34.0" });
    const [, namespace = null, name] =
      /^\/api\/v1(?:\/namespaces\/([^/]+))?\/configmaps(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    if (name === undefined && url.searchParams.get("watch") !== null) {
      const since = Number(url.searchParams.get("resourceVersion"));
      if (since < oldest) return answer(410, { kind: "Status", code: 410, reason: "Expired" });
      response.writeHead(200);
      response.flushHeaders();
      for (const event of events)
        if (event.at > since && (namespace === null || event.namespace === namespace))
          response.write(event.line);
      const watch = { response, namespace };
      watches.add(watch);
      response.on("close", () => watches.delete(watch));
      return;
    }
    if (name === undefined && request.method === "POST") {
      const { metadata } = JSON.parse(Buffer.concat(chunks).toString());
      if (objects.has(`${namespace}/${metadata.name}`))
        return answer(409, { kind: "Status", code: 409, reason: "AlreadyExists" });
      changed(heldAt(`${namespace}/${metadata.name}`));
      return answer(201, shownOf(heldAt(`${namespace}/${metadata.name}`)));
    }
    if (name === undefined) {
      lists += 1;
      const found = [...objects.values()].filter((held) =>
        [null, held.namespace].includes(namespace),
      );
      const items = found.map((held) => ({ ...shownOf(held), kind: undefined }));
      return answer(200, { metadata: { resourceVersion: String(version) }, items });
    }
    const path = `${namespace}/${name}`;
    const held = objects.get(path);
    if (request.method === "GET")
      return held === undefined
        ? answer(404, { kind: "Status", code: 404 })
        : answer(200, shownOf(held));
    const manager = url.searchParams.get("fieldManager") ?? "";
    if (request.headers["content-type"] !== "application/apply-patch+yaml") return answer(415, {});
    if (url.searchParams.get("force") === "true") return answer(500, {});
    const [status, body] = patch(path, manager, JSON.parse(Buffer.concat(chunks).toString()));
    answer(status, body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  const endWatches = (): void => {
    for (const { response } of watches) response.destroy();
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    write: (path, key, value, { manager, operation, time, subresource }) => {
      const held = heldAt(path);
      held.data.delete(key);
      held.binaryData.delete(key);
      if (value !== null) held.data.set(key, Buffer.from(value).toString("utf8"));
      for (const owner of held.owners) owner.keys.delete(`d:${key}`);
      if (value !== null) {
        const owner = ownerOf(held, manager, operation);
        owner.keys.add(`d:${key}`);
        owner.time = time ?? null;
        if (subresource !== undefined) owner.subresource = subresource;
      }
      changed(held);
    },
    compact: () => {
      oldest = version + 1;
      version += 1;
      events.length = 0;
      endWatches();
    },
    endWatches,
    lists: () => lists,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** By `d:key`, `b:key` and `a:name`: data, binaryData, annotations. */
function fieldsOf(body: Applied): ReadonlyMap<string, string> {
  const of = (sign: string, part: Readonly<Record<string, string>> = {}) =>
    Object.entries(part).map(([key, value]) => [`${sign}:${key}`, value] as const);
  const annotations = of("a", body.metadata?.annotations);
  return new Map([...of("d", body.data), ...of("b", body.binaryData), ...annotations]);
}

const partOf = (held: Held, field: string): Map<string, string> =>
  field.startsWith("d:") ? held.data : field.startsWith("b:") ? held.binaryData : held.annotations;

function conflictsOf(held: Held, manager: string, fields: ReadonlyMap<string, string>) {
  return [...fields].flatMap(([field, value]) => {
    if (partOf(held, field).get(field.slice(2)) === value) return [];
    const owner = held.owners.find(
      ({ keys, ...who }) =>
        keys.has(field) && !(who.manager === manager && who.operation === "Apply"),
    );
    if (owner === undefined) return [];
    const name = { d: ".data.", b: ".binaryData.", a: ".metadata.annotations." }[field[0] ?? ""];
    const message = `conflict with "${owner.manager}" using v1`;
    return [{ reason: "FieldManagerConflict", message, field: `${name}${field.slice(2)}` }];
  });
}

function ownerOf(held: Held, manager: string, operation: Owner["operation"]): Owner {
  const found = held.owners.find((one) => one.manager === manager && one.operation === operation);
  if (found !== undefined) return found;
  const made: Owner = { manager, operation, keys: new Set(), time: null };
  held.owners.push(made);
  return made;
}

/** What this manager applied before and leaves out now goes, unless somebody else owns it too. */
function apply(held: Held, manager: string, fields: ReadonlyMap<string, string>): void {
  const own = ownerOf(held, manager, "Apply");
  for (const field of own.keys)
    if (!fields.has(field) && !held.owners.some((one) => one !== own && one.keys.has(field)))
      partOf(held, field).delete(field.slice(2));
  for (const [field, value] of fields) partOf(held, field).set(field.slice(2), value);
  own.keys = new Set(fields.keys());
}

const conflict = (message: string, causes: readonly unknown[]): readonly [number, unknown] => [
  409,
  { kind: "Status", code: 409, reason: "Conflict", message, details: { causes } },
];

function shownOf(held: Held) {
  const fieldsV1 = (keys: ReadonlySet<string>, sign: string) =>
    Object.fromEntries(
      [...keys].filter((key) => key.startsWith(sign)).map((key) => [`f:${key.slice(2)}`, {}]),
    );
  return {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: {
      namespace: held.namespace,
      name: held.name,
      resourceVersion: String(held.version),
      annotations: Object.fromEntries(held.annotations),
      managedFields: held.owners.map(({ manager, operation, subresource, keys, time }) => ({
        manager,
        operation,
        ...(subresource === undefined ? {} : { subresource }),
        ...(time === null ? {} : { time }),
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": fieldsV1(keys, "d:"), "f:binaryData": fieldsV1(keys, "b:") },
      })),
    },
    data: Object.fromEntries(held.data),
    binaryData: Object.fromEntries(held.binaryData),
  };
}
