// SPDX-License-Identifier: Apache-2.0
import { goCall, javaCall, jsCall, type Pattern, pythonCall } from "../pattern.ts";

const RETRY_DECORATOR = {
  kind: "decorator",
  regex: "^@(tenacity\\.|retrying\\.|backoff\\.)?(retry|on_exception|on_predicate)\\b",
};

const JS_RETRY = "^(pRetry|retry|asyncRetry|promiseRetry|backOff|withRetry|retryAsync|axiosRetry)$";

const UNBOUNDED: readonly Pattern[] = [
  {
    id: "python-tenacity-no-stop",
    language: "python",
    aspect: "unbounded-retry",
    hint: /@(tenacity\.)?retry\b/,
    needs: /\btenacity\b/,
    rule: { kind: "decorator", regex: "^@(tenacity\\.)?retry\\b" },
    unless: /\bstop\s*=|\*\*/,
  },
  {
    id: "python-retrying-no-stop",
    language: "python",
    aspect: "unbounded-retry",
    hint: /@(retrying\.)?retry\b/,
    needs: /\b(from|import) retrying\b/,
    rule: { kind: "decorator", regex: "^@(retrying\\.)?retry\\b" },
    unless: /stop_max|stop_func|\*\*/,
  },
  {
    id: "python-backoff-no-max",
    language: "python",
    aspect: "unbounded-retry",
    hint: /@backoff\.on_/,
    rule: { kind: "decorator", regex: "^@backoff\\.on_(exception|predicate)\\b" },
    unless: /max_tries|max_time|\*\*/,
  },
  {
    id: "js-retry-forever",
    language: "javascript",
    aspect: "unbounded-retry",
    hint: /\b(forever\s*:\s*true|(retries|maxAttempts|numOfAttempts|maxRetries|attempts|limit)\s*:\s*Infinity|maxRetriesPerRequest\s*:\s*null)/,
    rule: {
      kind: "pair",
      regex:
        "^['\"]?(forever['\"]?\\s*:\\s*true|(retries|maxAttempts|numOfAttempts|maxRetries|attempts|limit)['\"]?\\s*:\\s*Infinity)$",
    },
    subject: "retry",
  },
  {
    id: "java-retry-forever",
    language: "java",
    aspect: "unbounded-retry",
    hint: /(maxAttempts|[mM]axRetries)\s*(=|\()\s*(Integer\.MAX_VALUE|-1)|RetryForever|retryForever/,
    rule: {
      any: [
        { kind: "element_value_pair", regex: "^maxAttempts\\s*=\\s*(Integer\\.MAX_VALUE|-1)$" },
        {
          ...javaCall(null, "^(withMaxRetries|withMaxAttempts|maxAttempts|maxRetries)$"),
          regex: "\\(\\s*(Integer\\.MAX_VALUE|-1)\\s*\\)$",
        },
        { kind: "object_creation_expression", has: { field: "type", regex: "^RetryForever$" } },
      ],
    },
    subject: "retry",
  },
  {
    id: "go-retry-forever",
    language: "go",
    aspect: "unbounded-retry",
    hint: /MaxElapsedTime\s*[:=]\s*0\b|retry\.(Attempts\(\s*0|UntilSucceeded\()|RetryMax\s*[:=]\s*math\.MaxInt/,
    rule: {
      any: [
        { kind: "assignment_statement", regex: "\\.MaxElapsedTime\\s*=\\s*0$" },
        { kind: "assignment_statement", regex: "\\.RetryMax\\s*=\\s*math\\.MaxInt\\w*$" },
        { kind: "keyed_element", regex: "^MaxElapsedTime\\s*:\\s*0$" },
        {
          ...goCall("^retry\\.(Attempts|UntilSucceeded)$"),
          regex: "^retry\\.(Attempts\\(\\s*0\\s*\\)|UntilSucceeded\\(\\s*\\))$",
        },
      ],
    },
    subject: "retry",
  },
];

const JITTER: readonly Pattern[] = [
  {
    id: "python-tenacity-no-jitter",
    language: "python",
    aspect: "backoff-no-jitter",
    hint: /\bwait_(fixed|exponential|incrementing)\(/,
    needs: /\btenacity\b/,
    rule: {
      ...pythonCall("^(tenacity\\.)?wait_(fixed|exponential|incrementing)$"),
      // Only the outermost: `wait_fixed(3) + wait_random(0, 2)` has jitter.
      not: { inside: { kind: "binary_operator", regex: "wait_random|jitter" } },
    },
  },
  {
    id: "python-backoff-no-jitter",
    language: "python",
    aspect: "backoff-no-jitter",
    hint: /jitter\s*=\s*None/,
    rule: { kind: "keyword_argument", regex: "^jitter\\s*=\\s*None$" },
    subject: "backoff",
  },
  {
    id: "js-no-randomize",
    language: "javascript",
    aspect: "backoff-no-jitter",
    hint: /\b(randomize\s*:\s*false|jitter\s*:\s*(false|['"]none['"]))/,
    rule: {
      kind: "pair",
      regex: "^['\"]?(randomize['\"]?\\s*:\\s*false|jitter['\"]?\\s*:\\s*(false|['\"]none['\"]))$",
    },
    subject: "retry",
  },
  {
    id: "java-fixed-backoff",
    language: "java",
    aspect: "backoff-no-jitter",
    hint: /@Backoff\(/,
    rule: { kind: "annotation", regex: "^@Backoff\\(" },
    unless: /random\s*=\s*true/,
  },
  {
    id: "go-no-randomization",
    language: "go",
    aspect: "backoff-no-jitter",
    hint: /RandomizationFactor\s*[:=]\s*0\b|backoff\.NewConstantBackOff\(|retry\.FixedDelay\b/,
    rule: {
      any: [
        { kind: "assignment_statement", regex: "\\.RandomizationFactor\\s*=\\s*0(\\.0)?$" },
        { kind: "keyed_element", regex: "^RandomizationFactor\\s*:\\s*0(\\.0)?$" },
        goCall("^backoff\\.NewConstantBackOff$"),
        { kind: "selector_expression", regex: "^retry\\.FixedDelay$" },
      ],
    },
    subject: "backoff",
  },
];

const NESTED: readonly Pattern[] = [
  {
    id: "python-nested-retry",
    language: "python",
    aspect: "nested-retry",
    hint: /@(tenacity\.|retrying\.|backoff\.)?(retry|on_exception)\b/,
    rule: {
      kind: "decorated_definition",
      has: RETRY_DECORATOR,
      all: [
        { has: RETRY_DECORATOR },
        {
          any: [
            {
              regex:
                "\\bRetry\\(\\s*(total|connect|read|\\d)|max_retries\\s*=\\s*[1-9]|boto3\\.(client|resource)\\(",
            },
            { has: { stopBy: "end", kind: "decorated_definition", has: RETRY_DECORATOR } },
          ],
        },
      ],
    },
  },
  {
    id: "js-nested-retry",
    language: "javascript",
    aspect: "nested-retry",
    hint: /\b(pRetry|retry|asyncRetry|promiseRetry|backOff|withRetry|retryAsync)\(/,
    rule: {
      ...jsCall("^(pRetry|retry|asyncRetry|promiseRetry|backOff|withRetry|retryAsync)$"),
      all: [
        {
          // Within the function that is retried: the options of the outer call are its own.
          has: {
            field: "arguments",
            has: {
              kind: "arrow_function",
              has: {
                stopBy: "end",
                any: [
                  {
                    kind: "call_expression",
                    has: { field: "function", regex: "^got(\\.\\w+)?$" },
                  },
                  { kind: "call_expression", has: { field: "function", regex: JS_RETRY } },
                  { kind: "pair", regex: "^(retries|retry|maxRetries)\\s*:\\s*[1-9]" },
                ],
              },
            },
          },
        },
      ],
    },
  },
  {
    id: "go-nested-retry",
    language: "go",
    aspect: "nested-retry",
    hint: /retryablehttp|backoff\.Retry\(|retry\.Do\(/,
    rule: {
      ...goCall("^(backoff\\.Retry|retry\\.Do|backoff\\.RetryNotify)$"),
      all: [
        {
          has: {
            stopBy: "end",
            kind: "call_expression",
            has: {
              field: "function",
              regex: "^(retryablehttp\\.\\w+|backoff\\.Retry|retry\\.Do)$",
            },
          },
        },
      ],
    },
  },
  {
    id: "java-nested-retry",
    language: "java",
    aspect: "nested-retry",
    hint: /@Retry(able)?\b/,
    rule: {
      kind: "method_declaration",
      all: [
        { has: { kind: "modifiers", regex: "@Retry(able)?\\b" } },
        {
          regex:
            "\\b([rR]etryTemplate\\.execute|Failsafe\\.with|Retry\\.decorate\\w+|retry\\.execute\\w*)\\(",
        },
      ],
    },
  },
];

const ONCE_ONLY: readonly Pattern[] = [
  {
    id: "python-retry-post",
    language: "python",
    aspect: "retry-non-idempotent",
    hint: /@(tenacity\.|retrying\.|backoff\.)?(retry|on_exception)\b/,
    rule: {
      kind: "decorated_definition",
      all: [
        { has: RETRY_DECORATOR },
        {
          regex:
            "\\.post\\(|\\.(charge|refund|transfer|capture|payout|create_payment|create_order|send_mail|send_email|send_sms)\\(",
        },
      ],
    },
    unless: /idempot|client_?token|dedup/i,
  },
  {
    id: "python-retry-any-method",
    language: "python",
    aspect: "retry-non-idempotent",
    hint: /(allowed_methods|method_whitelist)\s*=/,
    rule: {
      kind: "keyword_argument",
      regex: "^(allowed_methods|method_whitelist)\\s*=\\s*(None|False|.*['\"]POST['\"])",
    },
    subject: "Retry",
    tags: ["any-method"],
  },
  {
    id: "python-retry-client-errors",
    language: "python",
    aspect: "retry-non-idempotent",
    hint: /status_forcelist\s*=/,
    // 408, 425 and 429 ask for another attempt; the rest of 4xx will not get better.
    rule: {
      kind: "keyword_argument",
      regex:
        "^status_forcelist\\s*=[^\\n]*\\b(400|401|403|404|405|406|409|410|411|412|413|415|422)\\b",
    },
    subject: "Retry",
    tags: ["client-errors"],
  },
  {
    id: "js-retry-post",
    language: "javascript",
    aspect: "retry-non-idempotent",
    hint: /\b(pRetry|retry|asyncRetry|promiseRetry|backOff|withRetry|retryAsync)\(/,
    rule: {
      ...jsCall("^(pRetry|retry|asyncRetry|promiseRetry|backOff|withRetry|retryAsync)$"),
      regex:
        "\\.post\\(|method\\s*:\\s*['\"]POST|\\.(charge|refund|transfer|capture|payout|createPayment|placeOrder|sendMail|sendEmail)\\(|(charges|refunds|paymentIntents|transfers)\\.create\\(",
    },
    unless: /idempot|clientToken|dedup/i,
  },
  {
    id: "js-retry-any",
    language: "javascript",
    aspect: "retry-non-idempotent",
    hint: /retryCondition\s*:|methods\s*:\s*\[[^\]]*POST|statusCodes\s*:\s*\[/,
    rule: {
      kind: "pair",
      any: [
        { regex: "^retryCondition\\s*:\\s*(\\(\\w*\\)|\\w+)\\s*=>\\s*true$" },
        {
          regex:
            "^(statusCodes|statusCodesToRetry|retryOn)\\s*:[^\\n]*\\b(400|401|403|404|405|409|410|422)\\b",
        },
        {
          regex: "^methods\\s*:\\s*\\[[^\\]]*['\"]POST['\"]",
          inside: { stopBy: "end", kind: "pair", has: { field: "key", regex: "^['\"]?retry" } },
        },
      ],
    },
    subject: "retry",
    tags: ["any-method"],
  },
  {
    id: "java-retry-post",
    language: "java",
    aspect: "retry-non-idempotent",
    hint: /@Retry(able)?\b/,
    rule: {
      kind: "method_declaration",
      all: [
        { has: { kind: "modifiers", regex: "@Retry(able)?\\b" } },
        {
          regex:
            "\\.(postForObject|postForEntity|POST|charge|refund|transfer|capture|sendEmail|placeOrder)\\(|HttpMethod\\.POST",
        },
      ],
    },
    unless: /[iI]dempot|clientToken|dedup/,
  },
  {
    id: "go-retry-post",
    language: "go",
    aspect: "retry-non-idempotent",
    hint: /(backoff\.Retry|retry\.Do)\(/,
    rule: {
      ...goCall("^(backoff\\.Retry|retry\\.Do|backoff\\.RetryNotify)$"),
      regex:
        'http\\.(Post|MethodPost)\\b|"POST"|\\.(Charge|Refund|Transfer|Capture|CreatePayment|PlaceOrder|SendMail|SendEmail)\\(',
    },
    unless: /[iI]dempot|[cC]lientToken|dedup/,
  },
];

/** R02 to R05: retries made with a library. */
export const RETRY_PATTERNS: readonly Pattern[] = [
  ...UNBOUNDED,
  ...JITTER,
  ...NESTED,
  ...ONCE_ONLY,
];
