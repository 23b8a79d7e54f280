// SPDX-License-Identifier: Apache-2.0
import { CODE_SOURCE } from "./code/source.ts";
import { commandsSource } from "./commands/source.ts";
import { DEPENDENCIES_SOURCE } from "./dependencies/source.ts";
import { HIDDEN_SOURCE } from "./hidden/source.ts";
import { kubernetesSource } from "./kubernetes/source.ts";
import { networkSource } from "./network/source.ts";
import { SETTINGS_SOURCE } from "./settings/source.ts";
import type { Source } from "./source.ts";
import { sqlSource } from "./sql/source.ts";
import { terraformSource } from "./terraform/source.ts";
import { WORKFLOWS_SOURCE } from "./workflows/source.ts";

/** Every source of facts, each filling its own group. */
export const SOURCES: readonly Source[] = [
  CODE_SOURCE,
  commandsSource,
  DEPENDENCIES_SOURCE,
  HIDDEN_SOURCE,
  kubernetesSource,
  networkSource,
  sqlSource,
  SETTINGS_SOURCE,
  terraformSource,
  WORKFLOWS_SOURCE,
];
