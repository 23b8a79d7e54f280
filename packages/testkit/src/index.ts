// SPDX-License-Identifier: Apache-2.0

export {
  type DecisionCase,
  judgeSituation,
  type ReadPolicy,
  readDecisionCase,
  type Situation,
} from "@interlock/policy";
export * from "./campaign/index.ts";
export { type EtcdOptions, type EtcdServer, etcdProgram, startEtcd } from "./etcd.ts";
export * from "./facts.ts";
export * from "./files.ts";
export { FILLED_AT, filledTemplate } from "./filled-document.ts";
export { freePort } from "./free-port.ts";
export * as generators from "./generators.ts";
export * from "./interleaved.ts";
export * from "./outage-cases.ts";
export { type Rewrite, rewritesOf } from "./outage-rewrites.ts";
export * from "./outage-table.ts";
export * from "./policies.ts";
export { type Cluster, postgresBinaries, sharedPostgres, startCluster } from "./postgres.ts";
export { type PrometheusUnderTest, prometheusBinary, startPrometheus } from "./prometheus.ts";
export * from "./rule-cases.ts";
export { STATEMENT_AT, statementWith } from "./statement.ts";
export {
  ENGINES,
  type EngineUnderTest,
  type Home,
  type LentStore,
  opened,
  storesToLend,
} from "./stores.ts";
export * from "./webauthn/authenticator.ts";
export { type CborValue, encodeCbor } from "./webauthn/cbor.ts";
