//! Redirect URLs that nobody may be sent to.

use serde_json::json;

use super::row::{CANARY, opened, refuse, row, start};

const URLS: &[&str] = &[
    "https://evil.example/kyc/done",
    "https://app.partner.example.evil.example/kyc/done",
    "https://evil.example/https://app.partner.example/kyc/done",
    "https://evil.example/?u=https://app.partner.example/kyc/done",
    "https://app.partner.example@evil.example/kyc/done",
    "https://user:word@app.partner.example/kyc/done",
    "https://@app.partner.example/kyc/done",
    "https://app.partner.example:8443/kyc/done",
    "https://app.partner.example:443/kyc/done",
    "https://app.partner.example:/kyc/done",
    "https://app.partner.example./kyc/done",
    "https://APP.partner.example/kyc/done",
    "HTTPS://app.partner.example/kyc/done",
    "http://app.partner.example/kyc/done",
    "//app.partner.example/kyc/done",
    "/kyc/done",
    "https:app.partner.example/kyc/done",
    "https:///app.partner.example/kyc/done",
    "https:\\\\app.partner.example\\kyc\\done",
    "https://app.partner.example\\@evil.example/kyc/done",
    "https://app.partner.example/kyc",
    "https://app.partner.example/kycx/done",
    "https://app.partner.example/KYC/done",
    "https://app.partner.example/kyc/../admin",
    "https://app.partner.example/kyc/./done",
    "https://app.partner.example/kyc/%2e%2e/admin",
    "https://app.partner.example/kyc/%2E%2E%2Fadmin",
    "https://app.partner.example/kyc/..%5cadmin",
    "https://app.partner.example/kyc/..;/admin",
    "https://app.partner.example/kyc//evil.example",
    "https://app.partner.example/%6byc/done",
    "https://app.partner.example/kyc/done#x",
    "https://app.partner.example/kyc/done#",
    "https://app.partner.example/kyc/é",
    "https://app.partner.example/kyc/a b",
    "https://аpp.partner.example/kyc/done",
    "https://app。partner.example/kyc/done",
    "https://app.partner.example%2eevil.example/kyc/done",
    "https://[::1]/kyc/done",
    "partnerapp:kyc/done",
    "partnerapp://evil/done",
    "partnerapp:///kyc/done",
    "PartnerApp://kyc/done",
    "partnerapp://kyc@evil/done",
    "javascript:alert(1)",
    "javascript://app.partner.example/kyc/%0aalert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://app.partner.example/kyc/done",
    "about:blank",
    "intent://kyc/done#Intent;scheme=partnerapp;end",
    "*",
    "null",
];

#[tokio::test]
async fn urls_that_are_not_on_the_list_are_422_on_either_side() {
    let (app, token, _) = opened().await;
    let long = format!("https://app.partner.example/kyc/{}", "x".repeat(2_100));
    let good = "partnerapp://kyc/done";
    let mut rows = Vec::new();
    for url in URLS.iter().copied() {
        for (success, failure) in [(url, good), (good, url)] {
            let body = json!({
                "channel": "web", "redirectUrls": { "success": success, "failure": failure },
            });
            let answer = (422, "redirect-not-allowed");
            rows.push(row(url, start(&token, body.to_string()), answer));
        }
    }
    for url in ["", long.as_str(), "https://app.partner.example/kyc/\n", "partnerapp://kyc/\u{7f}"]
    {
        let body = json!({
            "channel": "web", "redirectUrls": { "success": url, "failure": good },
        });
        let what: String = url.chars().take(40).collect();
        rows.push(row(what, start(&token, body.to_string()), (422, "validation-failed")));
    }
    let named = format!("https://evil.example/{CANARY}");
    let body = json!({ "channel": "web", "redirectUrls": { "success": named, "failure": named } });
    rows.push(row("a canary", start(&token, body.to_string()), (422, "redirect-not-allowed")));

    refuse(&app, rows).await;

    app.stop().await;
}
