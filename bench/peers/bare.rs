//! What a team would write by hand in Rust: actix-web in front, reqwest behind, the partner token cached.
//! It verifies nothing, remembers nothing and logs nothing; with a database it keeps each start.
//!
//! `bench_bare UPSTREAM PORT [DATABASE]`

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what is written by hand does without the rules of this project"
)]

mod kept;

use std::{env, path::Path};

use actix_web::{
    App, HttpResponse, HttpServer,
    error::ErrorBadGateway,
    web::{Data, Json},
};
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use reqwest::Client;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::sync::RwLock;
use uuid::Uuid;

use self::kept::Kept;

/// What the provider frames its answers in.
#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
struct PartnerToken {
    token: String,
    expires_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    token: String,
    expires_at: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Channel {
    Sdk,
    Web,
}

#[derive(Deserialize)]
struct Start {
    channel: Channel,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    channel: Channel,
    sdk_token: String,
    expires_at: Timestamp,
}

/// One worker's.
struct Bare {
    client: Client,
    upstream: String,
    partner: RwLock<Option<(String, Timestamp)>>,
    kept: Option<Kept>,
}

impl Bare {
    async fn partner_token(&self) -> Result<String> {
        let now = Timestamp::now();
        if let Some((token, until)) = &*self.partner.read().await
            && *until > now
        {
            return Ok(token.clone());
        }
        let mut held = self.partner.write().await;
        let request = self
            .client
            .post(format!("{}/v1/esign/partner/authentication", self.upstream))
            .header("client-id", "bench")
            .header("pass-key", "bench-pass-key");
        let answer: PartnerToken = ask(request).await?;
        let until = Timestamp::from_second(answer.expires_at.parse()?)?;
        *held = Some((answer.token.clone(), until));
        Ok(answer.token)
    }

    async fn initiate(&self, channel: Channel) -> Result<Started> {
        let source = match channel {
            Channel::Sdk => "SDK",
            Channel::Web => "WEB_SDK",
        };
        let session = Uuid::new_v4().to_string();
        let number = match &self.kept {
            // Each start is another user's.
            Some(kept) => Some(kept.begin(Uuid::new_v4().into_bytes(), &session).await?),
            None => None,
        };
        let proof = json!({"isVerified": true, "verificationReferenceId": "bench-reference"});
        let request = self
            .client
            .post(format!("{}/esign-partner/v1/initiate-flow", self.upstream))
            .header("accept", "application/json")
            .header("x-onekyc-token", self.partner_token().await?)
            .header("x-partner-user-id", "bench-user")
            .header("x-partner-user-id-type", "BENCH")
            .header("x-partner-session-id", session)
            .header("x-esign-onboarding-partner", "BENCH-SDK")
            .json(&json!({
                "flow": "STANDALONE_IDENTITY_VERIFICATION",
                "source": source,
                "additionalDetails": {
                    "phoneNumber": "+6281200000000",
                    "dataVerification": {"phoneNumber": proof},
                    "userLocale": "ID",
                },
            }));
        let answer: Credential = ask(request).await?;
        let expires_at = Timestamp::from_second(answer.expires_at.parse()?)?;
        if let (Some(kept), Some(number)) = (&self.kept, number) {
            kept.finish(number, &answer.token).await?;
        }
        Ok(Started { channel, sdk_token: answer.token, expires_at })
    }
}

async fn ask<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T> {
    let answer = request.send().await?.error_for_status()?;
    Ok(answer.json::<Envelope<T>>().await?.data)
}

#[actix_web::post("/v1/verifications")]
async fn start(bare: Data<Bare>, body: Json<Start>) -> actix_web::Result<HttpResponse> {
    let started = bare.initiate(body.into_inner().channel).await.map_err(ErrorBadGateway)?;
    Ok(HttpResponse::Created().json(started))
}

#[actix_web::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let upstream = arguments.next().context("no upstream")?;
    let port: u16 = arguments.next().context("no port")?.parse()?;
    let kept = arguments.next().map(|path| Kept::open(Path::new(&path))).transpose()?;
    let server = HttpServer::new(move || {
        let bare = Bare {
            client: Client::new(),
            upstream: upstream.clone(),
            partner: RwLock::new(None),
            kept: kept.clone(),
        };
        App::new().app_data(Data::new(bare)).service(start)
    });
    Ok(server.workers(1).bind(("127.0.0.1", port))?.run().await?)
}
