// SPDX-License-Identifier: Apache-2.0
import {
  goCall,
  javaCall,
  javaNew,
  jsCall,
  jsNew,
  notBounded,
  type Pattern,
  pythonCall,
} from "../pattern.ts";

const VERBS = "(get|post|put|patch|delete|head|options|request)";

/** An object literal among the arguments hides nothing; a name or a spread may carry the timeout. */
const JS_MAY_BOUND =
  /\bsignal\b|[tT]imeout|\.\.\.|,\s*[\w$.]+\s*\)$|\(\s*[\w$]*([oO]pt|[cC]onf)\w*\s*\)$/;

const PYTHON: readonly Pattern[] = [
  {
    id: "python-requests",
    language: "python",
    aspect: "no-timeout",
    hint: /\brequests\.\w+\(/,
    unlessFile: /TimeoutHTTPAdapter|setdefaulttimeout/,
    rule: { ...pythonCall(`^requests\\.${VERBS}$`, "^timeout$") },
  },
  {
    id: "python-disabled",
    language: "python",
    aspect: "no-timeout",
    hint: /timeout\s*=\s*None/,
    needs: /\b(requests|httpx|aiohttp|urllib|urllib3|grpc|redis|websockets?)\b/,
    rule: {
      kind: "call",
      all: [
        {
          has: {
            field: "function",
            regex:
              "\\.(get|post|put|patch|delete|head|options|request|send|stream|urlopen|Client|AsyncClient|ClientSession|ClientTimeout|Redis)$",
          },
        },
        {
          has: {
            field: "arguments",
            has: {
              kind: "keyword_argument",
              all: [
                { has: { field: "name", regex: "^(timeout|total|socket_timeout)$" } },
                { has: { field: "value", kind: "none" } },
              ],
            },
          },
        },
      ],
    },
    tags: ["disabled"],
  },
  {
    id: "python-urlopen",
    language: "python",
    aspect: "no-timeout",
    hint: /urlopen\(/,
    unlessFile: /setdefaulttimeout/,
    unless: /\(\s*[^,()]+,[^,=]+,\s*[^,=]+\)$/,
    rule: pythonCall("^(urllib\\.request\\.|urllib2\\.|request\\.)?urlopen$", "^timeout$"),
  },
  {
    id: "python-connection",
    language: "python",
    aspect: "no-timeout",
    hint: /HTTPS?Connection\(|smtplib|ftplib|create_connection\(/,
    unlessFile: /setdefaulttimeout/,
    unless: /create_connection\(\s*(\([^()]*\)|\w+)\s*,/,
    rule: pythonCall(
      "^(http\\.client\\.HTTPS?Connection|smtplib\\.SMTP(_SSL)?|ftplib\\.FTP(_TLS)?|socket\\.create_connection)$",
      "^timeout$",
    ),
  },
  {
    id: "python-psycopg",
    language: "python",
    aspect: "no-timeout",
    hint: /psycopg2?\.connect\(/,
    unless: /connect_timeout/,
    rule: pythonCall("^psycopg2?\\.connect$", "^(connect_timeout|options)$"),
  },
  {
    id: "python-redis",
    language: "python",
    aspect: "no-timeout",
    hint: /\bredis\.(Strict)?Redis\(/,
    rule: pythonCall("^redis\\.(Strict)?Redis$", "^(socket_timeout|connection_pool)$"),
  },
];

const JAVASCRIPT: readonly Pattern[] = [
  {
    id: "js-fetch",
    language: "javascript",
    aspect: "no-timeout",
    hint: /\bfetch\(/,
    // A path on the page's own host, or a page itself: a hung call stops one tab.
    unless:
      /^(globalThis\.|window\.)?fetch\(\s*[`'"]\/|\bsignal\b|[tT]imeout|\.\.\.|,\s*[\w$.]+\s*,?\s*\)$/,
    unlessFile: /['"]use client['"]|\bdocument\.|\bwindow\.|setGlobalDispatcher/,
    rule: { ...jsCall("^(globalThis\\.|window\\.)?fetch$"), ...notBounded("call_expression") },
  },
  {
    id: "js-axios",
    language: "javascript",
    aspect: "no-timeout",
    hint: /\baxios\b/,
    unless: JS_MAY_BOUND,
    unlessFile: /axios\.defaults\.timeout|\bdocument\.|\bwindow\.|\blocalStorage\b/,
    rule: {
      ...jsCall("^axios(\\.(get|post|put|patch|delete|head|request|create))?$"),
      ...notBounded("call_expression"),
    },
  },
  {
    id: "js-got",
    language: "javascript",
    aspect: "no-timeout",
    hint: /\bgot\b/,
    needs: /['"]got['"]/,
    unless: JS_MAY_BOUND,
    rule: {
      ...jsCall("^got(\\.(get|post|put|patch|delete|head|extend))?$"),
      ...notBounded("call_expression"),
    },
  },
  {
    id: "js-node-http",
    language: "javascript",
    aspect: "no-timeout",
    hint: /\bhttps?\.(get|request)\(/,
    needs: /['"](node:)?https?['"]/,
    unless: /\bsignal\b|[tT]imeout/,
    unlessFile: /\.setTimeout\(/,
    rule: jsCall("^https?\\.(get|request)$"),
  },
  {
    id: "js-pg",
    language: "javascript",
    aspect: "no-timeout",
    hint: /new\s+(pg\.)?(Pool|Client)\(/,
    needs: /['"]pg['"]/,
    unless: /[tT]imeout|\.\.\.|\(\s*[\w$.]+\s*\)$/,
    rule: jsNew("^(pg\\.)?(Pool|Client)$"),
  },
  {
    id: "js-disabled",
    language: "javascript",
    aspect: "no-timeout",
    hint: /[tT]imeout\w*\s*:\s*(0|Infinity|false)\b/,
    needs: /\b(axios|got|fetch|undici|superagent|needle|ky|redis|pg|mysql|knex|grpc|https?)\b/,
    unlessFile: /\bdocument\.|\bwindow\./,
    rule: {
      kind: "pair",
      all: [
        {
          has: {
            field: "key",
            regex:
              "^['\"]?(timeout|requestTimeout|headersTimeout|bodyTimeout|connectTimeout|connectionTimeout|socketTimeout|queryTimeout|commandTimeout|connectionTimeoutMillis|query_timeout|statement_timeout)['\"]?$",
          },
        },
        { has: { field: "value", regex: "^(0|Infinity|false)$" } },
      ],
    },
    tags: ["disabled"],
  },
];

const GO: readonly Pattern[] = [
  {
    id: "go-http-default",
    language: "go",
    aspect: "no-timeout",
    hint: /\bhttp\.(Get|Post|PostForm|Head)\(|http\.DefaultClient\./,
    unlessFile: /http\.DefaultClient(\.Timeout)?\s*=/,
    rule: goCall("^http\\.((Get|Post|PostForm|Head)|DefaultClient\\.(Get|Post|PostForm|Head))$"),
  },
  {
    id: "go-http-default-do",
    language: "go",
    aspect: "no-timeout",
    hint: /http\.DefaultClient\.Do\(/,
    // A request that carries a context may carry its deadline.
    unlessFile: /http\.DefaultClient(\.Timeout)?\s*=|NewRequestWithContext|\.WithContext\(/,
    rule: goCall("^http\\.DefaultClient\\.Do$"),
  },
  {
    id: "go-http-client",
    language: "go",
    aspect: "no-timeout",
    hint: /http\.Client\{/,
    unless: /\bTimeout\s*:/,
    unlessFile: /NewRequestWithContext|\.WithContext\(|\.Timeout\s*=/,
    rule: { kind: "composite_literal", has: { field: "type", regex: "^http\\.Client$" } },
  },
  {
    id: "go-http-client-zero",
    language: "go",
    aspect: "no-timeout",
    hint: /\bTimeout:\s*0\b/,
    rule: {
      kind: "keyed_element",
      regex: "^(Timeout|ReadTimeout|DialTimeout|CallTimeout|RequestTimeout)\\s*:\\s*0$",
    },
    tags: ["disabled"],
  },
  {
    id: "go-net-dial",
    language: "go",
    aspect: "no-timeout",
    hint: /\b(net|tls)\.Dial\(/,
    rule: goCall("^(net|tls)\\.Dial$"),
    unless: /\(\s*"(udp|unix|unixgram)/,
  },
];

const JAVA: readonly Pattern[] = [
  {
    id: "java-url-stream",
    language: "java",
    aspect: "no-timeout",
    hint: /\.(openStream|openConnection)\(/,
    unlessFile: /setReadTimeout\(/,
    rule: javaCall("(?i)url", "^(openStream|openConnection)$"),
  },
  {
    id: "java-http-client",
    language: "java",
    aspect: "no-timeout",
    hint: /HttpRequest\.newBuilder\(/,
    unlessFile: /\.timeout\(/,
    rule: {
      ...javaCall("HttpRequest\\.newBuilder", "^build$"),
    },
    subject: "HttpRequest.newBuilder",
  },
  {
    id: "java-rest-template",
    language: "java",
    aspect: "no-timeout",
    hint: /new\s+RestTemplate\(\s*\)/,
    unlessFile: /set(Read|Connect)Timeout\(|setRequestFactory\(/,
    unless: /\([^)]/,
    rule: javaNew("^RestTemplate$"),
  },
  {
    id: "java-apache-client",
    language: "java",
    aspect: "no-timeout",
    hint: /HttpClients\.createDefault\(|HttpClientBuilder\.create\(\)\.build\(/,
    unlessFile: /setSocketTimeout\(|setResponseTimeout\(/,
    rule: {
      any: [
        javaCall("^HttpClients$", "^createDefault$"),
        javaCall("^HttpClientBuilder\\.create\\(\\)$", "^build$"),
      ],
    },
  },
  {
    id: "java-okhttp-zero",
    language: "java",
    aspect: "no-timeout",
    hint: /Timeout\(\s*0\b/,
    rule: {
      ...javaCall(
        null,
        "^(readTimeout|callTimeout|writeTimeout|connectTimeout|setReadTimeout|setConnectTimeout|setSoTimeout|setSocketTimeout|setQueryTimeout|setLoginTimeout)$",
      ),
      regex: "Timeout\\(\\s*0\\s*[,)]",
    },
    unless: /callTimeout\(/,
    subject: "timeout",
    tags: ["disabled"],
  },
  {
    id: "java-jdbc",
    language: "java",
    aspect: "no-timeout",
    hint: /DriverManager\.getConnection\(/,
    unless: /[tT]imeout/,
    unlessFile: /setLoginTimeout\(|[sS]ocketTimeout|[nN]etworkTimeout/,
    rule: javaCall("^DriverManager$", "^getConnection$"),
  },
  {
    id: "java-socket",
    language: "java",
    aspect: "no-timeout",
    hint: /new\s+Socket\(/,
    unlessFile: /setSoTimeout\(/,
    unless: /\(\s*\)/,
    rule: javaNew("^Socket$"),
  },
];

/** R01: calls that leave the process and may wait for ever. */
export const TIMEOUT_PATTERNS: readonly Pattern[] = [...PYTHON, ...JAVASCRIPT, ...GO, ...JAVA];
