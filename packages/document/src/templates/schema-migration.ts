// SPDX-License-Identifier: Apache-2.0
export const SCHEMA_MIGRATION = `---
version: 1
kind: schema-migration
title: "FILL: which table of which database changes, and how"
why: "FILL: what cannot be done with today's schema, and since when that costs what"

scope:
  systems: ["FILL: id in the catalog of the owner of the table"]
  environments: [production]
  outside: "FILL: which readers and writers of the table stay as they are"
  blast:
    systems: FILL
    trafficShare: FILL
    ordersPerMinute: FILL

preChecks:
  - do: "FILL: rows and bytes of the table, and which lock the statement takes for how long on a copy"
    expect: "FILL: at most how many milliseconds of lock"
  - do: "FILL: which running versions of the code read and write both the old and the new form"
    expect: "FILL: the oldest version that runs"
  - do: "FILL: the newest backup, and the replica lag"
    expect: "FILL: younger than how many minutes; lag below how many seconds"

steps:
  - id: expand
    do: "FILL: add what is new without touching what is old, with a lock timeout"
    run: ["FILL: program", "FILL: argument"]
    timeout: 10m
    expect: { contains: ["FILL: what it prints when it is applied"] }
    verify:
      do: "FILL: read the new form from the database's own catalog"
      run: ["FILL: program", "FILL: argument"]
      expect: { contains: ["FILL: the new column, index or constraint"] }
    abortIf: "FILL: waiting for a lock longer than how many seconds, or lag above how many seconds"
    undo:
      do: "FILL: the statement that takes it out again"
      run: ["FILL: program", "FILL: argument"]
    repeatable: false
    second: true
  - id: backfill
    do: "FILL: fill old rows in batches of how many, with how long a pause"
    run: ["FILL: program", "FILL: argument"]
    timeout: 4h
    expect: { contains: ["FILL: how many rows it says it filled"] }
    verify:
      do: "FILL: count the rows that are still not filled"
      run: ["FILL: program", "FILL: argument"]
      expect: { contains: ["FILL: how zero is printed"] }
    abortIf: "FILL: replica lag, or latency of the table's busiest query, above which value"
    undo: "FILL: whether the filled values may stay; if not, the statement that empties them"
    repeatable: true
  - id: contract
    do: "FILL: remove the old form, on which later day; or that this document ends before it"
    expect: "FILL: what is gone"
    verify: "FILL: which query shows that nothing reads it any more, over how many days"
    irreversible: "FILL: what of the old form is lost, and where its copy is kept until when"

signals:
  - name: "FILL: latency of the table's busiest query"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at this hour"
    abort: "FILL: above which value, for how many minutes"
  - name: "FILL: errors of the writers"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at this hour"
    abort: "FILL: above which value, for how many minutes"

rollback:
  how: "FILL: up to which step the old code still runs on the new schema, and how to get back from after it"
  takes: FILL
  rehearsed:
    at: FILL
    where: "FILL: on a copy of how many rows"
    by: "FILL: who"

who:
  operator: "FILL: who carries it out"
  second: "FILL: who watches and confirms"
  informed: ["FILL: who answers for the readers of the table"]
---

# Statements

FILL: the statements word for word, as they were run on the copy.
`;
