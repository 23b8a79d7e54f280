// SPDX-License-Identifier: Apache-2.0
import { goCall, javaCall, javaNew, jsNew, type Pattern, pythonCall } from "../pattern.ts";

/** R06: queues, caches and pools that grow until memory ends. */
export const QUEUE_PATTERNS: readonly Pattern[] = [
  {
    id: "python-queue",
    language: "python",
    aspect: "unbounded-queue",
    hint: /\b(queue|Queue|asyncio|multiprocessing|mp)\.(Lifo|Priority|Joinable)?Queue\(/,
    // A first positional argument is the bound, except a literal zero or less, which means none.
    unless: /\(\s*(?!0\s*[,)]|-\d|\)|loop\b|ctx\b)[^)=]*\)$/,
    rule: {
      any: [
        pythonCall(
          "^(queue|Queue|asyncio|multiprocessing|mp)\\.(Lifo|Priority|Joinable)?Queue$",
          "^maxsize$",
        ),
        {
          kind: "call",
          all: [
            { has: { field: "function", regex: "(^|\\.)(Lifo|Priority|Joinable)?Queue$" } },
            { regex: "maxsize\\s*=\\s*(0|-\\d+)\\s*[,)]" },
          ],
        },
      ],
    },
  },
  {
    id: "python-cache",
    language: "python",
    aspect: "unbounded-queue",
    hint: /lru_cache\(\s*(maxsize\s*=\s*)?None/,
    rule: {
      kind: "decorator",
      regex: "lru_cache\\(\\s*(maxsize\\s*=\\s*)?None",
      // A function without parameters has one entry.
      not: {
        precedes: {
          kind: "function_definition",
          has: { field: "parameters", regex: "^\\(\\s*\\)$" },
        },
      },
    },
    subject: "lru_cache",
    tags: ["cache"],
  },
  {
    id: "java-queue",
    language: "java",
    aspect: "unbounded-queue",
    hint: /new\s+LinkedBlocking(Queue|Deque)|newCachedThreadPool\(/,
    rule: {
      any: [
        {
          ...javaNew("^LinkedBlocking(Queue|Deque)"),
          has: { field: "arguments", regex: "^\\(\\s*(Integer\\.MAX_VALUE)?\\s*\\)$" },
          all: [{ has: { field: "type", regex: "^LinkedBlocking(Queue|Deque)" } }],
        },
        javaCall("^Executors$", "^newCachedThreadPool$"),
      ],
    },
  },
  {
    id: "java-cache",
    language: "java",
    aspect: "unbounded-queue",
    hint: /(CacheBuilder|Caffeine)\s*\.newBuilder\(/,
    unless: /maximum(Size|Weight)|expireAfter|weakKeys|softValues|weakValues/,
    rule: javaCall("(CacheBuilder|Caffeine)\\s*\\.newBuilder", "^(build|buildAsync)$"),
    subject: "cache builder",
    tags: ["cache"],
  },
  {
    id: "js-queue",
    language: "javascript",
    aspect: "unbounded-queue",
    hint: /new\s+PQueue\(|(concurrency|maxQueue\w*|queueLimit|maxQueueSize|highWaterMark|capacity)\s*:\s*Infinity/,
    unless: /concurrency\s*:(?!\s*Infinity)|\(\s*[\w$.]+\s*\)$|\.\.\./,
    rule: {
      any: [
        jsNew("^PQueue$"),
        {
          kind: "pair",
          all: [
            {
              has: {
                field: "key",
                regex: "^(concurrency|maxQueue\\w*|queueLimit|highWaterMark|capacity)$",
              },
            },
            { has: { field: "value", regex: "^Infinity$" } },
          ],
        },
      ],
    },
  },
  {
    id: "go-cache",
    language: "go",
    aspect: "unbounded-queue",
    hint: /cache\.New\(\s*cache\.NoExpiration/,
    rule: { ...goCall("^cache\\.New$"), regex: "^cache\\.New\\(\\s*cache\\.NoExpiration" },
    tags: ["cache"],
  },
];
