// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { sidesOf } from "./file.ts";
import { eachMap, textOf } from "./node.ts";

/** What a release of Kubernetes took away, by the text that asks for it. */
type Gone = { readonly minor: number; readonly what: string; readonly asks: RegExp };

// https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the release notes of
// kubeadm 1.24 for the node label.
const GONE: readonly Gone[] = [
  api(16, "extensions/v1beta1", "Deployment|DaemonSet|ReplicaSet|NetworkPolicy"),
  api(16, "apps/v1beta[12]", "Deployment|DaemonSet|ReplicaSet|StatefulSet"),
  api(22, "(?:extensions|networking\\.k8s\\.io)/v1beta1", "Ingress|IngressClass"),
  api(22, "rbac\\.authorization\\.k8s\\.io/v1beta1", "\\w+"),
  api(22, "admissionregistration\\.k8s\\.io/v1beta1", "\\w+"),
  api(22, "apiextensions\\.k8s\\.io/v1beta1", "\\w+"),
  {
    minor: 24,
    what: "the node label `node-role.kubernetes.io/master`",
    asks: /(?:nodeSelector|has\(|matchExpressions|key:)[^\n]{0,80}(?:\n[^\n]{0,80}){0,3}node-role\.kubernetes\.io\/master/,
  },
  api(25, "policy/v1beta1", "PodDisruptionBudget|PodSecurityPolicy"),
  api(25, "batch/v1beta1", "CronJob"),
  api(25, "autoscaling/v2beta1", "HorizontalPodAutoscaler"),
  api(26, "autoscaling/v2beta2", "HorizontalPodAutoscaler"),
  api(29, "flowcontrol\\.apiserver\\.k8s\\.io/v1beta2", "\\w+"),
  api(32, "flowcontrol\\.apiserver\\.k8s\\.io/v1beta3", "\\w+"),
];

function api(minor: number, group: string, kinds: string): Gone {
  return {
    minor,
    what: `the API ${group.replaceAll("\\", "").replace(/\(\?:|\)|\[|\]/g, "")}`,
    asks: new RegExp(
      `apiVersion:\\s{0,9}["']?${group}["']?\\s{1,40}kind:\\s{0,9}["']?(?:${kinds})\\b`,
    ),
  };
}

const VERSION = /^v?1\.(\d{1,2})(?:\.\d{1,3})?(?:[-+][\w.+-]{1,60})?$/;
const CLUSTER_KEY =
  /^(?:cluster|kubernetes|k8s|kube|control_?plane|eks|gke|aks|master|min_?master)?_?(?:cluster_?)?(?:version)?$/i;
/** Cheap: a text without a version of Kubernetes is not looked at. */
export const MAY_HOLD_VERSION = /\bv?1\.[12]?\d\b/;

type Stated = { readonly key: string; readonly minor: number; readonly line: number };

/** Versions of a cluster that move past something still in use, or apart from each other. */
export function versionDeltas(
  files: readonly ChangedFile[],
  beside: readonly string[],
): readonly Delta[] {
  return files.flatMap((file) => {
    const stated = statedIn(file);
    if (stated === null) return [];
    const { old, now } = stated;
    const texts = [...files.map(({ after }) => after ?? ""), ...beside];
    return [...upgrades(file, old, now, texts), ...skews(file, old, now)];
  });
}

/** Folders in which a cluster moves past something that the files beside may still use. */
export function upgradedFolders(files: readonly ChangedFile[]): readonly string[] {
  return files
    .filter((file) => {
      const stated = statedIn(file);
      return stated !== null && crossings(stated.old, stated.now).length > 0;
    })
    .map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf("/"))));
}

function statedIn(file: ChangedFile): { readonly old: Maps; readonly now: Maps } | null {
  if (!/\.(?:ya?ml|json)$/i.test(file.path)) return null;
  if (file.before === null || file.after === null) return null;
  if (!MAY_HOLD_VERSION.test(file.after) || !MAY_HOLD_VERSION.test(file.before)) return null;
  if (!/version|cluster|kubelet|kube-proxy/i.test(file.after)) return null;
  const { before, after } = sidesOf(file);
  if (before.kind !== "objects" || after.kind !== "objects") return null;
  return { old: maps(before.documents), now: maps(after.documents) };
}

type Maps = ReadonlyMap<string, readonly Stated[]>;

/** The versions that each map states, by the keys that lead to it. */
function maps(documents: readonly Node[]): Maps {
  const found = new Map<string, readonly Stated[]>();
  documents.forEach((document, i) => {
    eachMap(document, (map, keys) => {
      if (map.kind !== "map") return;
      const stated = map.entries.flatMap(({ key, value, keyLine }) => {
        const minor = VERSION.exec(textOf(value).trim())?.[1];
        return minor === undefined ? [] : [{ key, minor: Number(minor), line: keyLine }];
      });
      if (stated.length > 0) found.set([i, ...keys].join("."), stated);
    });
  });
  return found;
}

function upgrades(
  file: ChangedFile,
  old: Maps,
  now: Maps,
  texts: readonly string[],
): readonly Delta[] {
  return crossings(old, now)
    .filter(({ gone }) => texts.some((text) => gone.asks.test(text)))
    .map(({ gone, before, version }) =>
      report(file, version, {
        aspect: "removed-in-version",
        before: `1.${before.minor}`,
        subject: gone.what,
      }),
    );
}

type Crossing = { readonly gone: Gone; readonly before: Stated; readonly version: Stated };

/** What each upgrade of a cluster takes away. */
function crossings(old: Maps, now: Maps): readonly Crossing[] {
  return [...now].flatMap(([path, stated]) =>
    stated.flatMap((version): readonly Crossing[] => {
      const before = old.get(path)?.find(({ key }) => key === version.key);
      if (before === undefined || version.minor <= before.minor) return [];
      if (!CLUSTER_KEY.test(version.key.replaceAll("-", "_"))) return [];
      return GONE.filter(({ minor }) => before.minor < minor && minor <= version.minor).map(
        (gone) => ({ gone, before, version }),
      );
    }),
  );
}

function report(
  file: ChangedFile,
  version: Stated,
  found: { readonly aspect: string; readonly before: string; readonly subject: string },
): Delta {
  return {
    ...delta({ path: file.path, op: "changed", ...found }),
    line: version.line,
    key: version.key,
    after: `1.${version.minor}`,
    format: "yaml",
    environment: file.environment,
  };
}

const API_SERVER =
  /^(?:kube-?apiserver|api-?server|control-?plane(?:-?version)?|cluster-?version)$/i;
const KUBELET = /^(?:kubelet|node(?:-?pool)?-?version|kubelet-?version)$/i;
const PROXY = /^(?:kube-?proxy)$/i;
// From 1.28 on, kube-proxy may be three minor versions away from the kubelet beside it.
// https://kubernetes.io/releases/version-skew-policy/
const LOOSE_SINCE = 28;

function skews(file: ChangedFile, old: Maps, now: Maps): readonly Delta[] {
  return [...now].flatMap(([path, stated]) => {
    const found = unsupported(stated);
    if (found === null || unsupported(old.get(path) ?? []) !== null) return [];
    const { newer, older } = found;
    const subject = `${older.key} beside ${newer.key}`;
    return [report(file, newer, { aspect: "version-skew", before: `1.${older.minor}`, subject })];
  });
}

function unsupported(
  stated: readonly Stated[],
): { readonly newer: Stated; readonly older: Stated } | null {
  const find = (pattern: RegExp) =>
    stated.find(({ key }) => pattern.test(key.replaceAll("_", "-")));
  const [server, kubelet, proxy] = [find(API_SERVER), find(KUBELET), find(PROXY)];
  for (const node of [kubelet, proxy]) {
    if (server !== undefined && node !== undefined && node.minor > server.minor) {
      return { newer: node, older: server };
    }
  }
  if (kubelet === undefined || proxy === undefined || kubelet.minor === proxy.minor) return null;
  const [newer, older] = kubelet.minor > proxy.minor ? [kubelet, proxy] : [proxy, kubelet];
  const allowed = older.minor >= LOOSE_SINCE ? 3 : 0;
  return newer.minor - older.minor > allowed ? { newer, older } : null;
}
