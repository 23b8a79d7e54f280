// SPDX-License-Identifier: Apache-2.0
import * as admission from "./api/admission.ts";
import * as changes from "./api/changes.ts";
import * as contents from "./api/contents.ts";
import * as controlPlane from "./api/control-plane.ts";
import * as data from "./api/data.ts";
import * as device from "./api/device.ts";
import * as drafts from "./api/drafts.ts";
import * as emergency from "./api/emergency.ts";
import * as events from "./api/events.ts";
import * as exceptions from "./api/exceptions.ts";
import * as gate from "./api/gate.ts";
import * as identity from "./api/identity.ts";
import * as ledger from "./api/ledger.ts";
import * as people from "./api/people.ts";
import * as refs from "./api/refs.ts";
import * as replays from "./api/replays.ts";
import * as rollouts from "./api/rollouts.ts";
import * as runs from "./api/runs.ts";
import * as signIn from "./api/sign-in.ts";
import * as signals from "./api/signals.ts";
import * as tokens from "./api/tokens.ts";
import * as unwinds from "./api/unwinds.ts";
import type { Endpoint } from "./endpoint.ts";

/** Every operation of the API, in the order of their paths. */
export const ENDPOINTS: readonly Endpoint[] = [
  admission,
  changes,
  contents,
  controlPlane,
  data,
  device,
  drafts,
  emergency,
  events,
  exceptions,
  gate,
  identity,
  ledger,
  people,
  refs,
  replays,
  rollouts,
  runs,
  signals,
  signIn,
  tokens,
  unwinds,
]
  .flatMap((api): readonly unknown[] => Object.values(api))
  .filter(isEndpoint)
  .sort((a, b) => (`${a.path} ${a.method}` < `${b.path} ${b.method}` ? -1 : 1));

/** The modules of the API hold schemas too. */
function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === "object" && value !== null && "access" in value && "path" in value;
}
