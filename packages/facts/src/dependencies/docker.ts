// SPDX-License-Identifier: Apache-2.0
import { type DependencyFile, dependency, dependencyFile } from "./dependency.ts";

/** Longer lines name no image. */
const LINE_MAX = 1_000;

/**
 * The images that a Dockerfile builds on. Stages of its own, `scratch` and names made of arguments
 * are no dependencies that the text tells. https://docs.docker.com/reference/dockerfile/#from
 */
export function readDockerfile(text: string): DependencyFile {
  const stages = new Set(["scratch"]);
  const dependencies = text.split("\n").flatMap((raw, i) => {
    if (raw.length > LINE_MAX) return [];
    const m = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(raw);
    const image = m?.[1] ?? "";
    if (m?.[2] !== undefined) stages.add(m[2].toLowerCase());
    if (image === "" || image.includes("$") || stages.has(image.toLowerCase())) return [];
    const [named = "", digest = ""] = image.split("@");
    const tag = /:([^:/]+)$/.exec(named)?.[1] ?? "";
    const name = tag === "" ? named : named.slice(0, -tag.length - 1);
    // A digest fixes the image whatever its tag.
    const version = digest === "" || (tag !== "" && tag !== "latest") ? tag : digest;
    return [dependency({ name, version, line: i + 1, integrity: digest })];
  });
  return dependencyFile("docker", "manifest", dependencies);
}
