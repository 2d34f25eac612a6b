// dom.ts
function find(selector) {
  const element2 = document.querySelector(selector);
  if (element2 === null) throw new Error(`the page has no ${selector}`);
  return element2;
}
function all(selector, within = document) {
  return within.querySelectorAll(selector);
}
function make(tag, properties = {}, ...children) {
  const { data = {}, ...rest } = properties;
  const element2 = Object.assign(document.createElement(tag), rest);
  Object.assign(element2.dataset, data);
  element2.append(...children.filter((child) => child !== void 0));
  return element2;
}
function put(selector, text) {
  const element2 = find(selector);
  if (element2.textContent !== text) element2.textContent = text;
}

// facts.ts
var facts;
async function learnFacts() {
  facts = await (await fetch("/demo/facts", { cache: "no-store" })).json();
}

// node_modules/openapi-fetch/dist/index.mjs
var PATH_PARAM_RE = /\{[^{}]+\}/g;
var supportsRequestInitExt = () => {
  return typeof process === "object" && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
};
function randomID() {
  return Math.random().toString(36).slice(2, 11);
}
function createClient(clientOptions) {
  let {
    baseUrl = "",
    Request: CustomRequest = globalThis.Request,
    fetch: baseFetch = globalThis.fetch,
    querySerializer: globalQuerySerializer,
    bodySerializer: globalBodySerializer,
    pathSerializer: globalPathSerializer,
    headers: baseHeaders,
    requestInitExt = void 0,
    ...baseOptions
  } = { ...clientOptions };
  requestInitExt = supportsRequestInitExt() ? requestInitExt : void 0;
  baseUrl = removeTrailingSlash(baseUrl);
  const globalMiddlewares = [];
  async function coreFetch(schemaPath, fetchOptions) {
    const {
      baseUrl: localBaseUrl,
      fetch: fetch2 = baseFetch,
      Request: Request2 = CustomRequest,
      headers,
      params = {},
      parseAs = "json",
      querySerializer: requestQuerySerializer,
      bodySerializer = globalBodySerializer ?? defaultBodySerializer,
      pathSerializer: requestPathSerializer,
      body,
      middleware: requestMiddlewares = [],
      ...init
    } = fetchOptions || {};
    let finalBaseUrl = baseUrl;
    if (localBaseUrl) {
      finalBaseUrl = removeTrailingSlash(localBaseUrl) ?? baseUrl;
    }
    let querySerializer = typeof globalQuerySerializer === "function" ? globalQuerySerializer : createQuerySerializer(globalQuerySerializer);
    if (requestQuerySerializer) {
      querySerializer = typeof requestQuerySerializer === "function" ? requestQuerySerializer : createQuerySerializer({
        ...typeof globalQuerySerializer === "object" ? globalQuerySerializer : {},
        ...requestQuerySerializer
      });
    }
    const pathSerializer = requestPathSerializer || globalPathSerializer || defaultPathSerializer;
    const serializedBody = body === void 0 ? void 0 : bodySerializer(
      body,
      // Note: we declare mergeHeaders() both here and below because it’s a bit of a chicken-or-egg situation:
      // bodySerializer() needs all headers so we aren’t dropping ones set by the user, however,
      // the result of this ALSO sets the lowest-priority content-type header. So we re-merge below,
      // setting the content-type at the very beginning to be overwritten.
      // Lastly, based on the way headers work, it’s not a simple “present-or-not” check becauase null intentionally un-sets headers.
      mergeHeaders(baseHeaders, headers, params.header)
    );
    const finalHeaders = mergeHeaders(
      // with no body, we should not to set Content-Type
      serializedBody === void 0 || // if serialized body is FormData; browser will correctly set Content-Type & boundary expression
      serializedBody instanceof FormData ? {} : {
        "Content-Type": "application/json"
      },
      baseHeaders,
      headers,
      params.header
    );
    const finalMiddlewares = [...globalMiddlewares, ...requestMiddlewares];
    const requestInit = {
      redirect: "follow",
      ...baseOptions,
      ...init,
      body: serializedBody,
      headers: finalHeaders
    };
    let id2;
    let options;
    let request = new Request2(
      createFinalURL(schemaPath, { baseUrl: finalBaseUrl, params, querySerializer, pathSerializer }),
      requestInit
    );
    let response;
    for (const key in init) {
      if (!(key in request)) {
        request[key] = init[key];
      }
    }
    if (finalMiddlewares.length) {
      id2 = randomID();
      options = Object.freeze({
        baseUrl: finalBaseUrl,
        fetch: fetch2,
        parseAs,
        querySerializer,
        bodySerializer,
        pathSerializer
      });
      for (const m of finalMiddlewares) {
        if (m && typeof m === "object" && typeof m.onRequest === "function") {
          const result = await m.onRequest({
            request,
            schemaPath,
            params,
            options,
            id: id2
          });
          if (result) {
            if (result instanceof Request2) {
              request = result;
            } else if (result instanceof Response) {
              response = result;
              break;
            } else {
              throw new Error("onRequest: must return new Request() or Response() when modifying the request");
            }
          }
        }
      }
    }
    if (!response) {
      try {
        response = await fetch2(request, requestInitExt);
      } catch (error2) {
        let errorAfterMiddleware = error2;
        if (finalMiddlewares.length) {
          for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
            const m = finalMiddlewares[i];
            if (m && typeof m === "object" && typeof m.onError === "function") {
              const result = await m.onError({
                request,
                error: errorAfterMiddleware,
                schemaPath,
                params,
                options,
                id: id2
              });
              if (result) {
                if (result instanceof Response) {
                  errorAfterMiddleware = void 0;
                  response = result;
                  break;
                }
                if (result instanceof Error) {
                  errorAfterMiddleware = result;
                  continue;
                }
                throw new Error("onError: must return new Response() or instance of Error");
              }
            }
          }
        }
        if (errorAfterMiddleware) {
          throw errorAfterMiddleware;
        }
      }
      if (finalMiddlewares.length) {
        for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
          const m = finalMiddlewares[i];
          if (m && typeof m === "object" && typeof m.onResponse === "function") {
            const result = await m.onResponse({
              request,
              response,
              schemaPath,
              params,
              options,
              id: id2
            });
            if (result) {
              if (!(result instanceof Response)) {
                throw new Error("onResponse: must return new Response() when modifying the response");
              }
              response = result;
            }
          }
        }
      }
    }
    const contentLength = response.headers.get("Content-Length");
    if (response.status === 204 || request.method === "HEAD" || contentLength === "0" && !response.headers.get("Transfer-Encoding")?.includes("chunked")) {
      return response.ok ? { data: void 0, response } : { error: void 0, response };
    }
    if (response.ok) {
      const getResponseData = async () => {
        if (parseAs === "stream") {
          return response.body;
        }
        if (parseAs === "json" && !contentLength) {
          const raw = await response.text();
          return raw ? JSON.parse(raw) : void 0;
        }
        return await response[parseAs]();
      };
      return { data: await getResponseData(), response };
    }
    let error = await response.text();
    try {
      error = JSON.parse(error);
    } catch {
    }
    return { error, response };
  }
  return {
    request(method, url, init) {
      return coreFetch(url, { ...init, method: method.toUpperCase() });
    },
    /** Call a GET endpoint */
    GET(url, init) {
      return coreFetch(url, { ...init, method: "GET" });
    },
    /** Call a PUT endpoint */
    PUT(url, init) {
      return coreFetch(url, { ...init, method: "PUT" });
    },
    /** Call a POST endpoint */
    POST(url, init) {
      return coreFetch(url, { ...init, method: "POST" });
    },
    /** Call a DELETE endpoint */
    DELETE(url, init) {
      return coreFetch(url, { ...init, method: "DELETE" });
    },
    /** Call a OPTIONS endpoint */
    OPTIONS(url, init) {
      return coreFetch(url, { ...init, method: "OPTIONS" });
    },
    /** Call a HEAD endpoint */
    HEAD(url, init) {
      return coreFetch(url, { ...init, method: "HEAD" });
    },
    /** Call a PATCH endpoint */
    PATCH(url, init) {
      return coreFetch(url, { ...init, method: "PATCH" });
    },
    /** Call a TRACE endpoint */
    TRACE(url, init) {
      return coreFetch(url, { ...init, method: "TRACE" });
    },
    /** Register middleware */
    use(...middleware) {
      for (const m of middleware) {
        if (!m) {
          continue;
        }
        if (typeof m !== "object" || !("onRequest" in m || "onResponse" in m || "onError" in m)) {
          throw new Error("Middleware must be an object with one of `onRequest()`, `onResponse() or `onError()`");
        }
        globalMiddlewares.push(m);
      }
    },
    /** Unregister middleware */
    eject(...middleware) {
      for (const m of middleware) {
        const i = globalMiddlewares.indexOf(m);
        if (i !== -1) {
          globalMiddlewares.splice(i, 1);
        }
      }
    }
  };
}
function serializePrimitiveParam(name, value, options) {
  if (value === void 0 || value === null) {
    return "";
  }
  if (typeof value === "object") {
    throw new Error(
      "Deeply-nested arrays/objects aren’t supported. Provide your own `querySerializer()` to handle these."
    );
  }
  return `${name}=${options?.allowReserved === true ? value : encodeURIComponent(value)}`;
}
function serializeObjectParam(name, value, options) {
  if (!value || typeof value !== "object") {
    return "";
  }
  const values = [];
  const joiner = {
    simple: ",",
    label: ".",
    matrix: ";"
  }[options.style] || "&";
  if (options.style !== "deepObject" && options.explode === false) {
    for (const k in value) {
      values.push(k, options.allowReserved === true ? value[k] : encodeURIComponent(value[k]));
    }
    const final2 = values.join(",");
    switch (options.style) {
      case "form": {
        return `${name}=${final2}`;
      }
      case "label": {
        return `.${final2}`;
      }
      case "matrix": {
        return `;${name}=${final2}`;
      }
      default: {
        return final2;
      }
    }
  }
  for (const k in value) {
    const finalName = options.style === "deepObject" ? `${name}[${k}]` : k;
    values.push(serializePrimitiveParam(finalName, value[k], options));
  }
  const final = values.join(joiner);
  return options.style === "label" || options.style === "matrix" ? `${joiner}${final}` : final;
}
function serializeArrayParam(name, value, options) {
  if (!Array.isArray(value)) {
    return "";
  }
  if (options.explode === false) {
    const joiner2 = { form: ",", spaceDelimited: "%20", pipeDelimited: "|" }[options.style] || ",";
    const final = (options.allowReserved === true ? value : value.map((v) => encodeURIComponent(v))).join(joiner2);
    switch (options.style) {
      case "simple": {
        return final;
      }
      case "label": {
        return `.${final}`;
      }
      case "matrix": {
        return `;${name}=${final}`;
      }
      // case "spaceDelimited":
      // case "pipeDelimited":
      default: {
        return `${name}=${final}`;
      }
    }
  }
  const joiner = { simple: ",", label: ".", matrix: ";" }[options.style] || "&";
  const values = [];
  for (const v of value) {
    if (options.style === "simple" || options.style === "label") {
      values.push(options.allowReserved === true ? v : encodeURIComponent(v));
    } else {
      values.push(serializePrimitiveParam(name, v, options));
    }
  }
  return options.style === "label" || options.style === "matrix" ? `${joiner}${values.join(joiner)}` : values.join(joiner);
}
function createQuerySerializer(options) {
  return function querySerializer(queryParams) {
    const search = [];
    if (queryParams && typeof queryParams === "object") {
      for (const name in queryParams) {
        const value = queryParams[name];
        if (value === void 0 || value === null) {
          continue;
        }
        if (Array.isArray(value)) {
          if (value.length === 0) {
            continue;
          }
          search.push(
            serializeArrayParam(name, value, {
              style: "form",
              explode: true,
              ...options?.array,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        if (typeof value === "object") {
          search.push(
            serializeObjectParam(name, value, {
              style: "deepObject",
              explode: true,
              ...options?.object,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        search.push(serializePrimitiveParam(name, value, options));
      }
    }
    return search.join("&");
  };
}
function defaultPathSerializer(pathname, pathParams) {
  let nextURL = pathname;
  for (const match of pathname.match(PATH_PARAM_RE) ?? []) {
    let name = match.substring(1, match.length - 1);
    let explode = false;
    let style = "simple";
    if (name.endsWith("*")) {
      explode = true;
      name = name.substring(0, name.length - 1);
    }
    if (name.startsWith(".")) {
      style = "label";
      name = name.substring(1);
    } else if (name.startsWith(";")) {
      style = "matrix";
      name = name.substring(1);
    }
    if (!pathParams || pathParams[name] === void 0 || pathParams[name] === null) {
      continue;
    }
    const value = pathParams[name];
    if (Array.isArray(value)) {
      nextURL = nextURL.replace(match, serializeArrayParam(name, value, { style, explode }));
      continue;
    }
    if (typeof value === "object") {
      nextURL = nextURL.replace(match, serializeObjectParam(name, value, { style, explode }));
      continue;
    }
    if (style === "matrix") {
      nextURL = nextURL.replace(match, `;${serializePrimitiveParam(name, value)}`);
      continue;
    }
    nextURL = nextURL.replace(match, style === "label" ? `.${encodeURIComponent(value)}` : encodeURIComponent(value));
  }
  return nextURL;
}
function defaultBodySerializer(body, headers) {
  if (body instanceof FormData) {
    return body;
  }
  if (headers) {
    const contentType = headers.get instanceof Function ? headers.get("Content-Type") ?? headers.get("content-type") : headers["Content-Type"] ?? headers["content-type"];
    if (contentType === "application/x-www-form-urlencoded") {
      return new URLSearchParams(body).toString();
    }
  }
  return JSON.stringify(body);
}
function createFinalURL(pathname, options) {
  let finalURL = `${options.baseUrl}${pathname}`;
  if (options.params?.path) {
    finalURL = options.pathSerializer(finalURL, options.params.path);
  }
  let search = options.querySerializer(options.params.query ?? {});
  if (search.startsWith("?")) {
    search = search.substring(1);
  }
  if (search) {
    finalURL += `?${search}`;
  }
  return finalURL;
}
function mergeHeaders(...allHeaders) {
  const finalHeaders = new Headers();
  for (const h of allHeaders) {
    if (!h || typeof h !== "object") {
      continue;
    }
    const iterator = h instanceof Headers ? h.entries() : Object.entries(h);
    for (const [k, v] of iterator) {
      if (v === null) {
        finalHeaders.delete(k);
      } else if (Array.isArray(v)) {
        for (const v2 of v) {
          finalHeaders.append(k, v2);
        }
      } else if (v !== void 0) {
        finalHeaders.set(k, v);
      }
    }
  }
  return finalHeaders;
}
function removeTrailingSlash(url) {
  if (url.endsWith("/")) {
    return url.substring(0, url.length - 1);
  }
  return url;
}

// record.ts
var SHOWN_REQUEST = ["Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "If-None-Match", "Last-Event-ID"];
var SHOWN_ANSWER = ["etag", "location", "retry-after", "cache-control", "content-language", "content-type", "idempotency-replayed", "x-request-id", "www-authenticate"];
var SECRET_MEMBERS = /* @__PURE__ */ new Set(["sdkToken", "launchUrl", "accessToken", "serviceToken"]);
var CUT = "••••••••";
var SAVED = "gerbang-demo-log";
var KEEP = 60;
var log = [];
var listeners = /* @__PURE__ */ new Set();
function onChange(listener) {
  listeners.add(listener);
}
var isGoingOn = (entry) => entry.state === "open" || entry.state === "told";
function changed(entry) {
  for (const listener of listeners) listener(entry);
  try {
    sessionStorage.setItem(SAVED, JSON.stringify(log.filter((one) => !isGoingOn(one)).slice(-KEEP).map(withoutSecrets)));
  } catch {
  }
}
function clearLog() {
  for (let at = log.length - 1; at >= 0; at -= 1) if (!isGoingOn(log[at])) log.splice(at, 1);
  changed();
}
function restoreLog() {
  try {
    log.push(...JSON.parse(sessionStorage.getItem(SAVED) ?? "[]"));
  } catch {
    sessionStorage.removeItem(SAVED);
  }
}
function masked(value) {
  if (Array.isArray(value)) return value.map(masked);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, SECRET_MEMBERS.has(name) && typeof member === "string" ? mask(member) : masked(member)]));
}
function mask(secret2) {
  const place = secret2.indexOf("token=");
  const head = place < 0 ? secret2.slice(0, 6) : secret2.slice(0, place + 6);
  return `${head}${CUT}`;
}
function maskedHeaders(headers) {
  return headers.map(([name, value]) => [name, name === "Authorization" ? `Bearer ${mask(value.slice(7))}` : value]);
}
function withoutSecrets(entry) {
  const { answer } = entry;
  return {
    ...entry,
    request: { ...entry.request, headers: maskedHeaders(entry.request.headers), body: masked(entry.request.body) },
    ...answer && { answer: { ...answer, body: masked(answer.body) } }
  };
}
var shown = (names, headers) => names.flatMap((name) => headers.has(name) ? [[name, headers.get(name)]] : []);
function recorded(label, repeats = false) {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const entry = {
      id: crypto.randomUUID(),
      label,
      at: Date.now(),
      state: "open",
      count: 1,
      repeats,
      incoming: false,
      request: {
        method: request.method,
        path: pathname + search,
        headers: shown(SHOWN_REQUEST, request.headers),
        body: parsed(await request.clone().text())
      }
    };
    log.push(entry);
    changed(entry);
    try {
      return await answered(entry, await fetch(request), request.signal);
    } catch (error) {
      if (request.signal.aborted) forget(entry);
      else finish(entry, "lost");
      throw error;
    }
  };
}
async function answered(entry, response, signal) {
  const { status, statusText, headers } = response;
  const answer = { status, statusText, headers: shown(SHOWN_ANSWER, headers), body: void 0 };
  if (response.body !== null && headers.get("content-type")?.startsWith("text/event-stream")) {
    const [ours, theirs] = response.body.tee();
    Object.assign(entry, { state: "told", answer: { ...answer, body: "" } });
    changed(entry);
    void listen(entry, ours, signal);
    return new Response(theirs, { status, statusText, headers });
  }
  answer.body = parsed(await response.clone().text());
  finish(entry, "done", answer);
  return response;
}
async function listen(entry, body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const { answer } = entry;
  try {
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) break;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      const news3 = blocks.filter((block) => block !== ":").map((block) => `${block}

`).join("");
      if (answer && news3) {
        answer.body += news3;
        changed(entry);
      }
    }
    finish(entry, "done", answer);
  } catch {
    finish(entry, signal.aborted ? "left" : "lost", answer);
  }
}
function note(id2, label, at, request, status) {
  if (log.some((one) => one.id === id2)) return;
  const answer = { status, statusText: "", headers: [], body: void 0 };
  const entry = { id: id2, label, at, state: "done", count: 1, repeats: false, incoming: true, request, answer };
  log.push(entry);
  changed(entry);
}
function finish(entry, state2, answer) {
  entry.state = state2;
  entry.took = Date.now() - entry.at;
  if (answer) entry.answer = answer;
  const before = log[log.indexOf(entry) - 1];
  const isAlike = before?.repeats && entry.repeats && before.state === state2 && before.request.path === entry.request.path && before.answer?.status === answer?.status && (answer === void 0 || answer.status === 304);
  if (before && isAlike) {
    entry.count = before.count + 1;
    log.splice(log.indexOf(before), 1);
  }
  changed(entry);
}
function forget(entry) {
  const place = log.indexOf(entry);
  if (place >= 0) log.splice(place, 1);
  changed();
}
function parsed(text) {
  if (text === "") return void 0;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
function asCurl({ request, answer }, base) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const isStream = answer?.headers.some(([name, value]) => name === "content-type" && value.startsWith("text/event-stream"));
  const parts = [isStream ? "curl -iN" : "curl -i"];
  if (request.method !== "GET") parts.push(`-X ${request.method}`);
  parts.push(quote(base + request.path));
  for (const [name, value] of request.headers) {
    parts.push(value.endsWith(CUT) ? `-H "${name}: Bearer $TOKEN"` : `-H ${quote(`${name}: ${value}`)}`);
  }
  if (request.body !== void 0) parts.push(`-d ${quote(JSON.stringify(request.body))}`);
  return parts.join(" \\\n  ");
}

// words.en.ts
var en = {
  skip: "Skip to the app",
  language: "Language",
  lead: "One identity verification, from start to verdict. All of it runs on this computer; a simulator stands in for the verification provider.",
  route: "Who calls whom",
  routeApp: "Your app",
  routeProvider: "Provider (simulator)",
  phoneLabel: "Example app",
  appName: "Your app",
  steps: "Steps",
  stepStart: "Start",
  stepCapture: "Capture",
  stepResult: "Result",
  startTitle: "Verify your identity",
  startText: "Have your KTP at hand. A photo of it and a selfie take about two minutes.",
  contactLegend: "Contact",
  phone: "Phone",
  email: "Email",
  phoneLabelField: "Phone number",
  emailLabelField: "Email address",
  verified: "OTP passed",
  contactHint: "The demo pretends that your own sign-in has checked an OTP.",
  outcomeLabel: "What the simulator plays",
  outcomeHint: "Chosen by the contact's last two digits: {digits}",
  outcomeOther: "The contact's last two digits are not in the list: approved",
  channelLegend: "How to capture",
  sdk: "Native SDK",
  sdkText: "The app opens the provider's SDK",
  web: "Web page",
  webText: "The browser opens the provider's page",
  start: "Start verification",
  starting: "Starting…",
  captureTitle: "Ready to capture",
  captureSdk: "The app was given a token for the provider's SDK. It is a secret, good for one capture.",
  captureWeb: "The app was given the address of the provider's page. It is a secret, good for one capture.",
  received: "What the app received",
  resumed: "taken up again",
  openSdk: "Open the SDK (simulated)",
  openWeb: "Open the capture page",
  openHere: "Open in this tab",
  qr: "Continue on a phone",
  renew: "Renew",
  again: "Back to the start",
  show: "Show",
  hide: "Hide",
  copy: "Copy",
  copied: "Copied",
  until: "until {time}",
  in: "{time} left",
  over: "over",
  fieldToken: "sdkToken",
  fieldUrl: "launchUrl",
  qrTitle: "Continue on a phone",
  qrText: "Scan it with the phone’s camera. The result shows up here, too.",
  qrAlt: "QR code with the address of the capture page. Without a camera: copy the address below.",
  qrExpired: "This code is of no further use. A fresh one is being asked for…",
  qrSecret: "This code is a secret: whoever scans it can capture in your name. It is drawn in this browser alone.",
  qrHere: "In this demo the address leads to this computer; a phone cannot open it.",
  sheetSdk: "Provider's SDK (simulated)",
  sheetWeb: "Provider's page",
  sheetTitle: "Capture at the provider",
  close: "Close",
  leave: "Leave",
  timeline: "So far",
  verdictAhead: "Verdict",
  waiting: "waiting",
  retry: "Try again",
  support: "Contact support",
  supportSaid: "In your app, this button opens your support.",
  goOn: "Continue",
  done: "Done",
  doneSaid: "In your app, the user can go on from here.",
  stepPending: "Started",
  stepCaptured: "Capture sent",
  stepProcessing: "Checked by the provider",
  stepPartial: "Identity matches, certificate to come",
  stepApproved: "Approved",
  stepRejected: "Rejected",
  stepFailed: "Failed",
  stepExpired: "Expired",
  headPending: "Continue verifying your identity",
  headCaptured: "Capture sent",
  headProcessing: "We are checking your details",
  headPartial: "Almost done",
  headApproved: "Your identity is verified",
  headRejected: "The verification did not succeed",
  headFailed: "The verification could not be completed",
  headExpired: "The verification has expired",
  textPending: "Nothing was captured yet.",
  textCaptured: "We are waiting to hear from the provider. You may leave this screen.",
  textProcessing: "This usually takes a few minutes. You may leave this screen.",
  textPartial: "Your identity matches. Its electronic certificate is being issued.",
  textApproved: "Thank you. There is nothing left to do.",
  textRejected: "The identity could not be verified.",
  textFailed: "Please try again later.",
  textExpired: "Please start again.",
  noteCancelled: "You left the capture. You can open it again.",
  noteFailed: "The capture failed. Get a fresh credential with “Renew”.",
  noteElsewhere: "You are back from the provider's page, but the verification was started elsewhere. Ask for its result there.",
  noteOffline: "The gateway cannot be reached. Trying again…",
  noteLost: "There was no answer. Press again: the same request does not start twice.",
  noteNothing: "The credential is of no use any more. Please start again.",
  noteSlow: "Too many requests. Trying again in {seconds} seconds…",
  noteLater: "Too many requests. Try again after {seconds} seconds.",
  noteExhausted: "All attempts of 24 hours are used up. Try again after {time} on {day}.",
  noteGone: "The gateway does not have this verification any more. Please start again.",
  noteRenewed: "Received a fresh credential; the one before is of no further use.",
  problem: "{title}: {detail}",
  contactWrong: "This is neither an Indonesian phone number nor an email address.",
  inspector: "On the wire",
  inspectorText: "Every call, exactly as your app sees it.",
  linkStream: "Live: stream",
  linkPoll: "Live: long poll",
  linkOff: "Cut off, connecting again…",
  linkNone: "",
  reveal: "Reveal secrets",
  backend: "Ask as your back end",
  expire: "Let the token expire",
  clear: "Clear",
  empty: "Start a verification: every request and answer will show up here.",
  logLabel: "Requests and answers",
  request: "Request",
  response: "Answer",
  noBody: "no body",
  copyCurl: "Copy as curl",
  waitingFor: "waiting for a change…",
  waitingStream: "streaming…",
  leftStream: "closed by the app",
  times: "{count}×",
  unreachable: "unreachable",
  views: "View",
  viewApp: "App",
  viewWire: "On the wire",
  callSession: "Sign-in and OTP in your own system (not Gerbang)",
  callServiceToken: "Your back end gets its service token (not Gerbang)",
  callStart: "Start, or take up the open one",
  callStream: "Tell of every change as it happens",
  callGet: "How does it stand?",
  callWait: "Answer as soon as something changes",
  callCapture: "The app says how capture ended (a hint, no proof)",
  callRenew: "Get a fresh credential",
  callBackend: "What your back end sees",
  callWebhook: "Gerbang tells your back end; the signature was checked",
  toBackEnd: "webhook",
  groups: {
    0: "Approved",
    1: "Rejected",
    3: "Partly done",
    4: "Failed",
    5: "Never ends",
    6: "Callback trouble",
    7: "Odd answers",
    8: "Crossing sessions"
  },
  outcomes: {
    approved: "Approved in two steps",
    approved_at_once: "Approved at once",
    rejected_fraud: "Rejected: suspected fraud",
    rejected_not_ektp: "Rejected: not an e-KTP",
    rejected_dukcapil: "Rejected: data does not match",
    rejected_aether: "Rejected: face does not match",
    rejected_liveness: "Rejected: liveness check",
    rejected_email_used: "Rejected: email in use",
    rejected_phone_used: "Rejected: phone in use",
    rejected_system_error: "Rejected: system error",
    rejected_dukcapil_irretrievable: "Rejected: registry out of reach",
    rejected_dukcapil_system: "Rejected: registry error",
    rejected_without_reason: "Rejected without a reason",
    result_rejected: "Rejected by the rarer result",
    rejected_new_reason: "Rejected for an unknown reason",
    partial_stays: "Stays “almost done”",
    partial_then_invalid: "Almost done, then rejected",
    partial_then_error: "Almost done, then failed",
    error_system: "Failed: system error",
    error_dukcapil: "Failed: registry out of reach",
    error_without_reason: "Failed without a reason",
    never_finishes: "Being checked for ever",
    never_captured: "Nothing is ever captured",
    callback_missing: "The callback never comes",
    callback_duplicated: "The callback comes five times",
    callback_late: "The callback comes late",
    callback_reordered: "Callbacks in the wrong order",
    callback_contradicted: "The callback lies, details reject",
    details_late: "Details come late",
    unknown_status: "A status nobody knows",
    unknown_result: "A result nobody knows",
    extra_fields: "Additional JSON members",
    valid_with_fail: "“VALID” with a failed check",
    older_session: "The result names an older session",
    callback_first: "The callback beats the answer"
  }
};

// words.id.ts
var id = {
  skip: "Langsung ke aplikasi",
  language: "Bahasa",
  lead: "Satu verifikasi identitas, dari awal sampai putusan. Semuanya berjalan di komputer ini; penyedia verifikasi digantikan simulator.",
  route: "Siapa memanggil siapa",
  routeApp: "Aplikasi Anda",
  routeProvider: "Penyedia (simulator)",
  phoneLabel: "Aplikasi contoh",
  appName: "Aplikasi Anda",
  steps: "Langkah",
  stepStart: "Mulai",
  stepCapture: "Ambil foto",
  stepResult: "Hasil",
  startTitle: "Verifikasi identitas Anda",
  startText: "Siapkan KTP. Foto KTP dan swafoto hanya perlu sekitar dua menit.",
  contactLegend: "Kontak",
  phone: "Nomor ponsel",
  email: "Email",
  phoneLabelField: "Nomor ponsel",
  emailLabelField: "Alamat email",
  verified: "OTP benar",
  contactHint: "Demo ini menganggap OTP sudah dicek oleh sistem masuk Anda.",
  outcomeLabel: "Hasil yang dimainkan simulator",
  outcomeHint: "Dipilih oleh dua angka terakhir kontak: {digits}",
  outcomeOther: "Dua angka terakhir kontak tidak ada di daftar: disetujui",
  channelLegend: "Cara ambil foto",
  sdk: "SDK native",
  sdkText: "Aplikasi membuka SDK penyedia",
  web: "Halaman web",
  webText: "Peramban membuka halaman penyedia",
  start: "Mulai verifikasi",
  starting: "Memulai…",
  captureTitle: "Siap mengambil foto",
  captureSdk: "Aplikasi menerima token untuk SDK penyedia. Token itu rahasia dan hanya untuk satu kali ambil foto.",
  captureWeb: "Aplikasi menerima alamat halaman penyedia. Alamat itu rahasia dan hanya untuk satu kali ambil foto.",
  received: "Yang diterima aplikasi",
  resumed: "dilanjutkan",
  openSdk: "Buka SDK (tiruan)",
  openWeb: "Buka halaman ambil foto",
  openHere: "Buka di tab ini",
  qr: "Lanjutkan di ponsel",
  renew: "Perbarui",
  again: "Kembali ke awal",
  show: "Lihat",
  hide: "Sembunyikan",
  copy: "Salin",
  copied: "Tersalin",
  until: "sampai {time}",
  in: "{time} lagi",
  over: "sudah lewat",
  fieldToken: "sdkToken",
  fieldUrl: "launchUrl",
  qrTitle: "Lanjutkan di ponsel",
  qrText: "Pindai dengan kamera ponsel. Hasilnya muncul juga di sini.",
  qrAlt: "Kode QR berisi alamat halaman ambil foto. Tanpa kamera: salin alamatnya di bawah.",
  qrExpired: "Kode ini sudah tidak berlaku. Yang baru sedang diminta…",
  qrSecret: "Kode ini rahasia: siapa yang memindainya dapat mengambil foto atas nama Anda. Kode digambar di peramban ini saja.",
  qrHere: "Di demo ini alamatnya menuju komputer ini; ponsel tidak dapat membukanya.",
  sheetSdk: "SDK penyedia (tiruan)",
  sheetWeb: "Halaman penyedia",
  sheetTitle: "Ambil foto di penyedia",
  close: "Tutup",
  leave: "Tinggalkan",
  timeline: "Perjalanan",
  verdictAhead: "Putusan",
  waiting: "menunggu",
  retry: "Coba lagi",
  support: "Hubungi layanan pelanggan",
  supportSaid: "Di aplikasi Anda, tombol ini membuka layanan pelanggan.",
  goOn: "Lanjutkan",
  done: "Selesai",
  doneSaid: "Di aplikasi Anda, pengguna sekarang dapat melanjutkan.",
  stepPending: "Dimulai",
  stepCaptured: "Foto terkirim",
  stepProcessing: "Diperiksa oleh penyedia",
  stepPartial: "Identitas cocok, menunggu sertifikat",
  stepApproved: "Disetujui",
  stepRejected: "Ditolak",
  stepFailed: "Gagal",
  stepExpired: "Kedaluwarsa",
  headPending: "Lanjutkan verifikasi identitas",
  headCaptured: "Foto terkirim",
  headProcessing: "Data Anda sedang diperiksa",
  headPartial: "Hampir selesai",
  headApproved: "Identitas Anda terverifikasi",
  headRejected: "Verifikasi belum berhasil",
  headFailed: "Verifikasi tidak dapat diselesaikan",
  headExpired: "Waktu verifikasi habis",
  textPending: "Foto belum diambil.",
  textCaptured: "Kami menunggu kabar dari penyedia. Anda boleh meninggalkan layar ini.",
  textProcessing: "Biasanya hanya beberapa menit. Anda boleh meninggalkan layar ini.",
  textPartial: "Identitas Anda cocok. Sertifikat elektronik sedang diterbitkan.",
  textApproved: "Terima kasih. Tidak ada lagi yang perlu dilakukan.",
  textRejected: "Identitas tidak dapat diverifikasi.",
  textFailed: "Silakan coba lagi nanti.",
  textExpired: "Silakan mulai lagi.",
  noteCancelled: "Anda meninggalkan pengambilan foto. Anda dapat membukanya lagi.",
  noteFailed: "Pengambilan foto gagal. Minta kredensial baru dengan “Perbarui”.",
  noteElsewhere: "Anda kembali dari halaman penyedia, tetapi verifikasinya dimulai di tempat lain. Tanyakan hasilnya di sana.",
  noteOffline: "Gateway tidak terjangkau. Mencoba lagi…",
  noteLost: "Tidak ada jawaban. Tekan lagi: permintaan yang sama tidak memulai dua kali.",
  noteNothing: "Kredensial sudah tidak dapat dipakai. Mulailah lagi.",
  noteSlow: "Terlalu banyak permintaan. Mencoba lagi dalam {seconds} detik…",
  noteLater: "Terlalu banyak permintaan. Coba lagi setelah {seconds} detik.",
  noteExhausted: "Semua percobaan untuk 24 jam sudah terpakai. Coba lagi setelah {day} pukul {time}.",
  noteGone: "Verifikasi ini sudah tidak ada di gateway. Silakan mulai lagi.",
  noteRenewed: "Kredensial baru diterima; yang lama tidak berlaku lagi.",
  problem: "{title}: {detail}",
  contactWrong: "Ini bukan nomor ponsel Indonesia atau alamat email.",
  inspector: "Lalu lintas",
  inspectorText: "Setiap panggilan, persis seperti yang dilihat aplikasi Anda.",
  linkStream: "Langsung: stream",
  linkPoll: "Langsung: long poll",
  linkOff: "Terputus, menyambung lagi…",
  linkNone: "",
  reveal: "Perlihatkan rahasia",
  backend: "Tanya sebagai back end",
  expire: "Biarkan token kedaluwarsa",
  clear: "Bersihkan",
  empty: "Mulailah verifikasi: setiap permintaan dan jawaban akan muncul di sini.",
  logLabel: "Permintaan dan jawaban",
  request: "Permintaan",
  response: "Jawaban",
  noBody: "tanpa isi",
  copyCurl: "Salin sebagai curl",
  waitingFor: "menunggu perubahan…",
  waitingStream: "masih tersambung…",
  leftStream: "ditutup aplikasi",
  times: "{count}×",
  unreachable: "tidak terjangkau",
  views: "Tampilan",
  viewApp: "Aplikasi",
  viewWire: "Lalu lintas",
  callSession: "Masuk dan OTP di sistem Anda (bukan Gerbang)",
  callServiceToken: "Back end Anda mengambil token layanan (bukan Gerbang)",
  callStart: "Mulai, atau lanjutkan yang masih terbuka",
  callStream: "Beri tahu setiap perubahan begitu terjadi",
  callGet: "Bagaimana keadaannya?",
  callWait: "Jawab begitu ada yang berubah",
  callCapture: "Aplikasi memberi tahu bagaimana foto berakhir (petunjuk, bukan bukti)",
  callRenew: "Minta kredensial baru",
  callBackend: "Yang dilihat back end Anda",
  callWebhook: "Gerbang memberi tahu back end Anda; tanda tangannya sudah diperiksa",
  toBackEnd: "webhook",
  groups: {
    0: "Disetujui",
    1: "Ditolak",
    3: "Baru sebagian",
    4: "Gagal",
    5: "Tidak pernah selesai",
    6: "Callback bermasalah",
    7: "Jawaban yang aneh",
    8: "Sesi yang bersilangan"
  },
  outcomes: {
    approved: "Disetujui dalam dua langkah",
    approved_at_once: "Langsung disetujui",
    rejected_fraud: "Ditolak: dugaan penipuan",
    rejected_not_ektp: "Ditolak: bukan e-KTP",
    rejected_dukcapil: "Ditolak: data tidak cocok",
    rejected_aether: "Ditolak: wajah tidak cocok",
    rejected_liveness: "Ditolak: uji kehadiran wajah",
    rejected_email_used: "Ditolak: email sudah dipakai",
    rejected_phone_used: "Ditolak: nomor sudah dipakai",
    rejected_system_error: "Ditolak: gangguan sistem",
    rejected_dukcapil_irretrievable: "Ditolak: Dukcapil tak terjangkau",
    rejected_dukcapil_system: "Ditolak: gangguan Dukcapil",
    rejected_without_reason: "Ditolak tanpa alasan",
    result_rejected: "Ditolak dengan hasil yang jarang",
    rejected_new_reason: "Ditolak dengan alasan tak dikenal",
    partial_stays: "Tetap “hampir selesai”",
    partial_then_invalid: "Hampir selesai, lalu ditolak",
    partial_then_error: "Hampir selesai, lalu gagal",
    error_system: "Gagal: gangguan sistem",
    error_dukcapil: "Gagal: Dukcapil tak terjangkau",
    error_without_reason: "Gagal tanpa alasan",
    never_finishes: "Diperiksa tanpa akhir",
    never_captured: "Foto tidak pernah dikirim",
    callback_missing: "Callback tak pernah datang",
    callback_duplicated: "Callback datang lima kali",
    callback_late: "Callback terlambat",
    callback_reordered: "Callback datang terbalik",
    callback_contradicted: "Callback berbohong, rincian menolak",
    details_late: "Rincian terlambat",
    unknown_status: "Status tak dikenal",
    unknown_result: "Hasil tak dikenal",
    extra_fields: "Properti JSON tambahan",
    valid_with_fail: "“VALID” dengan cek yang gagal",
    older_session: "Hasil menyebut sesi sebelumnya",
    callback_first: "Callback mendahului jawaban"
  }
};

// texts.ts
var FAR = 1728e5;
var languages = { id, en };
var current = "id";
function language() {
  return current;
}
function speak(code) {
  current = code;
  document.documentElement.lang = current;
  for (const element2 of all("[data-t]")) element2.textContent = t(element2.dataset["t"]);
  for (const element2 of all("[data-t-label]")) element2.setAttribute("aria-label", t(element2.dataset["tLabel"]));
  for (const element2 of all("[data-t-title]")) element2.title = t(element2.dataset["tTitle"]);
}
function t(name, values = {}) {
  return languages[current][name].replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
}
function outcomeName(row2) {
  const names = languages[current].outcomes;
  return names[row2.name] ?? row2.summary;
}
function outcomeGroup(digits2) {
  const first = digits2[0] === "2" ? "1" : digits2[0];
  const groups = languages[current].groups;
  return groups[first ?? ""] ?? "";
}
var region = () => current === "id" ? "id-ID" : "en-GB";
function clock(time) {
  const date = new Date(time);
  return date.getTime() - Date.now() > FAR ? date.toLocaleDateString(region(), { dateStyle: "medium" }) : date.toLocaleTimeString(region());
}
function minuteIn(seconds) {
  const date = new Date(Math.ceil(Date.now() / 6e4 + seconds / 60) * 6e4);
  const time = date.toLocaleTimeString(region(), { hour: "2-digit", minute: "2-digit" });
  return { day: date.toLocaleDateString(region(), { weekday: "long" }), time };
}
function left(time) {
  const seconds = Math.max(0, Math.round((Date.parse(time) - Date.now()) / 1e3));
  if (seconds === 0) return t("over");
  if (seconds * 1e3 >= FAR) {
    const days = new Intl.NumberFormat(current, { style: "unit", unit: "day", unitDisplay: "long" });
    return t("in", { time: days.format(Math.round(seconds / 86400)) });
  }
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return t("in", { time: parts.map((part2, place) => place === 0 ? String(part2) : String(part2).padStart(2, "0")).join(":") });
}

// gateway.ts
var gateway = createClient({ baseUrl: location.origin, cache: "no-store", redirect: "error" });
var session;
async function signedIn(user2) {
  if (session?.contact !== user2) session = void 0;
  session ??= await signIn({ contact: user2 });
  return session;
}
async function signIn(body) {
  return post("callSession", "/demo/session", body);
}
async function letTokenExpire(user2) {
  session = await signIn({ contact: user2, expired: true });
}
async function asUser(user2, send) {
  for (let isSecondTry = false; ; isSecondTry = true) {
    const mine = await signedIn(user2);
    if (mine === void 0) return void 0;
    const answer = await send({ Authorization: `Bearer ${mine.accessToken}`, "Accept-Language": language() });
    if (answer.response.status !== 401) return answer;
    if (session?.accessToken === mine.accessToken) session = void 0;
    if (isSecondTry) return answer;
  }
}
async function askAsBackEnd(verificationId) {
  const service = await post("callServiceToken", "/demo/service-session");
  if (service === void 0) return;
  await gateway.GET("/v1/backend/verifications/{verificationId}", {
    params: { path: { verificationId } },
    headers: { Authorization: `Bearer ${service.serviceToken}` },
    fetch: recorded("callBackend")
  });
}
async function post(label, path, body) {
  const init = { method: "POST", cache: "no-store", redirect: "error" };
  if (body) Object.assign(init, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const response = await recorded(label)(new Request(new URL(path, location.origin), init));
  return response.ok ? response.json() : void 0;
}

// pause.ts
var SHORTEST_PAUSE = 500;
var LONGEST_PAUSE = 15e3;
function pause(milliseconds, signal, early) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal?.aborted) return end();
    signal?.addEventListener("abort", end, { signal: over.signal });
    if (early) window.addEventListener(early, end, { signal: over.signal });
    return void 0;
  });
}
function backoff(failures) {
  const most = Math.min(SHORTEST_PAUSE * 2 ** failures, LONGEST_PAUSE);
  return most * (0.5 + Math.random() / 2);
}

// secret.ts
function secret(name, value) {
  const text = make("code", { className: "secret" }, mask(value));
  const button = (label, act) => {
    const element2 = make("button", { type: "button", className: "small" }, t(label));
    element2.setAttribute("aria-label", `${t(label)}: ${t(name)}`);
    element2.addEventListener("click", () => act(element2));
    return element2;
  };
  const say = (element2, label) => {
    element2.textContent = t(label);
    element2.setAttribute("aria-label", `${t(label)}: ${t(name)}`);
  };
  const reveal2 = button("show", (element2) => {
    const isHidden = text.textContent !== value;
    text.textContent = isHidden ? value : mask(value);
    text.tabIndex = isHidden ? 0 : -1;
    say(element2, isHidden ? "hide" : "show");
  });
  const copy = button("copy", async (element2) => {
    await navigator.clipboard.writeText(value);
    say(element2, "copied");
  });
  return row(t(name), make("span", { className: "secretrow" }, text, make("span", { className: "pair" }, reveal2, copy)));
}
function row(name, value) {
  return [make("dt", {}, name), make("dd", {}, value)];
}

// node_modules/uqr/dist/index.mjs
var QrCodeDataType = /* @__PURE__ */ ((QrCodeDataType2) => {
  QrCodeDataType2[QrCodeDataType2["Border"] = -1] = "Border";
  QrCodeDataType2[QrCodeDataType2["Data"] = 0] = "Data";
  QrCodeDataType2[QrCodeDataType2["Function"] = 1] = "Function";
  QrCodeDataType2[QrCodeDataType2["Position"] = 2] = "Position";
  QrCodeDataType2[QrCodeDataType2["Timing"] = 3] = "Timing";
  QrCodeDataType2[QrCodeDataType2["Alignment"] = 4] = "Alignment";
  return QrCodeDataType2;
})(QrCodeDataType || {});
var LOW = [0, 1];
var MEDIUM = [1, 0];
var QUARTILE = [2, 3];
var HIGH = [3, 2];
var EccMap = {
  L: LOW,
  M: MEDIUM,
  Q: QUARTILE,
  H: HIGH
};
var NUMERIC_REGEX = /^\d*$/;
var ALPHANUMERIC_REGEX = /^[A-Z0-9 $%*+./:-]*$/;
var ALPHANUMERIC_CHARSET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
var MIN_VERSION = 1;
var MAX_VERSION = 40;
var PENALTY_N1 = 3;
var PENALTY_N2 = 3;
var PENALTY_N3 = 40;
var PENALTY_N4 = 10;
var ECC_CODEWORDS_PER_BLOCK = [
  // Version: (note that index 0 is for padding, and is set to an illegal value)
  // 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40    Error correction level
  [-1, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
  // Low
  [-1, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  // Medium
  [-1, 13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
  // Quartile
  [-1, 17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30]
  // High
];
var NUM_ERROR_CORRECTION_BLOCKS = [
  // Version: (note that index 0 is for padding, and is set to an illegal value)
  // 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40    Error correction level
  [-1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
  // Low
  [-1, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
  // Medium
  [-1, 1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68],
  // Quartile
  [-1, 1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81]
  // High
];
var QrCode = class {
  /* -- Constructor (low level) and fields -- */
  // Creates a new QR Code with the given version number,
  // error correction level, data codeword bytes, and mask number.
  // This is a low-level API that most users should not use directly.
  // A mid-level API is the encodeSegments() function.
  constructor(version, ecc, dataCodewords, msk) {
    this.version = version;
    this.ecc = ecc;
    if (version < MIN_VERSION || version > MAX_VERSION)
      throw new RangeError("Version value out of range");
    if (msk < -1 || msk > 7)
      throw new RangeError("Mask value out of range");
    this.size = version * 4 + 17;
    const row2 = Array.from({ length: this.size }).fill(false);
    for (let i = 0; i < this.size; i++) {
      this.modules.push(row2.slice());
      this.types.push(row2.map(() => 0));
    }
    this.drawFunctionPatterns();
    const allCodewords = this.addEccAndInterleave(dataCodewords);
    this.drawCodewords(allCodewords);
    if (msk === -1) {
      let minPenalty = 1e9;
      for (let i = 0; i < 8; i++) {
        this.applyMask(i);
        this.drawFormatBits(i);
        const penalty = this.getPenaltyScore();
        if (penalty < minPenalty) {
          msk = i;
          minPenalty = penalty;
        }
        this.applyMask(i);
      }
    }
    this.mask = msk;
    this.applyMask(msk);
    this.drawFormatBits(msk);
  }
  /* -- Fields -- */
  // The width and height of this QR Code, measured in modules, between
  // 21 and 177 (inclusive). This is equal to version * 4 + 17.
  size;
  // The index of the mask pattern used in this QR Code, which is between 0 and 7 (inclusive).
  // Even if a QR Code is created with automatic masking requested (mask = -1),
  // the resulting object still has a mask value between 0 and 7.
  mask;
  // The modules of this QR Code (false = light, true = dark).
  // Immutable after constructor finishes. Accessed through getModule().
  modules = [];
  types = [];
  /* -- Accessor methods -- */
  // Returns the color of the module (pixel) at the given coordinates, which is false
  // for light or true for dark. The top left corner has the coordinates (x=0, y=0).
  // If the given coordinates are out of bounds, then false (light) is returned.
  getModule(x, y) {
    return x >= 0 && x < this.size && y >= 0 && y < this.size && this.modules[y][x];
  }
  /* -- Private helper methods for constructor: Drawing function modules -- */
  // Reads this object's version field, and draws and marks all function modules.
  drawFunctionPatterns() {
    for (let i = 0; i < this.size; i++) {
      this.setFunctionModule(6, i, i % 2 === 0, QrCodeDataType.Timing);
      this.setFunctionModule(i, 6, i % 2 === 0, QrCodeDataType.Timing);
    }
    this.drawFinderPattern(3, 3);
    this.drawFinderPattern(this.size - 4, 3);
    this.drawFinderPattern(3, this.size - 4);
    const alignPatPos = this.getAlignmentPatternPositions();
    const numAlign = alignPatPos.length;
    for (let i = 0; i < numAlign; i++) {
      for (let j = 0; j < numAlign; j++) {
        if (!(i === 0 && j === 0 || i === 0 && j === numAlign - 1 || i === numAlign - 1 && j === 0))
          this.drawAlignmentPattern(alignPatPos[i], alignPatPos[j]);
      }
    }
    this.drawFormatBits(0);
    this.drawVersion();
  }
  // Draws two copies of the format bits (with its own error correction code)
  // based on the given mask and this object's error correction level field.
  drawFormatBits(mask2) {
    const data = this.ecc[1] << 3 | mask2;
    let rem = data;
    for (let i = 0; i < 10; i++)
      rem = rem << 1 ^ (rem >>> 9) * 1335;
    const bits = (data << 10 | rem) ^ 21522;
    for (let i = 0; i <= 5; i++)
      this.setFunctionModule(8, i, getBit(bits, i));
    this.setFunctionModule(8, 7, getBit(bits, 6));
    this.setFunctionModule(8, 8, getBit(bits, 7));
    this.setFunctionModule(7, 8, getBit(bits, 8));
    for (let i = 9; i < 15; i++)
      this.setFunctionModule(14 - i, 8, getBit(bits, i));
    for (let i = 0; i < 8; i++)
      this.setFunctionModule(this.size - 1 - i, 8, getBit(bits, i));
    for (let i = 8; i < 15; i++)
      this.setFunctionModule(8, this.size - 15 + i, getBit(bits, i));
    this.setFunctionModule(8, this.size - 8, true);
  }
  // Draws two copies of the version bits (with its own error correction code),
  // based on this object's version field, iff 7 <= version <= 40.
  drawVersion() {
    if (this.version < 7)
      return;
    let rem = this.version;
    for (let i = 0; i < 12; i++)
      rem = rem << 1 ^ (rem >>> 11) * 7973;
    const bits = this.version << 12 | rem;
    for (let i = 0; i < 18; i++) {
      const color = getBit(bits, i);
      const a = this.size - 11 + i % 3;
      const b = Math.floor(i / 3);
      this.setFunctionModule(a, b, color);
      this.setFunctionModule(b, a, color);
    }
  }
  // Draws a 9*9 finder pattern including the border separator,
  // with the center module at (x, y). Modules can be out of bounds.
  drawFinderPattern(x, y) {
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const dist = Math.max(Math.abs(dx), Math.abs(dy));
        const xx = x + dx;
        const yy = y + dy;
        if (xx >= 0 && xx < this.size && yy >= 0 && yy < this.size)
          this.setFunctionModule(xx, yy, dist !== 2 && dist !== 4, QrCodeDataType.Position);
      }
    }
  }
  // Draws a 5*5 alignment pattern, with the center module
  // at (x, y). All modules must be in bounds.
  drawAlignmentPattern(x, y) {
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        this.setFunctionModule(
          x + dx,
          y + dy,
          Math.max(Math.abs(dx), Math.abs(dy)) !== 1,
          QrCodeDataType.Alignment
        );
      }
    }
  }
  // Sets the color of a module and marks it as a function module.
  // Only used by the constructor. Coordinates must be in bounds.
  setFunctionModule(x, y, isDark, type = QrCodeDataType.Function) {
    this.modules[y][x] = isDark;
    this.types[y][x] = type;
  }
  /* -- Private helper methods for constructor: Codewords and masking -- */
  // Returns a new byte string representing the given data with the appropriate error correction
  // codewords appended to it, based on this object's version and error correction level.
  addEccAndInterleave(data) {
    const ver = this.version;
    const ecl = this.ecc;
    if (data.length !== getNumDataCodewords(ver, ecl))
      throw new RangeError("Invalid argument");
    const numBlocks = NUM_ERROR_CORRECTION_BLOCKS[ecl[0]][ver];
    const blockEccLen = ECC_CODEWORDS_PER_BLOCK[ecl[0]][ver];
    const rawCodewords = Math.floor(getNumRawDataModules(ver) / 8);
    const numShortBlocks = numBlocks - rawCodewords % numBlocks;
    const shortBlockLen = Math.floor(rawCodewords / numBlocks);
    const blocks = [];
    const rsDiv = reedSolomonComputeDivisor(blockEccLen);
    for (let i = 0, k = 0; i < numBlocks; i++) {
      const dat = data.slice(k, k + shortBlockLen - blockEccLen + (i < numShortBlocks ? 0 : 1));
      k += dat.length;
      const ecc = reedSolomonComputeRemainder(dat, rsDiv);
      if (i < numShortBlocks)
        dat.push(0);
      blocks.push(dat.concat(ecc));
    }
    const result = [];
    for (let i = 0; i < blocks[0].length; i++) {
      blocks.forEach((block, j) => {
        if (i !== shortBlockLen - blockEccLen || j >= numShortBlocks)
          result.push(block[i]);
      });
    }
    return result;
  }
  // Draws the given sequence of 8-bit codewords (data and error correction) onto the entire
  // data area of this QR Code. Function modules need to be marked off before this is called.
  drawCodewords(data) {
    if (data.length !== Math.floor(getNumRawDataModules(this.version) / 8))
      throw new RangeError("Invalid argument");
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6)
        right = 5;
      for (let vert = 0; vert < this.size; vert++) {
        for (let j = 0; j < 2; j++) {
          const x = right - j;
          const upward = (right + 1 & 2) === 0;
          const y = upward ? this.size - 1 - vert : vert;
          if (!this.types[y][x] && i < data.length * 8) {
            this.modules[y][x] = getBit(data[i >>> 3], 7 - (i & 7));
            i++;
          }
        }
      }
    }
  }
  // XORs the codeword modules in this QR Code with the given mask pattern.
  // The function modules must be marked and the codeword bits must be drawn
  // before masking. Due to the arithmetic of XOR, calling applyMask() with
  // the same mask value a second time will undo the mask. A final well-formed
  // QR Code needs exactly one (not zero, two, etc.) mask applied.
  applyMask(mask2) {
    if (mask2 < 0 || mask2 > 7)
      throw new RangeError("Mask value out of range");
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) {
        let invert;
        switch (mask2) {
          case 0:
            invert = (x + y) % 2 === 0;
            break;
          case 1:
            invert = y % 2 === 0;
            break;
          case 2:
            invert = x % 3 === 0;
            break;
          case 3:
            invert = (x + y) % 3 === 0;
            break;
          case 4:
            invert = (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0;
            break;
          case 5:
            invert = x * y % 2 + x * y % 3 === 0;
            break;
          case 6:
            invert = (x * y % 2 + x * y % 3) % 2 === 0;
            break;
          case 7:
            invert = ((x + y) % 2 + x * y % 3) % 2 === 0;
            break;
          default:
            throw new Error("Unreachable");
        }
        if (!this.types[y][x] && invert)
          this.modules[y][x] = !this.modules[y][x];
      }
    }
  }
  // Calculates and returns the penalty score based on state of this QR Code's current modules.
  // This is used by the automatic mask choice algorithm to find the mask pattern that yields the lowest score.
  getPenaltyScore() {
    let result = 0;
    for (let y = 0; y < this.size; y++) {
      let runColor = false;
      let runX = 0;
      const runHistory = [0, 0, 0, 0, 0, 0, 0];
      for (let x = 0; x < this.size; x++) {
        if (this.modules[y][x] === runColor) {
          runX++;
          if (runX === 5)
            result += PENALTY_N1;
          else if (runX > 5)
            result++;
        } else {
          this.finderPenaltyAddHistory(runX, runHistory);
          if (!runColor)
            result += this.finderPenaltyCountPatterns(runHistory) * PENALTY_N3;
          runColor = this.modules[y][x];
          runX = 1;
        }
      }
      result += this.finderPenaltyTerminateAndCount(runColor, runX, runHistory) * PENALTY_N3;
    }
    for (let x = 0; x < this.size; x++) {
      let runColor = false;
      let runY = 0;
      const runHistory = [0, 0, 0, 0, 0, 0, 0];
      for (let y = 0; y < this.size; y++) {
        if (this.modules[y][x] === runColor) {
          runY++;
          if (runY === 5)
            result += PENALTY_N1;
          else if (runY > 5)
            result++;
        } else {
          this.finderPenaltyAddHistory(runY, runHistory);
          if (!runColor)
            result += this.finderPenaltyCountPatterns(runHistory) * PENALTY_N3;
          runColor = this.modules[y][x];
          runY = 1;
        }
      }
      result += this.finderPenaltyTerminateAndCount(runColor, runY, runHistory) * PENALTY_N3;
    }
    for (let y = 0; y < this.size - 1; y++) {
      for (let x = 0; x < this.size - 1; x++) {
        const color = this.modules[y][x];
        if (color === this.modules[y][x + 1] && color === this.modules[y + 1][x] && color === this.modules[y + 1][x + 1]) {
          result += PENALTY_N2;
        }
      }
    }
    let dark = 0;
    for (const row2 of this.modules)
      dark = row2.reduce((sum, color) => sum + (color ? 1 : 0), dark);
    const total = this.size * this.size;
    const k = Math.ceil(Math.abs(dark * 20 - total * 10) / total) - 1;
    result += k * PENALTY_N4;
    return result;
  }
  /* -- Private helper functions -- */
  // Returns an ascending list of positions of alignment patterns for this version number.
  // Each position is in the range [0,177), and are used on both the x and y axes.
  // This could be implemented as lookup table of 40 variable-length lists of integers.
  getAlignmentPatternPositions() {
    if (this.version === 1) {
      return [];
    } else {
      const numAlign = Math.floor(this.version / 7) + 2;
      const step = this.version === 32 ? 26 : Math.ceil((this.version * 4 + 4) / (numAlign * 2 - 2)) * 2;
      const result = [6];
      for (let pos = this.size - 7; result.length < numAlign; pos -= step)
        result.splice(1, 0, pos);
      return result;
    }
  }
  // Can only be called immediately after a light run is added, and
  // returns either 0, 1, or 2. A helper function for getPenaltyScore().
  finderPenaltyCountPatterns(runHistory) {
    const n = runHistory[1];
    const core = n > 0 && runHistory[2] === n && runHistory[3] === n * 3 && runHistory[4] === n && runHistory[5] === n;
    return (core && runHistory[0] >= n * 4 && runHistory[6] >= n ? 1 : 0) + (core && runHistory[6] >= n * 4 && runHistory[0] >= n ? 1 : 0);
  }
  // Must be called at the end of a line (row or column) of modules. A helper function for getPenaltyScore().
  finderPenaltyTerminateAndCount(currentRunColor, currentRunLength, runHistory) {
    if (currentRunColor) {
      this.finderPenaltyAddHistory(currentRunLength, runHistory);
      currentRunLength = 0;
    }
    currentRunLength += this.size;
    this.finderPenaltyAddHistory(currentRunLength, runHistory);
    return this.finderPenaltyCountPatterns(runHistory);
  }
  // Pushes the given value to the front and drops the last value. A helper function for getPenaltyScore().
  finderPenaltyAddHistory(currentRunLength, runHistory) {
    if (runHistory[0] === 0)
      currentRunLength += this.size;
    runHistory.pop();
    runHistory.unshift(currentRunLength);
  }
};
function appendBits(val, len, bb) {
  if (len < 0 || len > 31 || val >>> len !== 0)
    throw new RangeError("Value out of range");
  for (let i = len - 1; i >= 0; i--)
    bb.push(val >>> i & 1);
}
function getBit(x, i) {
  return (x >>> i & 1) !== 0;
}
var QrSegment = class {
  // Creates a new QR Code segment with the given attributes and data.
  // The character count (numChars) must agree with the mode and the bit buffer length,
  // but the constraint isn't checked. The given bit buffer is cloned and stored.
  constructor(mode, numChars, bitData) {
    this.mode = mode;
    this.numChars = numChars;
    this.bitData = bitData;
    if (numChars < 0)
      throw new RangeError("Invalid argument");
    this.bitData = bitData.slice();
  }
  /* -- Methods -- */
  // Returns a new copy of the data bits of this segment.
  getData() {
    return this.bitData.slice();
  }
};
var MODE_NUMERIC = [1, 10, 12, 14];
var MODE_ALPHANUMERIC = [2, 9, 11, 13];
var MODE_BYTE = [4, 8, 16, 16];
function numCharCountBits(mode, ver) {
  return mode[Math.floor((ver + 7) / 17) + 1];
}
function makeBytes(data) {
  const bb = [];
  for (const b of data)
    appendBits(b, 8, bb);
  return new QrSegment(MODE_BYTE, data.length, bb);
}
function makeNumeric(digits2) {
  if (!isNumeric(digits2))
    throw new RangeError("String contains non-numeric characters");
  const bb = [];
  for (let i = 0; i < digits2.length; ) {
    const n = Math.min(digits2.length - i, 3);
    appendBits(Number.parseInt(digits2.substring(i, i + n), 10), n * 3 + 1, bb);
    i += n;
  }
  return new QrSegment(MODE_NUMERIC, digits2.length, bb);
}
function makeAlphanumeric(text) {
  if (!isAlphanumeric(text))
    throw new RangeError("String contains unencodable characters in alphanumeric mode");
  const bb = [];
  let i;
  for (i = 0; i + 2 <= text.length; i += 2) {
    let temp = ALPHANUMERIC_CHARSET.indexOf(text.charAt(i)) * 45;
    temp += ALPHANUMERIC_CHARSET.indexOf(text.charAt(i + 1));
    appendBits(temp, 11, bb);
  }
  if (i < text.length)
    appendBits(ALPHANUMERIC_CHARSET.indexOf(text.charAt(i)), 6, bb);
  return new QrSegment(MODE_ALPHANUMERIC, text.length, bb);
}
function makeSegments(text) {
  if (text === "")
    return [];
  else if (isNumeric(text))
    return [makeNumeric(text)];
  else if (isAlphanumeric(text))
    return [makeAlphanumeric(text)];
  else
    return [makeBytes(toUtf8ByteArray(text))];
}
function isNumeric(text) {
  return NUMERIC_REGEX.test(text);
}
function isAlphanumeric(text) {
  return ALPHANUMERIC_REGEX.test(text);
}
function getTotalBits(segs, version) {
  let result = 0;
  for (const seg of segs) {
    const ccbits = numCharCountBits(seg.mode, version);
    if (seg.numChars >= 1 << ccbits)
      return Number.POSITIVE_INFINITY;
    result += 4 + ccbits + seg.bitData.length;
  }
  return result;
}
function toUtf8ByteArray(str) {
  str = encodeURI(str);
  const result = [];
  for (let i = 0; i < str.length; i++) {
    if (str.charAt(i) !== "%") {
      result.push(str.charCodeAt(i));
    } else {
      result.push(Number.parseInt(str.substring(i + 1, i + 3), 16));
      i += 2;
    }
  }
  return result;
}
function getNumRawDataModules(ver) {
  if (ver < MIN_VERSION || ver > MAX_VERSION)
    throw new RangeError("Version number out of range");
  let result = (16 * ver + 128) * ver + 64;
  if (ver >= 2) {
    const numAlign = Math.floor(ver / 7) + 2;
    result -= (25 * numAlign - 10) * numAlign - 55;
    if (ver >= 7)
      result -= 36;
  }
  return result;
}
function getNumDataCodewords(ver, ecl) {
  return Math.floor(getNumRawDataModules(ver) / 8) - ECC_CODEWORDS_PER_BLOCK[ecl[0]][ver] * NUM_ERROR_CORRECTION_BLOCKS[ecl[0]][ver];
}
function reedSolomonComputeDivisor(degree) {
  if (degree < 1 || degree > 255)
    throw new RangeError("Degree out of range");
  const result = [];
  for (let i = 0; i < degree - 1; i++)
    result.push(0);
  result.push(1);
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < result.length; j++) {
      result[j] = reedSolomonMultiply(result[j], root);
      if (j + 1 < result.length)
        result[j] ^= result[j + 1];
    }
    root = reedSolomonMultiply(root, 2);
  }
  return result;
}
function reedSolomonComputeRemainder(data, divisor) {
  const result = divisor.map((_) => 0);
  for (const b of data) {
    const factor = b ^ result.shift();
    result.push(0);
    divisor.forEach((coef, i) => result[i] ^= reedSolomonMultiply(coef, factor));
  }
  return result;
}
function reedSolomonMultiply(x, y) {
  if (x >>> 8 !== 0 || y >>> 8 !== 0)
    throw new RangeError("Byte out of range");
  let z = 0;
  for (let i = 7; i >= 0; i--) {
    z = z << 1 ^ (z >>> 7) * 285;
    z ^= (y >>> i & 1) * x;
  }
  return z;
}
function encodeSegments(segs, ecl, minVersion = 1, maxVersion = 40, mask2 = -1, boostEcl = true) {
  if (!(MIN_VERSION <= minVersion && minVersion <= maxVersion && maxVersion <= MAX_VERSION) || mask2 < -1 || mask2 > 7) {
    throw new RangeError("Invalid value");
  }
  let version;
  let dataUsedBits;
  for (version = minVersion; ; version++) {
    const dataCapacityBits2 = getNumDataCodewords(version, ecl) * 8;
    const usedBits = getTotalBits(segs, version);
    if (usedBits <= dataCapacityBits2) {
      dataUsedBits = usedBits;
      break;
    }
    if (version >= maxVersion)
      throw new RangeError("Data too long");
  }
  for (const newEcl of [MEDIUM, QUARTILE, HIGH]) {
    if (boostEcl && dataUsedBits <= getNumDataCodewords(version, newEcl) * 8)
      ecl = newEcl;
  }
  const bb = [];
  for (const seg of segs) {
    appendBits(seg.mode[0], 4, bb);
    appendBits(seg.numChars, numCharCountBits(seg.mode, version), bb);
    for (const b of seg.getData())
      bb.push(b);
  }
  const dataCapacityBits = getNumDataCodewords(version, ecl) * 8;
  appendBits(0, Math.min(4, dataCapacityBits - bb.length), bb);
  appendBits(0, (8 - bb.length % 8) % 8, bb);
  for (let padByte = 236; bb.length < dataCapacityBits; padByte ^= 236 ^ 17)
    appendBits(padByte, 8, bb);
  const dataCodewords = Array.from({ length: Math.ceil(bb.length / 8) }, () => 0);
  bb.forEach((b, i) => dataCodewords[i >>> 3] |= b << 7 - (i & 7));
  return new QrCode(version, ecl, dataCodewords, mask2);
}
function encode(data, options) {
  const {
    ecc = "L",
    boostEcc = false,
    minVersion = 1,
    maxVersion = 40,
    maskPattern = -1,
    border = 1
  } = options || {};
  const segment = typeof data === "string" ? makeSegments(data) : Array.isArray(data) ? [makeBytes(data)] : void 0;
  if (!segment)
    throw new Error(`uqr only supports encoding string and binary data, but got: ${typeof data}`);
  const qr2 = encodeSegments(
    segment,
    EccMap[ecc],
    minVersion,
    maxVersion,
    maskPattern,
    boostEcc
  );
  const result = addBorder({
    version: qr2.version,
    maskPattern: qr2.mask,
    size: qr2.size,
    data: qr2.modules,
    types: qr2.types
  }, border);
  if (options?.invert)
    result.data = result.data.map((row2) => row2.map((mod) => !mod));
  options?.onEncoded?.(result);
  return result;
}
function addBorder(input, border = 1) {
  if (!border)
    return input;
  const { size } = input;
  const newSize = size + border * 2;
  input.size = newSize;
  input.data.forEach((row2) => {
    for (let i = 0; i < border; i++) {
      row2.unshift(false);
      row2.push(false);
    }
  });
  for (let i = 0; i < border; i++) {
    input.data.unshift(Array.from({ length: newSize }, (_) => false));
    input.data.push(Array.from({ length: newSize }, (_) => false));
  }
  const b = QrCodeDataType.Border;
  input.types.forEach((row2) => {
    for (let i = 0; i < border; i++) {
      row2.unshift(b);
      row2.push(b);
    }
  });
  for (let i = 0; i < border; i++) {
    input.types.unshift(Array.from({ length: newSize }, (_) => b));
    input.types.push(Array.from({ length: newSize }, (_) => b));
  }
  return input;
}

// qr.ts
var SVG = "http://www.w3.org/2000/svg";
var QUIET = 4;
function qr(text, label) {
  const { data, size } = encode(text, { ecc: "L", border: QUIET });
  const picture = element("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  const rows = data.map((row2, y) => row2.map((isDark, x) => isDark ? `M${x} ${y}h1v1h-1z` : "").join(""));
  picture.append(
    element("rect", { width: String(size), height: String(size), fill: "#fff" }),
    element("path", { d: rows.join(""), fill: "#000" })
  );
  return picture;
}
function element(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// sheet.ts
var NARROW = matchMedia("(max-width: 959px)");
NARROW.addEventListener("change", fence);
var opener = null;
function isSheetOpen(sheet) {
  return !find(`#${sheet}-sheet`).hidden;
}
function cover(sheet) {
  opener = document.activeElement;
  find(`#${sheet}-sheet`).hidden = false;
  fence();
  find(`#${sheet}-sheet [data-do]`).focus();
}
function uncover(sheet) {
  if (!isSheetOpen(sheet)) return;
  find(`#${sheet}-sheet`).hidden = true;
  fence();
  const isThere = opener instanceof HTMLElement && opener.checkVisibility();
  const target = isThere ? opener : find("[data-screen]:not([hidden]) h2");
  target.focus({ preventScroll: true });
}
function fence() {
  const sheet = document.querySelector(".sheet:not([hidden])");
  const isAlone = NARROW.matches && sheet?.checkVisibility() === true;
  for (const below of find(".screen").children) below.inert = sheet !== null && below !== sheet;
  for (const beside of all(".skip, .top, .inspector, .switch")) beside.inert = isAlone;
  sheet?.setAttribute("aria-modal", String(isAlone));
}
function openCapture(address, channel) {
  load(address);
  find("#capture-title").textContent = t(channel === "web" ? "sheetWeb" : "sheetSdk");
  cover("capture");
}
function closeCapture() {
  if (!isSheetOpen("capture")) return;
  load(void 0);
  uncover("capture");
}
function load(address) {
  const old = find("#frame");
  const frame = old.cloneNode();
  if (address === void 0) frame.removeAttribute("src");
  else frame.src = address;
  old.replaceWith(frame);
}
function isFromCapture(event) {
  return isSheetOpen("capture") && event.source === find("#frame").contentWindow;
}
function openQr(address) {
  find("#qr-code").replaceChildren(qr(address, t("qrAlt")));
  find("#qr-address").replaceChildren(...secret("fieldUrl", address));
  if (!isSheetOpen("qr")) cover("qr");
}
function expireQr() {
  if (all("#qr-code svg").length === 0) return;
  find("#qr-code").replaceChildren(make("p", {}, t("qrExpired")));
  find("#qr-address").replaceChildren();
}
function closeQr() {
  uncover("qr");
  find("#qr-code").replaceChildren();
  find("#qr-address").replaceChildren();
}

// state.ts
var SAVED2 = "gerbang-demo";
var FRESH = {
  language: navigator.language.startsWith("en") ? "en" : "id",
  kind: "phone",
  phone: "6281200000000",
  email: "demo+00@partner.example",
  channel: "sdk",
  user: void 0,
  view: void 0,
  timeline: []
};
var state = { ...FRESH, ...saved(), credential: void 0, resumed: false };
function saved() {
  try {
    return JSON.parse(sessionStorage.getItem(SAVED2) ?? "{}");
  } catch {
    return {};
  }
}
function save() {
  const { language: language2, kind, phone, email, channel, user: user2, view, timeline } = state;
  const kept = { language: language2, kind, phone, email, channel, user: user2, view: view && withoutCredential(view), timeline };
  try {
    sessionStorage.setItem(SAVED2, JSON.stringify(kept));
  } catch {
  }
}
function withoutCredential(view) {
  const { sdkToken: _, launchUrl: __, ...rest } = { sdkToken: "", launchUrl: "", ...view };
  return rest;
}
function forgetVerification() {
  Object.assign(state, { user: void 0, view: void 0, timeline: [], credential: void 0, resumed: false });
  save();
}
function contact() {
  return state[state.kind].trim();
}
function user() {
  return state.user ?? contact();
}
function digits() {
  const text = state.kind === "phone" ? contact() : contact().split("@")[0] ?? "";
  return /\d\d$/.exec(text)?.[0];
}
function setDigits(two) {
  if (state.kind === "phone") {
    const phone = contact();
    state.phone = /\d{10,}$/.test(phone) ? phone.slice(0, -2) + two : `62812000000${two}`;
  } else {
    const [local = "", domain = "partner.example"] = contact().split("@");
    state.email = `${/\d\d$/.test(local) ? local.slice(0, -2) : `${local || "demo"}+`}${two}@${domain}`;
  }
  save();
}
function takeUp(started, owner) {
  if (state.view?.id !== started.id) Object.assign(state, { timeline: [], view: started });
  state.user = owner;
  learn(started);
}
function learn(view) {
  if (state.view?.id !== view.id || view.revision < state.view.revision) return;
  const last = state.timeline.at(-1);
  if (last?.status !== view.status || last.nextAction !== view.nextAction) {
    const at = "updatedAt" in view ? view.updatedAt : (/* @__PURE__ */ new Date()).toISOString();
    state.timeline.push({ status: view.status, nextAction: view.nextAction, at });
  }
  state.view = view;
  save();
}
function isOpen(view) {
  return !["retry", "contact_support", "none"].includes(view.nextAction);
}
function canCapture(view) {
  return view.nextAction === "open_sdk" || view.nextAction === "open_web";
}
function isFresh(credential2) {
  return credential2.tokenExpiresAt === void 0 || Date.parse(credential2.tokenExpiresAt) > Date.now();
}

// phone.ts
var SCREENS = ["start", "capture", "result"];
var FACES = {
  pending: "Pending",
  processing: "Processing",
  partially_completed: "Partial",
  approved: "Approved",
  rejected: "Rejected",
  failed: "Failed",
  expired: "Expired"
};
var TONES = { Approved: "good", Rejected: "bad", Failed: "warn", Expired: "warn", Partial: "near", Pending: "near" };
var shown2;
function drawStart() {
  const isPhone = state.kind === "phone";
  const input = find("#contact");
  find("#contact-label").textContent = t(isPhone ? "phoneLabelField" : "emailLabelField");
  input.type = isPhone ? "tel" : "email";
  input.inputMode = isPhone ? "tel" : "email";
  if (input.value !== state[state.kind]) input.value = state[state.kind];
  for (const radio of document.querySelectorAll("[name=kind]")) radio.checked = radio.value === state.kind;
  for (const radio of document.querySelectorAll("[name=channel]")) radio.checked = radio.value === state.channel;
  const groups = /* @__PURE__ */ new Map();
  for (const outcome of facts.outcomes) {
    const label = outcomeGroup(outcome.digits);
    const group = groups.get(label) ?? make("optgroup", { label });
    groups.set(label, group);
    group.append(make("option", { value: outcome.digits }, `${outcome.digits} · ${outcomeName(outcome)}`));
  }
  const listed = facts.outcomes.find((outcome) => outcome.digits === digits());
  find("#outcome").replaceChildren(...groups.values());
  find("#outcome").value = listed?.digits ?? facts.outcomes[0]?.digits ?? "";
  find("#outcome-hint").textContent = listed ? t("outcomeHint", { digits: listed.digits }) : t("outcomeOther");
}
function contactError(text) {
  const error = find("#contact-error");
  error.hidden = !text;
  error.textContent = text ?? "";
  find("#contact").setAttribute("aria-invalid", text ? "true" : "false");
}
function busy(isBusy) {
  const button = find("#start [type=submit]");
  button.setAttribute("aria-disabled", String(isBusy));
  button.textContent = t(isBusy ? "starting" : "start");
}
function notice(text = "", tone = "calm") {
  put("#notice", text);
  find("#notice").dataset["tone"] = tone;
}
function draw() {
  const { view } = state;
  const screen = view === void 0 ? "start" : canCapture(view) ? "capture" : "result";
  for (const section of all("[data-screen]")) section.hidden = section.dataset["screen"] !== screen;
  drawSteps(screen, view);
  if (screen !== "capture") closeQr();
  if (view && screen === "capture") drawCapture(view);
  if (view && screen === "result") drawResult(view);
  if (shown2 !== void 0 && shown2 !== screen) find(`[data-screen=${screen}] h2`).focus({ preventScroll: true });
  shown2 = screen;
}
function drawSteps(screen, view) {
  for (const [number, step] of all("[data-step]").entries()) {
    const place = number - SCREENS.indexOf(screen);
    const isDone = place < 0 || place === 0 && screen === "result" && view !== void 0 && !isOpen(view);
    step.dataset["place"] = isDone ? "past" : place === 0 ? "now" : "ahead";
    if (place === 0) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
}
function drawCapture(view) {
  const isWeb = view.channel === "web";
  find("#capture-text").textContent = t(isWeb ? "captureWeb" : "captureSdk");
  find("[data-screen=capture] [data-do=open]").textContent = t(isWeb ? "openWeb" : "openSdk");
  for (const name of ["openHere", "qr"]) find(`[data-do=${name}]`).hidden = !isWeb;
  find("#resumed").hidden = !state.resumed;
  const { launchUrl, sdkToken, sdk, tokenExpiresAt } = state.credential ?? {};
  const rows = [];
  if (launchUrl) rows.push(secret("fieldUrl", launchUrl));
  if (sdkToken) rows.push(secret("fieldToken", sdkToken));
  for (const [name, value] of Object.entries(sdk ?? {})) rows.push(row(`sdk.${name}`, make("code", {}, String(value))));
  if (tokenExpiresAt) rows.push(row("tokenExpiresAt", countdown(tokenExpiresAt)));
  rows.push(row("expiresAt", countdown(view.expiresAt)));
  find("#credential").replaceChildren(...rows.flat());
}
function countdown(time) {
  const rest = make("small", { data: { left: time } }, left(time));
  return make("span", {}, make("time", { dateTime: time }, t("until", { time: clock(time) })), " ", rest);
}
function tick() {
  for (const element2 of all("[data-left]")) element2.textContent = left(element2.dataset["left"] ?? "");
}
function face(step) {
  if (step.status === "pending" && step.nextAction === "wait") return "Captured";
  return FACES[step.status] ?? "Processing";
}
function drawResult(view) {
  const name = face(view);
  find("#verdict").dataset["tone"] = TONES[name] ?? "wait";
  const headline = t(`head${name}`);
  const reason = "reason" in view ? view.reason : void 0;
  put("#headline", headline);
  put("#explanation", reason ? reason.title === headline ? reason.message : `${reason.title}. ${reason.message}` : t(`text${name}`));
  const steps = state.timeline.map((step) => make(
    "li",
    { data: { tone: TONES[face(step)] ?? "wait" } },
    make("span", { className: "what" }, t(`step${face(step)}`)),
    make("code", {}, step.status),
    make("time", { dateTime: step.at }, clock(step.at))
  ));
  if (isOpen(view)) {
    steps.push(make("li", { className: "ahead" }, make("span", { className: "what" }, t("verdictAhead")), make("span", { className: "dots" }, t("waiting"))));
  }
  find("#timeline").replaceChildren(...steps);
  const next2 = find("[data-do=next]");
  const label = { retry: "retry", contact_support: "support", none: "done" }[view.nextAction];
  next2.hidden = label === void 0;
  if (label) next2.textContent = t(label);
}

// events.ts
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) yield read(block);
  }
}
function read(block) {
  const event = {};
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "id") event.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) event.retry = Number(value);
    else if (field === "data") event.data = event.data === void 0 ? value : `${event.data}
${value}`;
  }
  return event;
}

// watch.ts
var RETRY = 500;
var SHORT_LIFE = 1e4;
var FIRST_WORD = 8e3;
var SILENCE = 4e4;
var FEWEST_POLLS = 2;
var MOST_POLLS = 32;
async function follow(user2, id2, watcher, signal) {
  const line = new Line(user2, id2, watcher, signal);
  let failures = 0;
  let polls = 0;
  let detour = FEWEST_POLLS;
  while (!signal.aborted) {
    try {
      const end = polls > 0 ? await line.poll() : await line.stream();
      if (end.kind === "over" || end.kind === "gone") {
        watcher.link("none");
        return end.kind;
      }
      if (end.kind === "again") {
        failures = 0;
        if (polls > 0) polls -= 1;
        else detour = FEWEST_POLLS;
        await pause(end.after, signal);
      } else {
        polls = detour;
        detour = Math.min(2 * detour, MOST_POLLS);
      }
    } catch {
      if (signal.aborted) break;
      polls = 0;
      detour = FEWEST_POLLS;
      failures += 1;
      watcher.link("off");
      await pause(backoff(failures), signal, "online");
    }
  }
  return "over";
}
var Line = class {
  constructor(user2, id2, watcher, signal) {
    this.user = user2;
    this.id = id2;
    this.watcher = watcher;
    this.signal = signal;
  }
  user;
  id;
  watcher;
  signal;
  /** The `id` of the last event. */
  last;
  /** The `ETag` of the last poll. */
  etag;
  /** How many streams in a row ended too soon. */
  shortLived = 0;
  /** Listens until the stream ends. Does not throw: where this way fails, the other may lead further. */
  async stream() {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.signal, ended.signal]);
    let timer = setTimeout(() => ended.abort(), FIRST_WORD);
    let retry = RETRY;
    const begun = Date.now();
    let isLive = false;
    let isOver = false;
    try {
      const answer = await asUser(this.user, (headers) => gateway.GET("/v1/verifications/{verificationId}/events", {
        params: { path: { verificationId: this.id } },
        headers: { ...headers, Accept: "text/event-stream", ...this.last !== void 0 && { "Last-Event-ID": this.last } },
        parseAs: "stream",
        signal,
        fetch: recorded("callStream")
      }));
      if (answer === void 0) return { kind: "gone" };
      if (answer.response.status === 204) return { kind: "over" };
      if (!answer.data) return this.refusal(answer.error, answer.response) ?? { kind: "no stream" };
      if (!answer.response.headers.get("content-type")?.startsWith("text/event-stream")) return { kind: "no stream" };
      for await (const event of events(answer.data)) {
        clearTimeout(timer);
        timer = setTimeout(() => ended.abort(), SILENCE);
        isLive = true;
        this.watcher.link("stream");
        retry = event.retry ?? retry;
        if (event.data === void 0) continue;
        this.last = event.id ?? this.last;
        const view = JSON.parse(event.data);
        this.watcher.show(view);
        isOver = !isOpen(view);
      }
      if (isOver) return { kind: "over" };
      return isLive ? { kind: "again", after: Math.max(retry, this.rest(begun)) } : { kind: "no stream" };
    } catch {
      if (isOver) return { kind: "over" };
      return isLive ? { kind: "again", after: this.rest(begun) } : { kind: "no stream" };
    } finally {
      clearTimeout(timer);
      ended.abort();
    }
  }
  /** How long to rest after a stream that began at `begun`: not at all, unless it ended too soon. */
  rest(begun) {
    this.shortLived = Date.now() - begun < SHORT_LIFE ? this.shortLived + 1 : 0;
    return this.shortLived === 0 ? 0 : backoff(this.shortLived);
  }
  /** One read, which waits for a change of what is known. Throws when there is no answer. */
  async poll() {
    const { user: user2, id: id2, etag, signal } = this;
    const answer = await asUser(user2, (headers) => gateway.GET("/v1/verifications/{verificationId}", {
      params: { path: { verificationId: id2 }, query: etag === void 0 ? {} : { wait: 25 } },
      headers: { ...headers, ...etag !== void 0 && { "If-None-Match": etag } },
      signal,
      fetch: recorded(etag === void 0 ? "callGet" : "callWait", etag !== void 0)
    }));
    if (answer === void 0) return { kind: "gone" };
    const { response, data } = answer;
    this.watcher.link("poll");
    if (data !== void 0) {
      this.etag = response.headers.get("etag") ?? void 0;
      this.watcher.show(data);
      return isOpen(data) ? { kind: "again", after: 0 } : { kind: "over" };
    }
    if (response.status === 304) return { kind: "again", after: 0 };
    return this.refusal(answer.error, response) ?? { kind: "again", after: this.told(answer.error, response) };
  }
  /** What both ways refuse alike. */
  refusal(problem, response) {
    if (response.status === 403 || response.status === 404) return { kind: "gone" };
    if (response.status !== 429 && response.status !== 503) return void 0;
    return { kind: "again", after: this.told(problem, response) };
  }
  told(problem, response) {
    this.watcher.problem(problem, response);
    return 1e3 * (Number(response.headers.get("retry-after")) || 2);
  }
};

// webhooks.ts
var AFTERWARDS = 5e3;
var BETWEEN = 1e3;
var AFTER_FAILURE = 2e3;
var following;
async function followWebhooks(id2, isOver) {
  if (following?.id === id2 && !following.ended.signal.aborted) return;
  leaveWebhooks();
  const ended = new AbortController();
  following = { id: id2, ended };
  let after = 0;
  let over;
  while (!ended.signal.aborted && (over === void 0 || Date.now() - over < AFTERWARDS)) {
    const items = await news(id2, after, ended.signal);
    for (const item2 of items ?? []) take(item2);
    after = items?.at(-1)?.number ?? after;
    if (isOver()) over ??= Date.now();
    await pause(items ? BETWEEN : AFTER_FAILURE, ended.signal);
  }
  ended.abort();
}
function leaveWebhooks() {
  following?.ended.abort();
}
async function news(verification, after, signal) {
  try {
    const query = new URLSearchParams({ verification, after: String(after) });
    const response = await fetch(`/demo/webhooks?${query}`, { signal, cache: "no-store" });
    return response.ok ? (await response.json()).items : void 0;
  } catch {
    return void 0;
  }
}
function take({ at, headers, body }) {
  const id2 = headers.find(([name]) => name === "webhook-id")?.[1] ?? crypto.randomUUID();
  note(id2, "callWebhook", Date.parse(at), { method: "POST", path: "/demo/webhooks", headers, body }, 204);
}

// wish.ts
var IN_PROGRESS = "/problems/idempotency-in-progress";
var Wish = class {
  asked;
  key = "";
  /** The key under which to ask: the one of the last try, where that asked the same. */
  keyFor(asked) {
    if (this.asked !== asked) {
      this.asked = asked;
      this.key = crypto.randomUUID();
    }
    return this.key;
  }
  /** Takes in an answer to `key`. One that may be followed by a better one leaves the wish open. */
  heard(key, status, problem) {
    const isSettled = status < 300 || [404, 409, 422].includes(status) && problem !== IN_PROGRESS;
    if (isSettled && this.key === key) this.asked = void 0;
  }
};

// flow.ts
var LINKS = { stream: "linkStream", poll: "linkPoll", off: "linkOff", none: "linkNone" };
var wishes = { start: new Wish(), renew: new Wish() };
var round = 0;
var underWay = /* @__PURE__ */ new Map();
var watching;
var link = "none";
var failedRenewals = 0;
var nextRenewal = 0;
var retryAfter = ({ headers }) => Number(headers.get("retry-after")) || 0;
function tellProblem(problem, response) {
  notice(t("problem", { title: problem?.title ?? String(response.status), detail: problem?.detail ?? "" }), "warn");
}
function tellDelay(problem, response) {
  const seconds = retryAfter(response);
  if (response.status === 429 && seconds) notice(t("noteSlow", { seconds }), "warn");
  else tellProblem(problem, response);
}
function tellRefusal(problem, response) {
  const seconds = retryAfter(response);
  if (response.status !== 429 || !seconds) tellProblem(problem, response);
  else if (problem?.type === "/problems/attempts-exhausted") notice(t("noteExhausted", minuteIn(seconds)), "warn");
  else notice(t("noteLater", { seconds }), "warn");
}
function share(what, ask) {
  const before = underWay.get(what);
  if (before) return before;
  const mine = ask().finally(() => {
    if (underWay.get(what) !== mine) return;
    underWay.delete(what);
    busy(underWay.has("start"));
  });
  underWay.set(what, mine);
  busy(underWay.has("start"));
  return mine;
}
async function attempt(send) {
  const asked = { round, id: state.view?.id };
  const isHere = () => asked.round === round && asked.id === state.view?.id;
  try {
    const answer = await asUser(user(), send);
    if (!isHere()) return void 0;
    if (answer === void 0) contactError(t("contactWrong"));
    return answer;
  } catch {
    if (isHere()) notice(t("noteLost"), "warn");
    return void 0;
  }
}
async function obtain(wish, asked, send) {
  notice();
  contactError();
  const key = wish.keyFor(JSON.stringify([user(), asked]));
  const answer = await attempt(async (headers) => {
    const heard2 = await send(headers, key);
    wish.heard(key, heard2.response.status, heard2.error?.type);
    return heard2;
  });
  if (answer && !answer.data) tellRefusal(answer.error, answer.response);
  return answer;
}
function start() {
  return share("start", async () => {
    const owner = user();
    const channel = state.view?.channel ?? state.channel;
    const body = { channel, locale: language() === "en" ? "en_ID" : "id_ID" };
    if (channel === "web") body.redirectUrls = facts.returnUrls;
    const answer = await obtain(wishes.start, body, (headers, key) => gateway.POST("/v1/verifications", {
      params: { header: { "Idempotency-Key": key } },
      body,
      headers,
      fetch: recorded("callStart")
    }));
    if (answer?.data) adopt(answer.data, owner, answer.response.status === 200);
    return answer?.data !== void 0;
  });
}
function adopt(started, owner, resumed) {
  state.credential = started.sdkToken || started.launchUrl ? started : void 0;
  state.resumed = resumed;
  takeUp(started, owner);
  draw();
  if (watching?.id !== started.id) void watch();
}
function renew() {
  return share("renew", async () => {
    const { view } = state;
    if (view === void 0) return false;
    const owner = user();
    const answer = await obtain(wishes.renew, { id: view.id }, (headers, key) => gateway.POST("/v1/verifications/{verificationId}/renew", {
      params: { path: { verificationId: view.id }, header: { "Idempotency-Key": key } },
      headers,
      fetch: recorded("callRenew")
    }));
    if (answer?.data) adopt(answer.data, owner, false);
    else if (answer && !watching) void watch();
    failedRenewals = answer?.data ? 0 : failedRenewals + 1;
    const rest = answer?.data ? 0 : Math.max(backoff(failedRenewals), answer ? 1e3 * retryAfter(answer.response) : 0);
    nextRenewal = Date.now() + rest;
    return answer?.data !== void 0;
  });
}
async function renewByHand() {
  if (await renew()) notice(t("noteRenewed"));
}
async function report(outcome, code) {
  const { view } = state;
  if (view === void 0) return;
  const answer = await attempt((headers) => gateway.POST("/v1/verifications/{verificationId}/capture", {
    params: { path: { verificationId: view.id } },
    body: code === void 0 ? { outcome } : { outcome, code },
    headers,
    fetch: recorded("callCapture")
  }));
  if (answer === void 0) return;
  if (answer.data) learn(answer.data);
  if (outcome === "cancelled") notice(t("noteCancelled"));
  if (outcome === "failed") notice(t("noteFailed"), "warn");
  draw();
}
function recover() {
  return share("recover", async () => {
    const { view } = state;
    if (view === void 0) return false;
    const answer = await attempt((headers) => gateway.GET("/v1/verifications/{verificationId}", {
      params: { path: { verificationId: view.id } },
      headers,
      fetch: recorded("callGet")
    }));
    if (!answer?.data) return false;
    learn(answer.data);
    draw();
    return canCapture(answer.data) && start();
  });
}
async function watch() {
  stopWatching();
  const { view } = state;
  if (view === void 0) return;
  const mine = { id: view.id, ended: new AbortController() };
  const isMine = () => watching === mine;
  watching = mine;
  void followWebhooks(view.id, () => !state.view || !isOpen(state.view));
  const watcher = {
    show(news3) {
      if (!isMine()) return;
      const before = state.view?.status;
      learn(news3);
      if (state.view?.status !== before) notice();
      draw();
      if (!isOpen(news3)) closeCapture();
    },
    link: (now) => isMine() && showLink(now),
    problem: (problem, response) => isMine() && tellDelay(problem, response)
  };
  const end = await follow(user(), view.id, watcher, mine.ended.signal);
  if (!isMine()) return;
  watching = void 0;
  if (end !== "gone") return;
  again();
  notice(t("noteGone"), "warn");
}
function stopWatching() {
  watching?.ended.abort();
  watching = void 0;
}
function showLink(now) {
  if (now === "off") notice(t("noteOffline"), "warn");
  else if (link === "off") notice();
  link = now;
  const element2 = find("#link");
  element2.dataset["link"] = now;
  element2.textContent = t(LINKS[now]);
}
function drawLink() {
  find("#link").textContent = t(LINKS[link]);
}
function again() {
  round += 1;
  underWay.clear();
  busy(false);
  contactError();
  stopWatching();
  leaveWebhooks();
  closeCapture();
  showLink("none");
  notice();
  forgetVerification();
  drawStart();
  draw();
}
async function credential() {
  notice();
  const isThere = !state.credential ? await recover() : isFresh(state.credential) || await renew();
  if (!isThere || !state.view || !canCapture(state.view)) return void 0;
  if (state.credential && isFresh(state.credential)) return state.credential;
  notice(t("noteNothing"), "warn");
  return void 0;
}
async function open(inThisTab) {
  const { launchUrl, sdkToken } = await credential() ?? {};
  if (launchUrl && inThisTab) location.assign(launchUrl);
  else if (launchUrl) openCapture(launchUrl, "web");
  else if (sdkToken) openCapture(`${facts.sdkUrl}#token=${encodeURIComponent(sdkToken)}`, "sdk");
}
async function continueOnPhone() {
  const { launchUrl } = await credential() ?? {};
  if (launchUrl) openQr(launchUrl);
}
async function refreshQr() {
  if (!isSheetOpen("qr") || !state.credential || isFresh(state.credential)) return;
  expireQr();
  if (Date.now() < nextRenewal || !await renew()) return;
  const { launchUrl } = state.credential;
  if (launchUrl && state.view && canCapture(state.view)) openQr(launchUrl);
}
function leave() {
  if (isSheetOpen("qr")) return closeQr();
  closeCapture();
  if (state.view && canCapture(state.view)) void report("cancelled", "USER_CANCELLED");
  return void 0;
}
function next() {
  const { view } = state;
  if (view?.nextAction === "retry") void start();
  else notice(t(view?.nextAction === "contact_support" ? "supportSaid" : "doneSaid"));
}
async function expireToken() {
  await letTokenExpire(user());
  if (state.view) void watch();
}
async function resume() {
  const returned = sessionStorage.getItem("gerbang-demo-return");
  sessionStorage.removeItem("gerbang-demo-return");
  if (!state.view) {
    if (returned) notice(t("noteElsewhere"));
    return;
  }
  if (returned) await report(returned === "success" ? "completed" : "failed");
  else await recover();
  if (!watching) await watch();
}

// inspector.ts
var UNTOUCHED = "details[open]:not([data-kept])";
var NEAR = 80;
var list = find("#log");
var reveal = find("#reveal");
var drawn = /* @__PURE__ */ new Map();
var newest;
function startInspector() {
  newest = log.findLast((entry) => !entry.incoming);
  onChange((entry) => {
    if (entry?.answer && !entry.incoming) newest = entry;
    if (entry) drawEntry(entry);
    else drawInspector();
  });
  reveal.addEventListener("change", drawInspector);
  find("[data-do=clear]").addEventListener("click", clearLog);
  find("[data-do=backend]").addEventListener("click", () => {
    if (state.view) void askAsBackEnd(state.view.id);
  });
}
function drawInspector() {
  drawn.clear();
  list.replaceChildren();
  for (const entry of log) drawEntry(entry);
  drawTools();
}
function drawTools() {
  find("#empty").hidden = log.length > 0;
  find("#count").textContent = String(log.length);
  find("[data-do=backend]").disabled = !state.view;
}
function drawEntry(entry) {
  for (const [id2, element3] of drawn) {
    if (!log.some((one) => one.id === id2)) {
      element3.remove();
      drawn.delete(id2);
    }
  }
  const follows = isFollowing();
  const before = drawn.get(entry.id);
  const element2 = item(entry, before);
  if (entry.answer && !entry.incoming) for (const other of all(UNTOUCHED, list)) other.open = false;
  if (before) before.replaceWith(element2);
  else list.append(element2);
  drawn.set(entry.id, element2);
  drawTools();
  if (follows) {
    const open2 = list.querySelector(UNTOUCHED) ?? element2;
    list.scrollTop = open2.offsetTop - list.offsetTop - 6;
  }
}
function isFollowing() {
  const open2 = list.querySelector(UNTOUCHED);
  const bottom = list.scrollHeight - list.scrollTop - list.clientHeight;
  return bottom < NEAR || open2 !== null && Math.abs(open2.offsetTop - list.offsetTop - 6 - list.scrollTop) < NEAR;
}
function item(entry, before) {
  const old = before?.querySelector("details");
  const details = make("details", { open: old?.dataset["kept"] ? old.open : entry === newest });
  if (old?.dataset["kept"]) details.dataset["kept"] = "yes";
  const { method, path } = entry.request;
  const came = entry.incoming ? [make("span", { className: "came" }, t("toBackEnd"))] : [];
  const summary = make(
    "summary",
    {},
    make("span", { className: "line" }, ...came, make("b", { className: "method", data: { method } }, method), make("span", { className: "path" }, path), badge(entry)),
    make("span", { className: "label" }, `${clock(entry.at)} · ${t(entry.label)}${news2(entry)}`)
  );
  summary.addEventListener("click", () => {
    details.dataset["kept"] = "yes";
  });
  details.append(summary, part(t("request"), entry.request));
  if (entry.answer) details.append(part(t("response"), entry.answer));
  if (!entry.incoming) details.append(copyButton(entry));
  return make("li", { data: { state: entry.state } }, details);
}
function news2({ incoming, request }) {
  const body = request.body;
  return incoming ? `: ${body?.data?.status ?? ""}` : "";
}
function badge(entry) {
  const { answer, state: at, took } = entry;
  if (at === "open" || at !== "lost" && answer === void 0) return make("span", { className: "badge is-open" }, t("waitingFor"));
  if (at === "lost" || answer === void 0) return make("span", { className: "badge", data: { class: "5" } }, t("unreachable"));
  const { status, statusText } = answer;
  const data = { class: String(status).charAt(0) };
  if (at === "told") return make("span", { className: "badge is-open", data }, `${status} ${t("waitingStream")}`);
  const times = entry.count > 1 ? ` ${t("times", { count: entry.count })}` : "";
  if (took === void 0) return make("span", { className: "badge", data }, String(status));
  const after = at === "left" ? t("leftStream") : took >= 1e3 ? `${(took / 1e3).toFixed(1)} s` : `${took} ms`;
  return make("span", { className: "badge", data, title: statusText }, `${status}${times}`, make("small", {}, after));
}
function part(title, { headers, body }) {
  const shown3 = reveal.checked ? headers : maskedHeaders(headers);
  const lines = make("dl", { className: "headers" }, ...shown3.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  const json = body === void 0 ? make("p", { className: "nobody" }, t("noBody")) : make("pre", {}, ...colored(reveal.checked ? body : masked(body)));
  return make("section", {}, make("h3", {}, title), ...shown3.length > 0 ? [lines] : [], json);
}
function colored(value) {
  const isText = typeof value === "string";
  const text = isText ? value.trimEnd() : JSON.stringify(value, null, 2);
  const pieces = [];
  const pattern = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const between = text.slice(at, match.index);
    if (isText && between.startsWith(",")) pieces.push(",", make("wbr"), between.slice(1));
    else pieces.push(between);
    const kind = match[2] ? "key" : match[1] ? "string" : "value";
    pieces.push(make("span", { className: kind }, match[1] ?? match[0]), match[2] ?? "");
    at = match.index + match[0].length;
  }
  pieces.push(text.slice(at));
  return pieces;
}
function copyButton(entry) {
  const button = make("button", { type: "button", className: "copy" }, t("copyCurl"));
  button.addEventListener("click", async () => {
    const base = entry.request.path.startsWith("/v1/") ? facts.gateway : facts.page;
    await navigator.clipboard.writeText(asCurl(entry, base));
    button.textContent = t("copied");
    setTimeout(() => {
      button.textContent = t("copyCurl");
    }, 2e3);
  });
  return button;
}

// app.ts
var ACTS = {
  open: () => void open(false),
  openHere: () => void open(true),
  qr: () => void continueOnPhone(),
  renew: () => void renewByHand(),
  expire: () => void expireToken(),
  again,
  next,
  close: leave
};
function sdkEnded(status, errorCode) {
  closeCapture();
  if (status === "COMPLETED") void report("completed");
  else if (status === "NOT_COMPLETED") void report("cancelled", "USER_CANCELLED");
  else void report("failed", /^[A-Za-z0-9._-]{1,64}$/.test(String(errorCode)) ? String(errorCode) : void 0);
}
function browserReturned(outcome) {
  closeCapture();
  void report(outcome === "success" ? "completed" : "failed");
}
function heard(event) {
  if (!isFromCapture(event)) return;
  const data = event.data ?? {};
  if (event.origin === location.origin && data.kind === "gerbang-demo-return") browserReturned(data.outcome);
  else if (event.origin === facts.sandbox && typeof data.status === "string") sdkEnded(data.status, data.extra?.errorCode);
}
function chooseLanguage(code) {
  state.language = code;
  save();
  speak(code);
  for (const button of all("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset["language"] === code));
  drawStart();
  draw();
  drawLink();
  drawInspector();
}
function showView(name) {
  document.body.dataset["view"] = name;
  for (const button of all("button[data-view]")) button.setAttribute("aria-pressed", String(button.dataset["view"] === name));
  fence();
}
function typed(event) {
  const { name, value, id: id2 } = event.target;
  if (name === "kind") state.kind = value === "email" ? "email" : "phone";
  else if (name === "channel") state.channel = value === "web" ? "web" : "sdk";
  else if (name === "contact") state[state.kind] = value;
  else if (id2 === "outcome") setDigits(value);
  contactError();
  save();
  drawStart();
}
function pressed(event) {
  const button = event.target.closest("[data-do], [data-language], button[data-view]");
  const { language: language2, view, do: act } = button?.dataset ?? {};
  if (language2) {
    chooseLanguage(language2 === "en" ? "en" : "id");
    void watch();
  } else if (view) showView(view);
  else if (act) ACTS[act]?.();
}
function listen2() {
  const form = find("#start");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void start();
  });
  form.addEventListener("input", typed);
  document.addEventListener("click", pressed);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (isSheetOpen("capture") || isSheetOpen("qr"))) leave();
  });
  window.addEventListener("message", heard);
  setInterval(() => {
    tick();
    void refreshQr();
  }, 1e3);
}
async function boot() {
  await learnFacts();
  for (const element2 of all("[data-fact]")) {
    const fact = element2.dataset["fact"];
    element2.textContent = new URL(facts[fact]).host;
  }
  state[state.kind] = find("#contact").value || state[state.kind];
  restoreLog();
  startInspector();
  showView("phone");
  chooseLanguage(state.language);
  listen2();
  await resume();
}
void boot();
