// SPDX-License-Identifier: Apache-2.0
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fieldsOf, fieldsV1, pathText, setField, type Tree } from "./fields.ts";

type Owner = {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly subresource?: string;
  readonly time?: string;
  fields: Set<string>;
};
export type By = Omit<Owner, "fields">;
type Held = { object: Tree; owners: Owner[]; version: number; generation: number };

/**
 * A stand-in for the API of workloads (`apps/v1`), after the published API: server-side apply with
 * lists that are maps by name, ownership, conflicts with their causes as the API server words them,
 * resourceVersion, generation, a validation, watch. No controller runs: a test says what it did.
 */
export type WorkloadServer = {
  readonly origin: string;
  readonly port: number;
  /** Makes or replaces an object as `by`, whatever others own. */
  readonly update: (path: string, by: By, change: (object: Tree) => void) => void;
  /** An apply with `force`, as a person hands fields over. What has this value already is shared. */
  readonly force: (path: string, manager: string, object: Tree) => void;
  /** The others leave to a manager what it shares with them, as by a patch of managedFields. */
  readonly leave: (path: string, manager: string) => void;
  readonly status: (path: string, status: Tree) => void;
  readonly object: (path: string) => Tree | undefined;
  readonly remove: (path: string) => void;
  readonly applies: readonly Tree[];
  readonly close: () => Promise<void>;
};

const copy = (object: Tree): Tree => JSON.parse(JSON.stringify(object));

/** `path`: `namespace/plural/name`. */
export async function startWorkloadServer(): Promise<WorkloadServer> {
  const objects = new Map<string, Held>();
  const watches = new Set<{ readonly response: ServerResponse; readonly prefix: string }>();
  const events: { readonly at: number; readonly path: string; readonly line: string }[] = [];
  const applies: Tree[] = [];
  let version = 100;

  const tell = (path: string, held: Held, type: string): void => {
    version += 1;
    held.version = version;
    const line = `${JSON.stringify({ type, object: shownOf(path, held) })}\n`;
    events.push({ at: version, path, line });
    for (const { response, prefix } of watches) if (isBelow(path, prefix)) response.write(line);
  };
  const changed = (path: string, held: Held, before: string): void => {
    const spec = JSON.stringify(held.object["spec"] ?? {});
    if (spec !== before) held.generation += 1;
    tell(path, held, held.version === 0 ? "ADDED" : "MODIFIED");
  };
  const heldAt = (path: string): Held => {
    const held = objects.get(path) ?? { object: {}, owners: [], version: 0, generation: 0 };
    objects.set(path, held);
    return held;
  };

  const update: WorkloadServer["update"] = (path, by, change) => {
    const held = heldAt(path);
    const spec = JSON.stringify(held.object["spec"] ?? {});
    const before = fieldsOf(held.object);
    change(held.object);
    const after = fieldsOf(held.object);
    const own = ownerOf(held, by);
    for (const [field, value] of after) {
      if (before.has(field) && JSON.stringify(before.get(field)) === JSON.stringify(value))
        continue;
      for (const owner of held.owners) owner.fields.delete(field);
      own.fields.add(field);
    }
    for (const owner of held.owners)
      for (const field of owner.fields) if (!after.has(field)) owner.fields.delete(field);
    changed(path, held, spec);
  };

  const apply = (path: string, manager: string, body: Tree, force: boolean): Answer => {
    const held = objects.get(path);
    const { resourceVersion } = (body["metadata"] ?? {}) as { readonly resourceVersion?: string };
    if (held === undefined) return [404, { kind: "Status", code: 404, message: "not found" }];
    if (resourceVersion !== undefined && resourceVersion !== String(held.version))
      return conflict("the object has been modified", []);
    const wanted = fieldsOf(body);
    const live = fieldsOf(held.object);
    const isOwn = (one: Owner): boolean => one.manager === manager && one.operation === "Apply";
    const causes = [...wanted].flatMap(([field, value]) => {
      if (JSON.stringify(live.get(field)) === JSON.stringify(value)) return [];
      const owner = held.owners.find((one) => !isOwn(one) && one.fields.has(field));
      const message = owner === undefined ? "" : `conflict with ${ownerText(owner)}`;
      const cause = { reason: "FieldManagerConflict", message, field: pathText(field) };
      return owner === undefined ? [] : [cause];
    });
    if (causes.length > 0 && !force)
      return conflict(`Apply failed with ${causes.length} conflicts`, causes);
    const next: Held = { ...held, object: copy(held.object), owners: held.owners };
    const own = ownerOf(held, { manager, operation: "Apply" });
    const others = held.owners.filter((one) => one !== own);
    const left = [...own.fields].filter(
      (field) => !wanted.has(field) && !others.some((one) => one.fields.has(field)),
    );
    for (const field of left) setField(next.object, field, undefined);
    for (const [field, value] of wanted) setField(next.object, field, value);
    const fault = faultOf(next.object);
    if (fault !== null) return [422, { kind: "Status", code: 422, message: fault }];
    if (force)
      for (const [field, value] of wanted)
        if (JSON.stringify(live.get(field)) !== JSON.stringify(value))
          for (const one of others) one.fields.delete(field);
    const before = JSON.stringify(shownOf(path, held));
    const spec = JSON.stringify(held.object["spec"]);
    own.fields = new Set(wanted.keys());
    held.object = next.object;
    if (JSON.stringify(shownOf(path, held)) !== before) changed(path, held, spec);
    return [200, shownOf(path, held)];
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const url = new URL(request.url ?? "", "http://localhost");
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status).end(JSON.stringify(body));
    if (url.pathname === "/version") return answer(200, { gitVersion: "v1.34.0" });
    const [, namespace = "", plural = "", name] =
      /^\/apis\/apps\/v1\/(?:namespaces\/([^/]+)\/)?([a-z]+)(?:\/([^/]+))?$/.exec(url.pathname) ??
      [];
    const prefix = `${namespace}/${plural}/`;
    if (name === undefined && url.searchParams.get("watch") !== null) {
      response.writeHead(200);
      response.flushHeaders();
      const since = Number(url.searchParams.get("resourceVersion"));
      for (const event of events)
        if (event.at > since && isBelow(event.path, prefix)) response.write(event.line);
      const watch = { response, prefix };
      watches.add(watch);
      response.on("close", () => watches.delete(watch));
      return;
    }
    if (name === undefined) {
      const items = [...objects].filter(([path]) => isBelow(path, prefix));
      return answer(200, {
        metadata: { resourceVersion: String(version) },
        items: items.map(([path, held]) => ({ ...shownOf(path, held), kind: undefined })),
      });
    }
    const path = `${prefix}${name}`;
    const held = objects.get(path);
    if (request.method === "GET")
      return held === undefined
        ? answer(404, { kind: "Status", code: 404 })
        : answer(200, shownOf(path, held));
    const isApply = request.headers["content-type"] === "application/apply-patch+yaml";
    if (request.method !== "PATCH" || !isApply) return answer(415, {});
    const body = JSON.parse(Buffer.concat(chunks).toString());
    applies.push(body);
    const manager = url.searchParams.get("fieldManager") ?? "";
    const [status, told] = apply(path, manager, body, url.searchParams.get("force") === "true");
    answer(status, told);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    ...{ origin: `http://127.0.0.1:${port}`, port, update, applies },
    force: (path, manager, object) => {
      const [status, body] = apply(path, manager, object, true);
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    leave: (path, manager) => {
      const held = heldAt(path);
      const own = held.owners.find((one) => one.manager === manager);
      for (const one of held.owners)
        if (one !== own) for (const field of own?.fields ?? []) one.fields.delete(field);
      tell(path, held, "MODIFIED");
    },
    status: (path, status) => {
      const held = heldAt(path);
      held.object["status"] = status;
      tell(path, held, "MODIFIED");
    },
    object: (path) => objects.get(path)?.object,
    remove: (path) => {
      const held = heldAt(path);
      objects.delete(path);
      tell(path, held, "DELETED");
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

type Answer = readonly [number, unknown];

/** Of a namespace, or of a kind in all of them. */
const isBelow = (path: string, prefix: string): boolean =>
  prefix.startsWith("/") ? path.includes(prefix) : path.startsWith(prefix);

function ownerOf(held: Held, by: By): Owner {
  const found = held.owners.find(
    (one) =>
      one.manager === by.manager &&
      one.operation === by.operation &&
      one.subresource === by.subresource,
  );
  if (found !== undefined) return found;
  const made: Owner = { ...by, fields: new Set() };
  held.owners.push(made);
  return made;
}

/** As the API server words it (`printManager` of apimachinery). */
function ownerText({ manager, operation, subresource, time }: Owner): string {
  const part = subresource === undefined ? "" : ` with subresource "${subresource}"`;
  const at = time === undefined ? "" : ` at ${time}`;
  return `"${manager}"${part}${operation === "Apply" ? "" : ` using apps/v1${at}`}`;
}

function faultOf(object: Tree): string | null {
  const { spec = {} } = object as { spec?: { template?: { spec?: { containers?: Tree[] } } } };
  const containers = spec.template?.spec?.containers ?? [];
  if (containers.some((one) => typeof one["image"] !== "string")) return "image: Required value";
  return "selector" in spec ? null : "spec.selector: Required value";
}

const conflict = (message: string, causes: readonly unknown[]): Answer => [
  409,
  { kind: "Status", code: 409, reason: "Conflict", message, details: { causes } },
];

const KINDS: Readonly<Record<string, string>> = {
  deployments: "Deployment",
  statefulsets: "StatefulSet",
  daemonsets: "DaemonSet",
};

function shownOf(path: string, { object, owners, version, generation }: Held) {
  const [namespace = "", plural = "", name = ""] = path.split("/");
  const metadata = (object["metadata"] ?? {}) as Tree;
  return {
    ...{ ...object, kind: KINDS[plural], apiVersion: "apps/v1" },
    metadata: {
      ...{ ...metadata, namespace, name, generation, resourceVersion: String(version) },
      managedFields: owners
        .filter(({ fields }) => fields.size > 0)
        .map(({ fields, ...by }) => ({
          ...{ ...by, apiVersion: "apps/v1", fieldsType: "FieldsV1", fieldsV1: fieldsV1(fields) },
        })),
    },
  };
}
