// SPDX-License-Identifier: Apache-2.0
/**
 * Who else may write the objects of the cells, by the roles that are bound to them
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). Other authorizers are not asked.
 */
import type { Json } from "@interlock/digest";
import { failed } from "../failure.ts";
import { OTHERS_MAX, type OtherWriter, type OtherWriters, shellWord } from "../others.ts";
import type { Answered } from "../target.ts";
import { inside, listIn, textIn } from "../web/json.ts";
import { type Api, apiDamaged, bodyOf, get } from "./api.ts";
import type { Place } from "./settings.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const LIST_BYTES = 1 << 24;
const WRITING: ReadonlySet<string> = new Set([
  ...["*", "create", "update", "patch", "delete", "deletecollection"],
]);

/** `null`: we may not read it. */
async function listed(api: Api, path: string): Promise<Answered<readonly Json[] | null>> {
  const got = await get(api, path, LIST_BYTES);
  if (!got.ok) return got;
  if (got.value.status !== 200) return { ok: true, value: null };
  const body = bodyOf(got.value);
  return body === undefined
    ? failed(apiDamaged("no list of roles"))
    : { ok: true, value: listIn(body, "items") };
}

type Binding = { readonly at: string; readonly binding: Json; readonly rules: readonly Json[] };

export async function kubernetesOthers(api: Api): Promise<Answered<OtherWriters>> {
  const { cells, form } = api.settings;
  const namespaces = [...new Set([...cells.values()].map(({ namespace }) => namespace))].sort();
  const paths = [
    ...["/clusterroles", "/clusterrolebindings"],
    ...namespaces.flatMap((one) => [`/namespaces/${one}/roles`, `/namespaces/${one}/rolebindings`]),
  ];
  const lists = new Map<string, readonly Json[]>();
  for (const path of paths) {
    const found = await listed(api, `${RBAC}${path}`);
    if (!found.ok) return found;
    if (found.value === null) return { ok: true, value: { others: [], unseen: [unseen(api)] } };
    lists.set(path, found.value);
  }
  const bindings = bindingsIn(lists, namespaces);
  const others = new Map<string, OtherWriter>();
  for (const place of cells.values())
    for (const { at, binding, rules } of bindings) {
      if (at !== "" && at !== place.namespace) continue;
      if (!rules.some((rule) => allows(rule, place, form))) continue;
      for (const subject of listIn(binding, "subjects")) {
        const who = subjectText(subject);
        if (others.size >= OTHERS_MAX || others.has(who)) continue;
        const name = textIn(binding, "metadata", "name") ?? "";
        const kind = at === "" ? "clusterrolebinding" : `rolebinding -n ${at}`;
        others.set(who, {
          who,
          because: `${kind.split(" ")[0]} \`${name}\` lets it write \`${place.namespace}/${place.name}\``,
          close: `kubectl delete ${kind} -- ${shellWord(name)}, unless that is this server's own`,
        });
      }
    }
  return { ok: true, value: { others: [...others.values()], unseen: [] } };
}

const unseen = ({ settings: { form, cells } }: Api): string => {
  const [place] = cells.values();
  const asked = `kubectl auth can-i patch ${form.plural} -n ${place?.namespace ?? ""} --as USER`;
  return `who else may write ${form.plural}: this account may not list roles and their bindings; \`${asked}\` answers for one user`;
};

function bindingsIn(
  lists: ReadonlyMap<string, readonly Json[]>,
  namespaces: readonly string[],
): readonly Binding[] {
  const cluster = lists.get("/clusterroles") ?? [];
  const of = (at: string, binding: Json, roles: readonly Json[]): Binding => {
    const name = textIn(binding, "roleRef", "name");
    const from = textIn(binding, "roleRef", "kind") === "ClusterRole" ? cluster : roles;
    const role = from.find((one) => textIn(one, "metadata", "name") === name);
    return { at, binding, rules: listIn(role, "rules") };
  };
  return [
    ...(lists.get("/clusterrolebindings") ?? []).map((one) => of("", one, [])),
    ...namespaces.flatMap((at) =>
      (lists.get(`/namespaces/${at}/rolebindings`) ?? []).map((one) =>
        of(at, one, lists.get(`/namespaces/${at}/roles`) ?? []),
      ),
    ),
  ];
}

function allows(rule: Json, { name }: Place, form: Api["settings"]["form"]): boolean {
  const group = form.apiVersion.includes("/") ? (form.apiVersion.split("/")[0] ?? "") : "";
  const has = (field: string, ...wanted: readonly string[]) =>
    listIn(rule, field).some((one) => typeof one === "string" && wanted.includes(one));
  // A name keeps out only what names one: a new object is created without.
  const named = inside(rule, "resourceNames");
  return (
    has("apiGroups", "*", group) &&
    has("resources", "*", form.plural) &&
    listIn(rule, "verbs").some((verb) => typeof verb === "string" && WRITING.has(verb)) &&
    (named === undefined ||
      listIn(rule, "resourceNames").length === 0 ||
      has("resourceNames", name))
  );
}

function subjectText(subject: Json): string {
  const [kind = "", name = ""] = [textIn(subject, "kind"), textIn(subject, "name")];
  const at = textIn(subject, "namespace");
  return kind === "ServiceAccount"
    ? `service account ${at ?? ""}/${name}`
    : `${kind.toLowerCase()} ${name}`;
}
