// SPDX-License-Identifier: Apache-2.0
export const CERTIFICATE = `---
version: 1
kind: certificate
title: "FILL: which certificate or key is replaced, on which names, and when the old one ends"
why: "FILL: when the old one ends or why it is no longer trusted"

scope:
  systems: ["FILL: id in the catalog of the system that presents it"]
  environments: [production]
  cells: ["FILL: the first place; further places are further steps"]
  outside: "FILL: which other certificates of the same issuer stay"
  blast:
    systems: FILL
    trafficShare: FILL
    ordersPerMinute: FILL

preChecks:
  - do: "FILL: names, issuer, chain, key type and dates of the new certificate"
    run: [openssl, x509, -noout, -subject, -ext, subjectAltName, -enddate, -in, "FILL: path of the new certificate"]
    expect: { contains: ["FILL: every name that clients ask for"] }
  - do: "FILL: that the oldest client trusts the new chain, and who pins the old key"
    expect: "FILL: which clients were tried, and who pins"

steps:
  - id: first-place
    do: "FILL: install it in one place, beside the old one"
    run: ["FILL: program", "FILL: argument"]
    timeout: 5m
    expect: { contains: ["FILL: what it prints when it is installed"] }
    verify:
      do: "FILL: ask that place from outside for the certificate it presents"
      run: ["FILL: program", "FILL: argument"]
      expect: { contains: ["FILL: serial number of the new certificate"] }
    abortIf: "FILL: share of failed handshakes above which value, for how many minutes"
    undo:
      do: "FILL: present the old one again, which stays valid until which day"
      run: ["FILL: program", "FILL: argument"]
    repeatable: true
    second: true
  - id: everywhere
    do: "FILL: the other places, in which order and how far apart"
    run: ["FILL: program", "FILL: argument"]
    timeout: 1h
    expect: { contains: ["FILL: what it prints when it is installed"] }
    verify: "FILL: serial number in every place, by which probe"
    abortIf: "FILL: share of failed handshakes above which value, in any place"
    undo: "FILL: the undo of first-place, in every place"
    repeatable: true
  - id: retire-old
    do: "FILL: when the old key is destroyed, and when its certificate is revoked"
    expect: "FILL: which places no longer hold it"
    verify: "FILL: the probe that shows that nobody presents it, over how many days"
    irreversible: "FILL: a revoked certificate does not come back; what is done instead"

signals:
  - name: "FILL: failed handshakes by client version"
    where: "FILL: address of the graph"
    normal: "FILL: usual values at this hour"
    abort: "FILL: above which value, for how many minutes"
  - name: "FILL: days until the certificate in use ends"
    where: "FILL: address of the alert"
    normal: "FILL: more than how many days"
    abort: "FILL: fewer than how many days after this change"

rollback:
  how: "FILL: where the old key and certificate are kept until when, and who can install them"
  takes: FILL
  rehearsed:
    at: FILL
    where: "FILL: which environment or place"
    by: "FILL: who"

who:
  operator: "FILL: who carries it out"
  second: "FILL: who watches and confirms"
  informed: ["FILL: partners that pin or allow-list it"]
---

# Background

FILL: who else uses the same key or name: other regions, mail, internal services, partners.
`;
