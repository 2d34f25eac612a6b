//! One user's way from start to verdict, whatever happens to the gateway on the way: what was
//! acknowledged once is expected of every gateway after.

use reqwest::Client;
use serde_json::{Value, json};

use super::{
    bed::{Answer, Bed, Tally},
    dice::Dice,
};
use crate::support::{CALLBACK_KEY, PATIENCE};

pub(super) struct Person<'a> {
    bed: &'a Bed,
    name: String,
    token: String,
}

/// What the gateway has promised.
struct Promised {
    id: String,
    /// The key of the start, and the answer that belongs to it.
    keyed: Option<(String, Vec<u8>)>,
}

impl<'a> Person<'a> {
    pub(super) fn new(bed: &'a Bed, name: String) -> Self {
        let token = bed.token(&name);
        Self { bed, name, token }
    }

    /// The whole way. It may take several gateways.
    pub(super) async fn walk(&self, dice: &mut Dice) {
        let promised = self.start(dice).await;
        if let Some((key, first)) = &promised.keyed
            && dice.once_in(2)
        {
            let again = self.ask_to_start(Some(key)).await;
            assert_eq!(again.body, *first, "{}: an answer under one key changed", self.name);
            assert_eq!(again.headers["idempotency-replayed"], "true");
            Tally::count(&self.bed.tally.replays);
        }
        if dice.once_in(2) {
            let resumed = self.ask_to_start(None).await;
            self.expect_credential(&resumed, &promised.id);
        }
        if dice.once_in(3) {
            self.renew(&promised.id).await;
        }
        self.capture_and_call_back(dice).await;
        let approved = self.wait_for_approval(&promised.id);
        let in_time = tokio::time::timeout(PATIENCE * 2, approved).await;
        assert!(in_time.is_ok(), "{}: a callback was acknowledged and lost", self.name);
        self.expect_one_verdict(&promised.id).await;
        Tally::count(&self.bed.tally.approved);
    }

    async fn start(&self, dice: &mut Dice) -> Promised {
        let key = (!dice.once_in(3)).then(|| format!("start-of-{}", self.name));
        let answer = self.ask_to_start(key.as_deref()).await;
        let id = answer.json()["id"].as_str().unwrap_or_default().to_owned();
        self.expect_credential(&answer, &id);
        Tally::count(&self.bed.tally.starts);
        Promised { id, keyed: key.map(|key| (key, answer.body)) }
    }

    async fn ask_to_start(&self, key: Option<&str>) -> Answer {
        let request = |http: &Client, base: &str| {
            let request = http.post(format!("{base}/v1/verifications")).bearer_auth(&self.token);
            let request = request.json(&json!({ "channel": "sdk" }));
            match key {
                Some(key) => request.header("idempotency-key", format!("\"{key}\"")),
                None => request,
            }
        };
        self.bed.ask(request).await
    }

    fn expect_credential(&self, answer: &Answer, id: &str) {
        let told = String::from_utf8_lossy(&answer.body);
        assert!(answer.status.is_success(), "{}: {} {told}", self.name, answer.status);
        let body = answer.json();
        assert_eq!(body["id"], id, "{}: another verification", self.name);
        assert!(body["sdkToken"].is_string(), "{}: no token in {told}", self.name);
    }

    async fn renew(&self, id: &str) {
        let answer = self
            .bed
            .ask(|http, base| {
                http.post(format!("{base}/v1/verifications/{id}/renew")).bearer_auth(&self.token)
            })
            .await;
        self.expect_credential(&answer, id);
        Tally::count(&self.bed.tally.renewals);
    }

    /// Captures under the newest session that the provider knows, and sends what the provider
    /// would send, some of it more than once, until each is acknowledged.
    async fn capture_and_call_back(&self, dice: &mut Dice) {
        let session = self.bed.provider.newest_session(&self.name).unwrap().session_id;
        let submission = self.bed.provider.finish_capture(&session).unwrap().submission_id;
        let callback = |status: &str| {
            json!({
                "submissionId": submission, "userId": self.name,
                "userIdType": "EXAMPLE_APP_USER_ID", "partnerSessionId": session,
                "status": status, "result": "VALID",
            })
        };
        if dice.once_in(3) {
            self.call_back(&callback("PARTIALLY_COMPLETED")).await;
        }
        self.call_back(&callback("COMPLETED")).await;
        if dice.once_in(3) {
            self.call_back(&callback("COMPLETED")).await;
        }
    }

    async fn call_back(&self, body: &Value) {
        let answer = self
            .bed
            .ask(|http, base| {
                let request = http.post(format!("{base}/callbacks/provider")).json(body);
                request.header("x-callback-key", CALLBACK_KEY)
            })
            .await;
        assert_eq!(answer.status, 200);
        Tally::count(&self.bed.tally.callbacks);
    }

    async fn wait_for_approval(&self, id: &str) {
        let mut etag = String::from("\"0-id\"");
        loop {
            let answer = self
                .bed
                .ask(|http, base| {
                    let request = http.get(format!("{base}/v1/verifications/{id}?wait=10"));
                    request.bearer_auth(&self.token).header("if-none-match", &etag)
                })
                .await;
            assert!(matches!(answer.status.as_u16(), 200 | 304), "{}", answer.status);
            answer.headers["etag"].to_str().unwrap().clone_into(&mut etag);
            if answer.status == 200 && answer.json()["status"] == "approved" {
                return;
            }
        }
    }

    /// One verification, approved once, whatever was sent or repeated.
    async fn expect_one_verdict(&self, id: &str) {
        let service = self.bed.service_token();
        let inspected = self
            .bed
            .ask(|http, base| {
                http.get(format!("{base}/v1/backend/verifications/{id}")).bearer_auth(&service)
            })
            .await
            .json();
        let listed = self
            .bed
            .ask(|http, base| http.get(format!("{base}/v1/verifications")).bearer_auth(&self.token))
            .await
            .json();

        let timeline = inspected["timeline"].as_array().unwrap();
        let approvals = timeline
            .windows(2)
            .filter(|two| two[0]["status"] != "approved" && two[1]["status"] == "approved");
        assert_eq!(inspected["status"], "approved", "{inspected:#}");
        assert_eq!(approvals.count(), 1, "{inspected:#}");
        assert!(timeline.iter().all(|step| step["kind"] != "alarm"), "{inspected:#}");
        let own: Vec<_> = listed["items"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert_eq!(own, [id], "{}: another verification was made", self.name);
    }
}
