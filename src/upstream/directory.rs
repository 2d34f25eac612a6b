//! The partner's user service, asked for a user's verified contacts.
//!
//! Invariant: a contact comes out of here only if the service says `true`, as a boolean, to its
//! having been verified. Whatever else happens is a failure or "none": nothing is guessed and
//! nothing of an answer is logged.

use std::fmt::{self, Write as _};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::{
    Method, Request, StatusCode,
    header::{ACCEPT, HeaderName, HeaderValue},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use super::{
    budget::RetryBudget,
    error::{SetupError, UpstreamError},
    http::{HttpClient, Limits},
    meter::metered,
};
use crate::{
    config,
    domain::{
        Contact, ContactKind, ContactSource, Contacts, UserId, VerificationReference,
        VerifiedContact,
    },
};

/// An answer is two contacts and what is said of them.
const MAX_ANSWER: usize = 16 * 1024;
/// Calls under way at once. A service that answers in time needs few of them, and one that does not
/// is not helped by more.
const PLACES: usize = 64;

/// Whoever knows the contacts of the partner's users.
pub trait Directory: Send + Sync {
    /// The verified contacts of a user at `at`; none of a user whom it does not know.
    fn contacts<'a>(
        &'a self,
        user: &'a UserId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<Contacts, UpstreamError>>;
}

/// The user service that is configured.
pub struct UserService {
    before: String,
    after: String,
    header: Option<(HeaderName, HeaderValue)>,
    limits: Limits,
    places: Semaphore,
    budget: RetryBudget,
    http: HttpClient,
}

/// What the service answers. Members we do not know are its own affair.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    phone_number: Option<String>,
    phone_verified: Option<Value>,
    phone_reference: Option<String>,
    phone_verified_at: Option<Timestamp>,
    email: Option<String>,
    email_verified: Option<Value>,
    email_reference: Option<String>,
    email_verified_at: Option<Timestamp>,
}

/// What it says of one contact.
struct Entry {
    kind: ContactKind,
    value: Option<String>,
    verified: Option<Value>,
    reference: Option<String>,
    verified_at: Option<Timestamp>,
}

impl UserService {
    /// Prepares the calls.
    pub fn new(settings: &config::Directory, http: &HttpClient) -> Result<Self, SetupError> {
        let header = match &settings.header {
            Some(header) => {
                let fault = || SetupError::Header("directory.header");
                let name = HeaderName::try_from(&header.name).map_err(|_| fault())?;
                let value = HeaderValue::from_str(header.value.expose_secret());
                let mut value = value.map_err(|_| fault())?;
                value.set_sensitive(true);
                Some((name, value))
            }
            None => None,
        };
        Ok(Self {
            before: settings.before.clone(),
            after: settings.after.clone(),
            header,
            limits: Limits { deadline: settings.timeout, max_answer: MAX_ANSWER },
            places: Semaphore::new(PLACES),
            budget: RetryBudget::new(PLACES),
            http: http.clone(),
        })
    }

    async fn ask(&self, user: &UserId, at: Timestamp) -> Result<Contacts, UpstreamError> {
        let Ok(_place) = self.places.try_acquire() else { return Err(UpstreamError::Saturated) };
        let address = self.address(user)?;
        let request = || {
            let mut request = Request::new(Method::GET, address.clone());
            let headers = request.headers_mut();
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            if let Some((name, value)) = &self.header {
                headers.insert(name.clone(), value.clone());
            }
            request
        };
        let answer = self.http.exchange(request, self.limits, &self.budget).await?;
        let status = answer.status.as_u16();
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Contacts::default());
        }
        if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(UpstreamError::Unavailable { status, retry_after: None });
        }
        if answer.status == StatusCode::UNAUTHORIZED || answer.status == StatusCode::FORBIDDEN {
            return Err(UpstreamError::Unauthorized);
        }
        if answer.status != StatusCode::OK {
            return Err(UpstreamError::Refused { status });
        }
        let read: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| UpstreamError::Garbled("no entry of a directory"))?;
        read.contacts(at)
    }

    /// Where this user is found. The id is encoded byte by byte, so that it is one name in there
    /// whatever it is made of.
    fn address(&self, user: &UserId) -> Result<Url, UpstreamError> {
        let mut text = self.before.clone();
        for byte in user.as_str().bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                // Writing to a text does not fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
        text.push_str(&self.after);
        let url = Url::parse(&text).map_err(|_| UpstreamError::Misconfigured("directory.url"))?;
        // Whatever an id may come to be made of: an address that a parser rewrites leads elsewhere.
        if url.as_str() != text {
            return Err(UpstreamError::Misconfigured("directory.url"));
        }
        Ok(url)
    }
}

impl Directory for UserService {
    fn contacts<'a>(
        &'a self,
        user: &'a UserId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<Contacts, UpstreamError>> {
        Box::pin(metered("directory", self.ask(user, at)))
    }
}

impl Answer {
    fn contacts(self, at: Timestamp) -> Result<Contacts, UpstreamError> {
        let phone = Entry {
            kind: ContactKind::Phone,
            value: self.phone_number,
            verified: self.phone_verified,
            reference: self.phone_reference,
            verified_at: self.phone_verified_at,
        };
        let email = Entry {
            kind: ContactKind::Email,
            value: self.email,
            verified: self.email_verified,
            reference: self.email_reference,
            verified_at: self.email_verified_at,
        };
        let mut found = Contacts::default();
        found.phone = phone.contact(at, &mut found.unfit)?;
        found.email = email.contact(at, &mut found.unfit)?;
        Ok(found)
    }
}

impl Entry {
    fn contact(
        self,
        at: Timestamp,
        unfit: &mut Vec<ContactKind>,
    ) -> Result<Option<VerifiedContact>, UpstreamError> {
        let value = self.value.filter(|value| !value.is_empty());
        let Some(value) = value.filter(|_| self.verified == Some(Value::Bool(true))) else {
            return Ok(None);
        };
        let Ok(contact) = Contact::parse(self.kind, &value) else {
            unfit.push(self.kind);
            return Ok(None);
        };
        // Without a reference of the service's own, this answer is the proof, and gets a name.
        let reference = self.reference.unwrap_or_else(|| format!("directory:{}", Uuid::new_v4()));
        let reference = VerificationReference::parse(&reference)
            .map_err(|_| UpstreamError::Garbled("a reference that cannot be sent"))?;
        let verified_at = Some(self.verified_at.unwrap_or(at));
        Ok(Some(VerifiedContact {
            contact,
            reference,
            source: ContactSource::Directory,
            verified_at,
        }))
    }
}

impl fmt::Debug for UserService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserService").finish_non_exhaustive()
    }
}
