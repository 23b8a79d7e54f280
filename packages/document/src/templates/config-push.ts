// SPDX-License-Identifier: Apache-2.0
export const CONFIG_PUSH = `---
version: 1
kind: config-push
title: "FILL: which value of which system changes, from what to what"
why: "FILL: what is wrong today, in figures, and which figure is different afterwards"

scope:
  systems: ["FILL: id in the catalog of the system whose configuration changes"]
  environments: [production]
  cells: ["FILL: the first cell; further cells are further steps"]
  outside: "FILL: which readers of this configuration are deliberately left alone"
  blast:
    systems: FILL
    cells: FILL
    trafficShare: FILL
    ordersPerMinute: FILL

preChecks:
  - do: "FILL: how every reader of the new value was shown to take it (schema, contract, dry run)"
    run: ["FILL: program that validates the new file", "FILL: its argument"]
    expect: { contains: ["FILL: what it prints for a valid file"] }
  - do: "FILL: which version the running readers have, and where that is read"
    expect: "FILL: the oldest version that can read the new value"

steps:
  - id: first-cell
    do: "FILL: write the new value in one cell only"
    run: ["FILL: program", "FILL: argument"]
    timeout: 5m
    expect: { contains: ["FILL: what it prints when it is written"] }
    verify:
      do: "FILL: read the value back from a running reader, not from the file"
      run: ["FILL: program", "FILL: argument"]
      expect: { contains: ["FILL: the new value"] }
    abortIf: "FILL: which signal, above which value, for how many minutes"
    undo:
      do: "FILL: write the old value, which is written out here"
      run: ["FILL: program", "FILL: argument"]
    repeatable: true
    second: true
  - id: bake
    do: "FILL: wait so many minutes, through so many requests"
    expect: "FILL: which signals stayed within which values"
    verify: "FILL: compare the changed cell with which unchanged cell, on which page"
    abortIf: "FILL: which difference between the two stops the work"
    undo: "FILL: the undo of first-cell"
  - id: other-cells
    do: "FILL: in which order and how far apart the other cells follow"
    run: ["FILL: program", "FILL: argument"]
    timeout: 30m
    expect: { contains: ["FILL: what it prints when it is written"] }
    verify:
      do: "FILL: read the value back in every cell"
      expect: "FILL: the new value in so many of so many cells"
    abortIf: "FILL: which signal, above which value, in any cell"
    undo: "FILL: the undo of first-cell, in every cell that has the new value"
    repeatable: true

signals:
  - name: "FILL: orders, or whatever the customer notices first"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at this hour"
    abort: "FILL: below or above which value, for how many minutes"

rollback:
  how: "FILL: who writes the old value where, and what has to be restarted or flushed for it to count"
  takes: FILL
  rehearsed:
    at: FILL
    where: "FILL: which environment or cell"
    by: "FILL: who"

who:
  operator: "FILL: who carries it out"
  second: "FILL: who watches and confirms"
  informed: ["FILL: who answers for the readers of this value"]
---

# Background

FILL: anything a person needs at three in the morning to understand this without asking.
`;
