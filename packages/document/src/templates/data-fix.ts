// SPDX-License-Identifier: Apache-2.0
export const DATA_FIX = `---
version: 1
kind: data-fix
title: "FILL: which rows or keys are corrected, how many"
why: "FILL: how they became wrong, since when, and whom it hurts; the cause is mended by which change"

scope:
  systems: ["FILL: id in the catalog of the owner of the data"]
  environments: [production]
  outside: "FILL: rows that look alike and stay as they are"
  blast:
    systems: FILL
    trafficShare: FILL
    ordersPerMinute: FILL

preChecks:
  - do: "FILL: the query that selects exactly what is wrong, run read-only"
    run: ["FILL: program", "FILL: argument"]
    expect: { contains: ["FILL: how many rows it must find"] }
  - do: "FILL: that nothing writes these rows any more in the wrong way"
    expect: "FILL: 0 new wrong rows since when"
  - do: "FILL: caches, search indexes and copies that hold the same data"
    expect: "FILL: each with how it is refreshed"

steps:
  - id: keep-before-images
    do: "FILL: copy the rows as they are to where they can be restored from"
    run: ["FILL: program", "FILL: argument"]
    timeout: 30m
    expect: { contains: ["FILL: how many rows were copied"] }
    verify:
      do: "FILL: count the copy and compare ten rows with the original"
      expect: "FILL: the same number, and the same ten rows"
    undo: "FILL: when and by whom the copy is deleted"
    repeatable: false
  - id: first-batch
    do: "FILL: correct the first batch in a transaction that fails when the row count differs"
    run: ["FILL: program", "FILL: argument"]
    timeout: 10m
    expect: { contains: ["FILL: the row count of the batch"] }
    verify:
      do: "FILL: look at these rows through the application, as a customer sees them"
      expect: "FILL: which values are shown for which two examples"
    abortIf: "FILL: another row count than planned, or locks longer than how many seconds"
    undo:
      do: "FILL: restore the batch from the copy"
      run: ["FILL: program", "FILL: argument"]
    repeatable: false
    second: true
  - id: other-batches
    do: "FILL: the other batches, how large, with how long a pause"
    run: ["FILL: program", "FILL: argument"]
    timeout: 2h
    expect: { contains: ["FILL: the total row count"] }
    verify:
      do: "FILL: the query of the first pre-check again"
      run: ["FILL: program", "FILL: argument"]
      expect: { contains: ["FILL: how zero is printed"] }
    abortIf: "FILL: another total than planned, or replica lag above how many seconds"
    undo:
      do: "FILL: restore all batches from the copy"
      run: ["FILL: program", "FILL: argument"]
    repeatable: true

signals:
  - name: "FILL: what the customers with these rows notice"
    where: "FILL: address of the graph or report"
    normal: "FILL: usual values"
    abort: "FILL: above which value, for how many minutes"

rollback:
  how: "FILL: how rows are restored that somebody else changed after the fix"
  takes: FILL
  rehearsed:
    at: FILL
    where: "FILL: on a copy of how many rows"
    by: "FILL: who"

who:
  operator: "FILL: who carries it out"
  second: "FILL: who watches and confirms"
  informed: ["FILL: who answers to the customers concerned"]
---

# Statements

FILL: the statements word for word, with their expected row counts.
`;
