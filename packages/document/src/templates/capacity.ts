// SPDX-License-Identifier: Apache-2.0
export const CAPACITY = `---
version: 1
kind: capacity
title: "FILL: which capacity of which system changes, from how much to how much"
why: "FILL: measured peak, forecast peak, and the reserve before and after"

scope:
  systems: ["FILL: id in the catalog of the system whose capacity changes"]
  environments: [production]
  cells: ["FILL: the first cell"]
  outside: "FILL: which limits downstream stay as they are"
  blast:
    systems: FILL
    cells: FILL
    trafficShare: FILL
    ordersPerMinute: FILL

preChecks:
  - do: "FILL: quota, budget and free hosts for the new size"
    expect: "FILL: at least how many"
  - do: "FILL: limits downstream that the new size could pass: connections, threads, rate limits"
    expect: "FILL: each limit with how much of it is used at the new size"
  - do: "FILL: that autoscalers and scheduled jobs do not undo the change"
    expect: "FILL: their minimum and maximum"

steps:
  - id: first-cell
    do: "FILL: set the new size in one cell"
    run: ["FILL: program", "FILL: argument"]
    timeout: 15m
    expect: { contains: ["FILL: what it prints when it is set"] }
    verify:
      do: "FILL: units that are ready and take traffic"
      run: ["FILL: program", "FILL: argument"]
      expect: { contains: ["FILL: how the new number is printed"] }
    abortIf: "FILL: fewer than how many units ready after how many minutes, or a limit downstream above which share"
    undo:
      do: "FILL: set the old size, with draining when it shrinks"
      run: ["FILL: program", "FILL: argument"]
    repeatable: true
    second: true
  - id: other-cells
    do: "FILL: the other cells, how many at once and how far apart"
    run: ["FILL: program", "FILL: argument"]
    timeout: 1h
    expect: { contains: ["FILL: what it prints when it is set"] }
    verify: "FILL: units ready in every cell, on which page"
    abortIf: "FILL: which signal, above which value, in any cell"
    undo: "FILL: the undo of first-cell, in every cell"
    repeatable: true

signals:
  - name: "FILL: saturation of the unit that runs out first"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at the daily peak"
    abort: "FILL: above which value, for how many minutes"
  - name: "FILL: connections or requests at the dependency that feels it first"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at the daily peak"
    abort: "FILL: above which value, for how many minutes"

rollback:
  how: "FILL: how to return to the old size without dropping requests in flight"
  takes: FILL
  rehearsed:
    at: FILL
    where: "FILL: which environment, at which load"
    by: "FILL: who"

who:
  operator: "FILL: who carries it out"
  second: "FILL: who watches and confirms"
  informed: ["FILL: on-call of the dependencies"]
---

# Measurements

FILL: the load test or the peak from which the figures come, with its day.
`;
