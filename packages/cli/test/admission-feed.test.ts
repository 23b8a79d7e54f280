/** What the webhook knows of the server: a question asked after the change landed knows of it. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { type Feed, openFeed } from "../src/admission/feed.ts";
import { listening } from "./gate-server.ts";
import { folder } from "./scratch.ts";

const SHA = "3f7d6a1a9df4f43bd3ba9ef4d1e66c2e2d9c6f5b6b9b3bd5f0ab7b1c5c6b2f10";

/** A server to whose questions the test answers, each as things were when it was put. */
async function asked() {
  let landed = false;
  const questions: { readonly answer: () => void }[] = [];
  const server = await listening((request, response) => {
    const changes = landed
      ? [
          {
            ...{ change: "c1", index: 7, allowed: true, kept: true },
            entries: [{ path: "deploy/promise.yaml", before: null, after: SHA }],
          },
        ]
      : [];
    const after = landed ? 7 : -1;
    const answer = () => {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify(
          request.url?.endsWith("/contents") === true
            ? { contents: [{ content: SHA, bytes: null }], more: false }
            : { changes, after, more: false },
        ),
      );
    };
    request.resume();
    if (request.url?.endsWith("/contents") === true) answer();
    else questions.push({ answer });
  });
  const feed = openFeed({
    remote: { server, secret: "token", timeoutMs: 60_000 },
    ...{ state: folder(), ref: "refs/heads/main", now: Date.now },
    manifests: [{ prefix: "deploy/", namespace: "shop" }],
  });
  const nth = async (n: number): Promise<{ readonly answer: () => void }> => {
    for (;;) {
      const question = questions[n];
      if (question !== undefined) return question;
      await pause(5);
    }
  };
  return {
    ...{ feed, nth, questions },
    land: () => {
      landed = true;
    },
  };
}

const knows = (feed: Feed): boolean => feed.allowed().unknown.length > 0;

it("whoever asks while a question is under way is told of what landed before they asked", async () => {
  const { feed, nth, questions, land } = await asked();
  const first = feed.refresh();
  const early = await nth(0);
  land();
  const later = [feed.refresh(), feed.refresh()];
  early.answer();
  expect([await first, knows(feed)]).toEqual([null, false]);
  (await nth(1)).answer();
  expect([await Promise.all(later), knows(feed), questions.length]).toEqual([
    ...[[null, null], true, 2],
  ]);
});

it("whoever asks right after an answer is told of what landed in between", async () => {
  const { feed, nth, land } = await asked();
  const first = feed.refresh();
  (await nth(0)).answer();
  await first;
  land();
  const later = feed.refresh();
  (await nth(1)).answer();
  expect([await later, knows(feed)]).toEqual([null, true]);
});
