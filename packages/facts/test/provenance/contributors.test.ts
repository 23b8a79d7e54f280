import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountsOf, contributors } from "../../src/provenance/contributors.ts";

const ana = { name: "Ana", email: "ana@example.com" };
const show = (commit: Parameters<typeof contributors>[0]): readonly string[] =>
  contributors(commit).map((one) => `${one.did} ${one.account}`);

describe("contributors", () => {
  it("names author, committer and co-authors, and no signers or reviewers", () => {
    expect(
      show({
        author: ana,
        committer: { name: "Bo", email: " Bo@Example.com " },
        trailers: [
          { key: "Co-authored-by", value: "Cy <cy@example.com>" },
          { key: "Co-developed-by", value: "Dee <12+dee@users.noreply.github.com>" },
          { key: "Signed-off-by", value: "Eve <eve@example.com>" },
          { key: "Reviewed-by", value: "Fay <fay@example.com>" },
        ],
      }),
    ).toEqual([
      "author email:ana@example.com",
      "committer email:bo@example.com",
      "co-author email:cy@example.com",
      "co-author github-id:12",
      "co-author github:dee",
    ]);
  });

  it("leaves out the platform, by name and address together", () => {
    const platform = { name: "GitHub", email: "noreply@github.com" };
    expect(show({ author: ana, committer: platform, trailers: [] })).toEqual([
      "author email:ana@example.com",
    ]);
    // Approvals case 13: somebody else under the platform's address stays a contributor.
    expect(show({ author: ana, committer: { ...platform, name: "Bo" }, trailers: [] })).toContain(
      "committer email:noreply@github.com",
    );
    // As an author the platform's address is no way out either.
    expect(show({ author: platform, committer: platform, trailers: [] })).toEqual([
      "author email:noreply@github.com",
    ]);
  });

  it("names the agent besides its account", () => {
    expect(accountsOf("209825114+claude[bot]@users.noreply.github.com")).toEqual([
      "github:claude[bot]",
      "github-id:209825114",
      "agent:claude-code",
    ]);
    expect(accountsOf("noreply@anthropic.com")).toEqual([
      "email:noreply@anthropic.com",
      "agent:claude-code",
    ]);
  });

  it.each([
    ["", "unknown:(empty)"],
    ["ana", "unknown:ana"],
    ["аna@example.com", "unknown:\\u{430}na@example.com"],
    ["ana@exam​ple.com", "unknown:ana@exam\\u{200b}ple.com"],
    ["ana@example.com bo@example.com", "unknown:ana@example.com\\u{20}bo@example.com"],
    ["ana@example.com\u202e", "unknown:ana@example.com\\u{202e}"],
  ])("rejects %j into an unknown account", (email, account) => {
    expect(accountsOf(email)).toEqual([account]);
  });

  it("is sorted, bounded and free of foreign characters", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 60 })), (values) => {
        const found = contributors({
          author: { name: "", email: values[0] ?? "" },
          committer: { name: "", email: values[1] ?? "" },
          trailers: values.map((value) => ({ key: "co-authored-by", value })),
        });
        expect(
          [...found].sort((a, b) =>
            a.account < b.account ? -1 : a.account > b.account ? 1 : a.did < b.did ? -1 : 1,
          ),
        ).toEqual(found);
        for (const { account } of found) expect(account).toMatch(/^[!-~()]{1,400}$/);
      }),
    );
  });
});
