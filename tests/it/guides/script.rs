//! The code of the web guide, run in Node.js.

use super::bed::{demo, here, pieces, run};

const PAGE: &str = include_str!("../../../docs/web.md");
const EVENTS: &str = include_str!("../../../docs/events.md");

/// Goes through it as a page does; a call of the provider's stands for the person.
const PROGRAM: &str = r#"
const getToken = async () => token;
const token = await (await fetch("http://127.0.0.1:8090/demo/token", { method: "POST", body: "contact=6281200000000",
  headers: { "Content-Type": "application/x-www-form-urlencoded" } })).text();
const none = await newest(getToken);
const first = await proceed(getToken, "wish-1");
const started = await renew(getToken, first.id, "wish-2");
const user = started.launchUrl.split("token=")[1];
const captured = await fetch("http://127.0.0.1:8070/sandbox/session/capture", { method: "POST", body: "{}",
  headers: { "x-user-token": user, "Content-Type": "application/json" } });
if (!captured.ok) throw new Error(await captured.text());
const told = await returned(getToken, new URL("https://app.partner.example/kyc/done?ctx=1"));
console.log(first.nextAction, started.launchUrl !== first.launchUrl, told.nextAction);
const refused = await renew(getToken, first.id, "wish-3").catch((problem) => problem);
console.log(refused.type);
let last;
await watch(first.id, getToken, (state) => { last = state; });
const after = await proceed(getToken, "wish-4");
console.log(none, last.status, after.id === first.id);
"#;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
async fn the_web_guide_leads_to_an_approval() {
    let demo = demo().await;
    let folder = tempfile::tempdir().unwrap();
    let of_page = |mark: &str| *pieces(PAGE, "js").iter().find(|it| it.contains(mark)).unwrap();
    let code = [of_page("async function start"), of_page("async function returned")].concat();
    // The demo lets its own page come back, and knows no other.
    let page = format!("http://{}", demo.addr());
    let code = code
        .replace("https://kyc.partner.example", "http://127.0.0.1:8080")
        .replace("https://app.partner.example/kyc/done", &format!("{page}/return/success"))
        .replace("https://app.partner.example/kyc/failed", &format!("{page}/return/failure"));
    let watch = pieces(EVENTS, "js").concat().replace("fetch(`/v1", "fetch(`${GATEWAY}/v1");
    let program = here(&(code + &watch + PROGRAM), &demo);
    std::fs::write(folder.path().join("page.mjs"), program).unwrap();

    let printed = run("node", &["page.mjs"], folder.path()).await;

    match printed {
        Some(printed) => {
            assert_eq!(printed, "open_web true wait\nconflict\nundefined approved true\n");
        }
        None => println!("Node.js is not there, so the web guide was not run"),
    }
    demo.stop().await.unwrap();
}

/// A gateway that refuses two tokens, tells one state and falls silent, and then tells the end.
const TROUBLE: &str = r#"
import { createServer } from "node:http";
const told = [], times = [];
setTimeout(() => process.exit(1), 30_000).unref();
const server = createServer((request, response) => {
  told.push(`${request.headers.authorization.slice(7)}${request.headers["last-event-id"] ?? ""}`);
  times.push(performance.now());
  if (told.length <= 2) return response.writeHead(401).end();
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (told.length === 3) return response.write('retry: 1\nid: 4\ndata: {"status":"processing"}\n\n');
  response.end('id: 6\ndata: {"status":"approved"}\n\n');
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const GATEWAY = `http://127.0.0.1:${server.address().port}`;
const seen = [];
await watch("ver_1", async (fresh) => (fresh ? "new" : "old"), (state) => seen.push(state.status));
console.log(told.join(" "), seen.join(" "), times[2] - times[1] > 1900);
const left = new AbortController();
left.abort();
console.log(await watch("ver_1", async () => "new", () => {}, left.signal), told.length);
server.closeAllConnections();
server.close();
"#;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
async fn the_pages_watch_does_not_hammer_and_leaves_a_silent_stream() {
    let folder = tempfile::tempdir().unwrap();
    let watch = pieces(EVENTS, "js").concat();
    assert!(watch.contains("SILENCE = 40_000"), "{watch}");
    let watch = watch.replace("fetch(`/v1", "fetch(`${GATEWAY}/v1").replace("= 40_000", "= 1_000");
    std::fs::write(folder.path().join("page.mjs"), watch + TROUBLE).unwrap();

    let printed = run("node", &["page.mjs"], folder.path()).await;

    match printed {
        Some(printed) => {
            assert_eq!(printed, "old new new old4 processing approved true\nundefined 4\n");
        }
        None => println!("Node.js is not there, so the code for events was not run"),
    }
}
