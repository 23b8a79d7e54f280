// SPDX-License-Identifier: Apache-2.0
export const FAILOVER = `---
version: 1
kind: failover
title: "FILL: what moves from where to where, and until when"
why: "FILL: what is gained by moving, and what is lost in the meantime"

scope:
  systems: ["FILL: id in the catalog of the system that moves"]
  environments: [production]
  cells: ["FILL: the cell that is left", "FILL: the cell that takes over"]
  outside: "FILL: what stays where it is, although it is near"
  blast:
    systems: FILL
    cells: FILL
    trafficShare: FILL
    ordersPerMinute: FILL

preChecks:
  - do: "FILL: capacity of the side that takes over, measured under load on which day"
    expect: "FILL: at least how many requests a second above today's peak"
  - do: "FILL: replication lag towards the side that takes over"
    run: ["FILL: program", "FILL: argument"]
    expect: { contains: ["FILL: how a lag of nothing is printed"] }
  - do: "FILL: configuration and code version of both sides"
    expect: "FILL: the same on both sides, by which digest"

steps:
  - id: stop-writes
    do: "FILL: stop or queue writes, and for how many seconds customers notice it"
    run: ["FILL: program", "FILL: argument"]
    timeout: 2m
    expect: { contains: ["FILL: what it prints when writes are stopped"] }
    verify:
      do: "FILL: the count of writes on the old side"
      expect: "FILL: 0 writes for how many seconds"
    abortIf: "FILL: writes are still seen after how many seconds"
    undo:
      do: "FILL: let writes through on the old side again"
      run: ["FILL: program", "FILL: argument"]
    repeatable: true
  - id: promote
    do: "FILL: make the new side the one that takes writes, and fence the old one"
    run: ["FILL: program", "FILL: argument"]
    timeout: 5m
    expect: { contains: ["FILL: what it prints when it is promoted"] }
    verify:
      do: "FILL: how it is seen that exactly one side takes writes"
      run: ["FILL: program", "FILL: argument"]
      expect: { contains: ["FILL: the name of the new side"] }
    abortIf: "FILL: lag was above which value at the moment of promotion"
    undo: "FILL: the way back, and which writes of the new side would be lost by it"
    repeatable: false
    second: true
  - id: move-traffic
    do: "FILL: move traffic in which shares and how many minutes apart"
    run: ["FILL: program", "FILL: argument"]
    timeout: 30m
    expect: { contains: ["FILL: what it prints when the share is moved"] }
    verify: "FILL: requests a second on each side, on which page"
    abortIf: "FILL: error share above which value on the new side, for how many minutes"
    undo:
      do: "FILL: move traffic back"
      run: ["FILL: program", "FILL: argument"]
    repeatable: true

signals:
  - name: "FILL: orders"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at this hour"
    abort: "FILL: below which value, for how many minutes"
  - name: "FILL: saturation of the side that takes over"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at this hour"
    abort: "FILL: above which value, for how many minutes"

rollback:
  how: "FILL: how to fail back, who decides it, and what must have been replicated before"
  takes: FILL
  rehearsed:
    at: FILL
    where: "FILL: which environment, at which share of the load"
    by: "FILL: who"

who:
  operator: "FILL: who carries it out"
  second: "FILL: who watches and confirms"
  informed: ["FILL: on-call of every system that depends on it"]
---

# Background

FILL: what is different on the other side: quotas, names, certificates, jobs that run on one side only.
`;
