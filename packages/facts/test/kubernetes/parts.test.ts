// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { isAgentIdentity } from "../../src/kubernetes/access.ts";
import { imageRef, isMutable } from "../../src/kubernetes/images.ts";
import { cpu, memory } from "../../src/kubernetes/quantity.ts";
import { withoutActions } from "../../src/kubernetes/template.ts";
import { isValuesFile } from "../../src/kubernetes/values.ts";

describe("imageRef", () => {
  it.each([
    ["web", "web", "", "", true],
    ["web:latest", "web", "latest", "", true],
    ["registry.example.com:5000/shop/web", "registry.example.com:5000/shop/web", "", "", true],
    [
      "registry.example.com:5000/shop/web:1.2",
      "registry.example.com:5000/shop/web",
      "1.2",
      "",
      false,
    ],
    ["web:latest@sha256:ab", "web", "latest", "sha256:ab", false],
    ["web@sha256:ab", "web", "", "sha256:ab", false],
    ["web:20260101-main", "web", "20260101-main", "", false],
    ["web:1234", "web", "1234", "", false],
    ["web:alpine-latest", "web", "alpine-latest", "", true],
  ])("%s", (text, name, tag, digest, mutable) => {
    expect(imageRef(text)).toEqual({ name, tag, digest });
    expect(isMutable(imageRef(text))).toBe(mutable);
  });
});

describe("quantities", () => {
  it.each([
    ["500m", 500],
    ["2", 2_000],
    ["0.25", 250],
    ["2k", 2_000_000],
  ])("%s of processor time", (text, millicpu) => {
    expect(cpu(text)).toEqual({ micro: millicpu * 1_000_000, unit: "millicpu" });
  });
  it.each([
    ["1Gi", 1_024],
    ["1048576", 1],
    ["512Mi", 512],
    ["64Ti", 64 * 1_048_576],
  ])("%s of memory", (text, mib) => {
    expect(memory(text)).toEqual({ micro: mib * 1_000_000, unit: "MiB" });
  });
  it.each(["", "x", "-1Gi", "1 Gi", "{{ .Values.memory }}", "1e99", "9".repeat(40)])(
    "%j is no quantity",
    (text) => expect(memory(text)).toBeNull(),
  );
});

describe("withoutActions", () => {
  it.each([
    ["a: {{ .Values.a }}", 'a: "{{ .Values.a }}"'],
    ['a: "{{ .Values.a | default "x" }}"', 'a: "{{ .Values.a | default x }}"'],
    ["- {{ .Values.a }}", '- "{{ .Values.a }}"'],
    ["{{ .Values.k }}: v", '"{{ .Values.k }}": v'],
    ["{{- if .Values.a }}\na: 1\n{{- end }}", "\na: 1\n"],
    [
      "a:\n  {{- toYaml .Values.a | nindent 2 }}\nb: 1",
      'a:\n  "{{- toYaml .Values.a | nindent 2 }}"\nb: 1',
    ],
    ["a:\n  {{- include `x` . | nindent 2 }}\n  b: 1", "a:\n\n  b: 1"],
    ["a: 1\n{% if x %}\nb: 2\n{% endif %}", "a: 1\n\nb: 2\n"],
    ["{{/* a\n comment */}}\na: 1", "\n\na: 1"],
    ['a: {{ template "name" . }}', 'a: "{{ template name . }}"'],
    [
      "{{ tpl .Values.k $ }}: {{ .Values.a | quote }}",
      '"{{ tpl .Values.k $ }}": "{{ .Values.a | quote }}"',
    ],
    ['a: ["b",\n  {{ . | quote }},\n  "c"]', 'a: ["b",\n  "{{ . | quote }}",\n  "c"]'],
    ['a: {{- include "x" . | nindent 2 }}\n  b: 1', "a:\n  b: 1"],
    ['a: {{- include "x" . | nindent 2 }}\nb: 1', 'a: "{{- include x . | nindent 2 }}"\nb: 1'],
    [
      "a: |-\n  {{ .Values.b }}.{{ .Values.c }}.svc",
      'a: |-\n  "{{ .Values.b }}.{{ .Values.c }}.svc"',
    ],
    ['a: |-\n  {{`{"b": "{{c}}"}`}}\nd: 1', "a: |-\n\nd: 1"],
  ])("%j", (template, plain) => {
    expect(withoutActions(template)).toBe(plain);
    expect(withoutActions(template).split("\n").length).toBe(template.split("\n").length);
  });
});

describe("long raw texts in templates", () => {
  const board = JSON.stringify({
    panels: Array.from({ length: 900 }, (_, id) => ({ id, legend: "{{pod}}" })),
  });

  it.each([
    ["alone", `a: |-\n  {{\`${board}\`}}\nb: 1`],
    ["between values", `a: |-\n  {{\`${board}\`}}{{ .Values.c }}{{\`${board}\`}}\nb: 1`],
    ["in a comment", `{{/* ${board} */}}\na: x\nb: 1`],
  ])("are read over: %s", (_, text) => {
    const parsed = parseConfig("yaml", withoutActions(text));
    expect(parsed).toMatchObject({ ok: true, approximate: false });
    expect(withoutActions(text).split("\n").at(-1)).toBe("b: 1");
  });
});

describe("isAgentIdentity", () => {
  it.each([
    ["claude-code", true],
    ["shop-ai-agent", true],
    ["copilot", true],
    ["datadog-agent", false],
    ["vault-agent-injector", false],
    ["gcp-sa-dataform agent", false],
    ["web", false],
    ["agents-team-mailbox", false],
  ])("%s: %s", (name, expected) => expect(isAgentIdentity(name)).toBe(expected));
});

describe("isValuesFile", () => {
  it.each([
    ["charts/web/values.yaml", true],
    ["prod.values.yaml", true],
    ["values-prod.yml", true],
    ["env/values/prod.yaml", true],
    ["k8s/web.yaml", false],
    ["evalues.yaml", false],
  ])("%s: %s", (path, expected) => expect(isValuesFile(path)).toBe(expected));
});
