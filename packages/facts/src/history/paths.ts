// SPDX-License-Identifier: Apache-2.0

const CONFIG =
  /\.(?:ya?ml|json5?|jsonc|toml|ini|cfg|conf|config|properties|env|tf|tfvars|hcl|xml|csv|rules|zone|list|dblist|pp|jsonnet|libsonnet|cue|dhall|nix|sls|j2|htaccess)$/;
const CONFIG_FOLDER =
  /(?:^|[/_.-])(?:conf|configs?|configuration|settings|hiera(?:data)?|manifests?|inventory|group_vars|host_vars|environments?|deploy|deployments?|charts?|helm|kustomize|overlays|terraform|dblists?)(?:[/_.-]|settings|$)/;
const SHARED =
  /(?:^|[/_.-])(?:common|defaults?|base|global|main|site|init|shared|all|core)(?:[/_.-]|settings|$)/;

/** The longest end of a path that is read. */
const PATH_MAX = 4_096;

const end = (path: string): string => path.slice(-PATH_MAX).toLowerCase();

/** Whether a path is named like configuration or lies where configuration is kept. */
export function isConfig(path: string): boolean {
  const text = end(path);
  return CONFIG.test(text) || CONFIG_FOLDER.test(text);
}

/** Whether a path is named as what everything inherits: `common`, `default`, `base`, `global`, … */
export function isShared(path: string): boolean {
  return SHARED.test(end(path));
}

/** The first folder of a path; empty at the root. */
export function subsystemOf(path: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** All folders of a path; empty at the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
