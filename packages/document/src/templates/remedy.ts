// SPDX-License-Identifier: Apache-2.0
export const REMEDY = `---
version: 1
kind: remedy
id: drain-cell
title: "FILL: what one on-call may do at any hour"
why: "FILL: in which situation this helps, and how that situation is recognised"

scope:
  systems: ["FILL: id in the catalog"]
  environments: [production]
  outside: "FILL: what it must never be used for"

parameters:
  - name: cell
    type: choice
    values: [eu-1, eu-2]
    about: "FILL: what is chosen with it"
  - name: percent
    type: integer
    min: 1
    max: 25
    about: "FILL: what the number does; the maximum is the most that may happen at once"

limits:
  runs: 2
  within: 1h
  rehearsalValid: 90d

mayRun: ["FILL: team or account"]

preChecks:
  - do: "FILL: what must be true for it to help rather than harm"
    run: ["FILL: program", "{cell}"]
    expect: { contains: ["FILL: what it prints then"] }

steps:
  - id: act
    do: "FILL: what the command does"
    run: ["FILL: program", "FILL: argument", "{cell}", "{percent}"]
    timeout: 2m
    expect: { contains: ["FILL: what it prints when it is done"] }
    verify:
      do: "FILL: how to see that it worked"
      run: ["FILL: program", "FILL: argument", "{cell}"]
      expect: { contains: ["FILL: what it prints then"] }
    abortIf: "FILL: which value, after how many minutes, means that it made things worse"
    undo:
      do: "FILL: how to take it back"
      run: ["FILL: program", "FILL: argument", "{cell}"]
    repeatable: true

signals:
  - name: "FILL: what shows that it helps"
    where: "FILL: address of the graph"
    normal: "FILL: usual values"
    abort: "FILL: above which value, for how many minutes"

rollback:
  how: "FILL: when and by whom it is taken back after the incident"
  takes: FILL
  rehearsed:
    at: FILL
    where: "FILL: which environment or cell"
    by: "FILL: who"
---

# Review

FILL: who looks at every run of this on the next working day.
`;
