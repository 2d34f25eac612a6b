//! The code of the Android guide: compiled with stand-ins for what a phone brings, and run.

use super::bed::{demo, here, pieces, run};

const PAGE: &str = include_str!("../../../docs/android.md");

/// As much of `org.json` as the page uses, for the flat objects that the gateway answers with.
const JSON: &str = r#"package org.json
class JSONObject(private val text: String = "{}") {
    private val put = LinkedHashMap<String, String>()
    fun put(name: String, value: Any?): JSONObject {
        if (value != null) put[name] = value.toString()
        return this
    }
    fun optString(name: String) =
        Regex("\"$name\":\"([^\"]*)\"").find(text)?.groupValues?.get(1) ?: ""
    fun getString(name: String): String {
        val value = optString(name)
        if (value.isEmpty()) throw IllegalArgumentException("no " + name + " in " + text)
        return value
    }
    fun getJSONArray(name: String) = JSONArray(text.substringAfter("\"$name\":["))
    override fun toString() = put.entries.joinToString(",", "{", "}") { "\"${it.key}\":\"${it.value}\"" }
}
class JSONArray(private val rest: String) {
    fun optJSONObject(index: Int) = if (index > 0 || rest.startsWith("]")) null else JSONObject(rest)
}
"#;

const ANDROID: &str = r"package android.app
open class Activity {
    fun runOnUiThread(action: () -> Unit) = action()
    open fun onStart() {}
    open fun onDestroy() {}
}
";

/// A person whose first token was too old, and then one who captures everything; and the same once
/// more, after a verdict, when nothing must be opened again.
const PROGRAM: &str = r#"
fun post(url: String, headers: Map<String, String>, body: String): String {
    val connection = URL(url).openConnection() as HttpURLConnection
    connection.doOutput = true
    headers.forEach { (name, value) -> connection.setRequestProperty(name, value) }
    connection.outputStream.use { it.write(body.toByteArray()) }
    return connection.inputStream.use { it.readBytes().toString(Charsets.UTF_8) }
}

fun main() {
    val token = post("http://127.0.0.1:8090/demo/token", emptyMap(), "contact=6281200000000")
    val gateway = Gateway("http://127.0.0.1:8080", { token })
    var opened = 0
    val open = { started: JSONObject ->
        opened += 1
        if (opened == 1) SdkResult("ERROR", "GPE-2202") else {
            val headers = mapOf("x-user-token" to started.getString("sdkToken"), "Content-Type" to "application/json")
            post("http://127.0.0.1:8070/sandbox/session/capture", headers, "{}")
            SdkResult("COMPLETED", null)
        }
    }
    val shown = ArrayList<String>()
    val flow = Flow(gateway, open) { shown.add(it.getString("status")) }
    flow.resume()
    val before = shown.size
    flow.run()
    shown.clear()
    flow.resume()
    flow.run()
    val refused = try {
        Gateway("http://127.0.0.1:8080", { "none" }).start(newWish())
        "nothing"
    } catch (problem: Problem) { "${problem.status} ${problem.type}" }
    println("$before $opened $shown $refused")
}
"#;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
async fn the_android_guide_leads_to_an_approval() {
    let demo = demo().await;
    let folder = tempfile::tempdir().unwrap();
    // One file, as an app would have several: what is imported stands first.
    let code = pieces(PAGE, "kotlin").concat();
    let (imports, code): (Vec<_>, Vec<_>) =
        code.lines().partition(|line| line.starts_with("import "));
    let app = format!("{}\n{}\n{}", imports.join("\n"), code.join("\n"), here(PROGRAM, &demo));
    for (name, text) in [("Json.kt", JSON), ("Android.kt", ANDROID), ("App.kt", &app)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }

    let compiled = ["Json.kt", "Android.kt", "App.kt", "-include-runtime", "-d", "app.jar"];
    let printed = match run("kotlinc", &compiled, folder.path()).await {
        Some(_) => run("java", &["-cp", "app.jar", "AppKt"], folder.path()).await,
        None => None,
    };

    match printed {
        Some(printed) => assert_eq!(printed, "0 2 [approved, approved] 401 invalid-token\n"),
        None => println!("a Kotlin compiler is not there, so the Android guide was not run"),
    }
    demo.stop().await.unwrap();
}
