//! The operations, a method each: it returns the answer and expects nothing of it.

use reqwest::Method;
use serde_json::Value;

use super::{Answer, CALLBACK_KEY, PATIENCE, TestApp};

impl TestApp {
    pub(crate) async fn start_verification(&self, token: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, "/v1/verifications", token).json(&body)).await
    }

    pub(crate) async fn get_verification(&self, token: &str, id: &str) -> Answer {
        let path = format!("/v1/verifications/{id}");
        self.send(self.request(Method::GET, &path, token)).await
    }

    pub(crate) async fn renew(&self, token: &str, id: &str) -> Answer {
        let path = format!("/v1/verifications/{id}/renew");
        self.send(self.request(Method::POST, &path, token)).await
    }

    pub(crate) async fn report_capture(&self, token: &str, id: &str, body: Value) -> Answer {
        let path = format!("/v1/verifications/{id}/capture");
        self.send(self.request(Method::POST, &path, token).json(&body)).await
    }

    pub(crate) async fn list(&self, token: &str, query: &str) -> Answer {
        let path = format!("/v1/verifications{query}");
        self.send(self.request(Method::GET, &path, token)).await
    }

    pub(crate) async fn start_for(&self, token: &str, body: Value) -> Answer {
        let path = "/v1/backend/verifications";
        self.send(self.request(Method::POST, path, token).json(&body)).await
    }

    pub(crate) async fn inspect(&self, token: &str, id: &str) -> Answer {
        let path = format!("/v1/backend/verifications/{id}");
        self.send(self.request(Method::GET, &path, token)).await
    }

    pub(crate) async fn search(&self, token: &str, query: &str) -> Answer {
        let path = format!("/v1/backend/verifications{query}");
        self.send(self.request(Method::GET, &path, token)).await
    }

    pub(crate) async fn audit(&self, token: &str, query: &str) -> Answer {
        let path = format!("/v1/backend/audit{query}");
        self.send(self.request(Method::GET, &path, token)).await
    }

    pub(crate) async fn refresh(&self, token: &str, id: &str) -> Answer {
        let path = format!("/v1/backend/verifications/{id}/refresh");
        self.send(self.request(Method::POST, &path, token)).await
    }

    pub(crate) async fn call_back(&self, body: Value) -> Answer {
        let url = format!("{}/callbacks/provider", self.base_url);
        let request = self.http.post(url).header("x-callback-key", CALLBACK_KEY).json(&body);
        self.send(request).await
    }

    /// The session id of the newest attempt, as the partner's servers see it.
    pub(crate) async fn session(&self, id: &str) -> String {
        let seen = self.inspect(&self.service_token("verification:read"), id).await.json();
        let attempts = seen["attempts"].as_array().unwrap();
        attempts.last().unwrap()["sessionId"].as_str().unwrap().to_owned()
    }

    /// Waits, by long-polling, until the verification has one of the statuses.
    pub(crate) async fn wait_for(&self, token: &str, id: &str, statuses: &[&str]) -> Answer {
        let path = format!("/v1/verifications/{id}?wait=30");
        let mut etag = String::from("\"0-id\"");
        let wait = async {
            loop {
                let request =
                    self.request(Method::GET, &path, token).header("If-None-Match", &etag);
                let answer = self.send(request).await;
                answer.header("etag").clone_into(&mut etag);
                if answer.status == 200 && statuses.contains(&answer.text("/status").as_str()) {
                    return answer;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| {
            panic!("{id} did not become one of {statuses:?} in time; last seen {etag}")
        })
    }
}
