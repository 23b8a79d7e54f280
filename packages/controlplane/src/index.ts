// SPDX-License-Identifier: Apache-2.0
/** The description of a control plane: targets, cells, config sets, signals. */
export type {
  CellDescription,
  ConfigSet,
  Description,
  SignalDescription,
  SystemDescription,
  TargetDescription,
} from "./description.ts";
