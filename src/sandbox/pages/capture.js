// The token is read from the fragment and travels in a header; it is never put into a URL.
const ORDER = ["intro", "card", "selfie", "choose"];
const API = location.pathname.endsWith("/sandbox/sdk") ? "session" : "../../sandbox/session";
const token = new URLSearchParams(location.hash.slice(1).split("?").pop()).get("token") || "";
const byId = (id) => document.getElementById(id);
let words = WORDS.id;
let session = null;

function speak(locale) {
  const english = locale ? locale.startsWith("en") : !navigator.language.startsWith("id");
  words = english ? WORDS.en : WORDS.id;
  document.documentElement.lang = english ? "en" : "id";
  document.title = `${words.brand} · Sandbox`;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = words[element.dataset.word];
  }
}

function show(name) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== name;
  const reached = ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
  [...byId("steps").children].forEach((step, index) => step.classList.toggle("on", index <= reached));
  byId("steps").style.visibility = name === "loading" ? "hidden" : "visible";
  const title = byId(name).querySelector("h1");
  if (title) { title.tabIndex = -1; title.focus(); }
}

function fail(code) {
  byId("seal").className = "seal bad";
  byId("endTitle").textContent = words.wrong;
  byId("endText").textContent = words[code] || words.failed;
  show("end");
}

async function ask(path, body) {
  const init = { headers: { "x-user-token": token }, cache: "no-store" };
  if (body) {
    init.method = "POST";
    init.headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(path, init);
  const data = await answer.json();
  if (!answer.ok) throw Object.assign(new Error("refused"), { code: data.error });
  return data;
}

function offer() {
  const select = byId("outcome");
  const own = session.outcomes.find((row) => row.outcome === session.outcome);
  const label = (row) => `${row.digits}  ${row.name.replaceAll("_", " ")}`;
  select.add(new Option(`${words.byContact}: ${own.name.replaceAll("_", " ")}`, ""));
  words.groups.forEach((name, tens) => {
    const rows = session.outcomes.filter((row) => Number(row.digits[0]) === tens);
    if (!rows.length) return;
    const group = document.createElement("optgroup");
    group.label = name;
    for (const row of rows) group.append(new Option(label(row), row.name));
    select.append(group);
  });
  const explain = () => {
    const row = session.outcomes.find((row) => row.name === select.value) || own;
    byId("summary").textContent = `${row.digits} · ${row.summary}`;
  };
  select.addEventListener("change", explain);
  explain();
}

async function finish(body) {
  show("sending");
  try {
    tellFrontEnd(await ask(`${API}/capture`, body));
  } catch (error) {
    fail(error.code);
  }
}

// A browser is redirected; a page that frames or opened this one gets a message instead.
function tellFrontEnd(ending) {
  const completed = ending.status === "COMPLETED";
  byId("seal").className = completed ? "seal" : "seal bad";
  byId("endTitle").textContent = completed ? words.doneTitle : words.leftTitle;
  byId("endText").textContent = completed ? words.doneText : words.leftText;
  const result = { status: ending.status, submissionId: ending.submissionId };
  const listener = window.parent !== window ? window.parent : window.opener;
  if (listener) listener.postMessage({ source: "kyc-sandbox", ...result }, listenerOrigin());
  if (ending.redirectUrl && window.parent === window) {
    byId("endText").textContent = words.back;
    setTimeout(() => location.assign(ending.redirectUrl), 900);
  }
  if (session.source === "SDK") {
    byId("endResult").hidden = false;
    byId("endResult").textContent = JSON.stringify(result, null, 2);
  }
  show("end");
}

function listenerOrigin() {
  try {
    const origin = new URL(session.successUrl).origin;
    return origin === "null" ? "*" : origin;
  } catch {
    return "*";
  }
}

function listen() {
  for (const button of document.querySelectorAll("[data-go]")) {
    button.addEventListener("click", () => show(button.dataset.go));
  }
  for (const button of document.querySelectorAll("[data-shoot]")) {
    button.addEventListener("click", () => {
      button.disabled = true;
      button.closest("section").querySelector("[data-camera]").classList.add("flash");
      setTimeout(() => show(button.dataset.shoot), 450);
    });
  }
  for (const button of document.querySelectorAll("[data-leave]")) {
    button.addEventListener("click", () => finish({ left: true }));
  }
  byId("send").addEventListener("click", () => {
    const outcome = byId("outcome").value;
    finish(outcome ? { outcome } : {});
  });
}

async function start() {
  speak("");
  show("loading");
  try {
    session = await ask(API);
  } catch (error) {
    fail(error.code);
    return;
  }
  speak(session.locale);
  if (session.captured) {
    fail("already_captured");
    return;
  }
  offer();
  listen();
  show("intro");
}

start();
