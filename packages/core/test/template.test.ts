/** The sentence of a finding: fields filled in, hostile text made harmless. */
import { describe, expect, it } from "vitest";
import { render } from "../src/template.ts";

describe("render", () => {
  it.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    ["a text", "`{subject}` goes", { subject: "web" }, "`web` goes"],
    ["an empty text", "from {before}", { before: "" }, "from nothing"],
    ["numbers", "{before} to {after}", { before: 0, after: 12 }, "0 to 12"],
    ["yes and no", "{a}, {b}", { a: true, b: false }, "true, false"],
    ["a list", "reads {tags}", { tags: ["x", "y"] }, "reads x, y"],
    ["a field that the item lacks stays as written", "{nothing}", { subject: "web" }, "{nothing}"],
    ["what is no plain value stays as written", "{a}{b}", { a: null, b: {} }, "{a}{b}"],
    ["a name that every object inherits", "{toString}", {}, "{toString}"],
    ["braces around no name", "{} {a b} {9}", { a: "x" }, "{} {a b} {9}"],
    ["a value is not filled in again", "{a}", { a: "{b}", b: "no" }, "{b}"],
    ["control characters become one blank", "{a}", { a: "x\u001b\u0007\ny" }, "x y"],
    ["characters that turn the direction", "{a}", { a: "x\u202e\u2028y" }, "x y"],
    ["two hundred characters are enough", "{a}.", { a: "x".repeat(201) }, `${"x".repeat(200)}.`],
  ])("%s", (_name, template, item, expected) => {
    expect(render(template, item)).toBe(expected);
  });
});
