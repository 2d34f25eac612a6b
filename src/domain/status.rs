//! The words a verification is described with, and their order.

/// How far a verification has come. A status never moves to a lower rank.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Status {
    /// The user may capture; nothing was captured yet as far as the provider says.
    Pending,
    /// The provider has the capture and works on it.
    Processing,
    /// Our own clock ran out. A late result still moves it to its real end.
    Expired,
    /// The identity passed; the certificate is still to come.
    PartiallyCompleted,
    /// Identity verified, certificate issued.
    Approved,
    /// The provider says no.
    Rejected,
    /// The provider could not decide.
    Failed,
}

impl Status {
    /// The order of statuses; only a higher one may follow.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Processing => 1,
            Self::Expired => 2,
            Self::PartiallyCompleted => 3,
            Self::Approved | Self::Rejected | Self::Failed => 4,
        }
    }

    /// The verdict is in and stays.
    pub const fn is_final(self) -> bool {
        self.rank() == 4
    }

    /// Nothing more is expected: waiters are let go and a new start makes a new verification.
    pub const fn is_closed(self) -> bool {
        self.is_final() || matches!(self, Self::Expired)
    }

    /// The spelling in URL, JSON, column and log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Expired => "expired",
            Self::PartiallyCompleted => "partially_completed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }

    /// Reads [`Status::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Processing,
            Self::Expired,
            Self::PartiallyCompleted,
            Self::Approved,
            Self::Rejected,
            Self::Failed,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }
}

/// Where the user captures.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Channel {
    /// The native SDK inside the partner's app (the provider's source `SDK`).
    Sdk,
    /// The provider's web pages behind a launch URL (the provider's source `WEB_SDK`).
    Web,
}

impl Channel {
    /// The spelling in JSON, column and log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::Web => "web",
        }
    }

    /// Reads [`Channel::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sdk, Self::Web].into_iter().find(|channel| channel.as_str() == text)
    }
}

/// The language the user reads; the provider knows these two.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Locale {
    /// Indonesian.
    #[default]
    Indonesian,
    /// English.
    English,
}

impl Locale {
    /// The spelling the provider and our JSON share.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Indonesian => "id_ID",
            Self::English => "en_ID",
        }
    }

    /// Reads [`Locale::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Indonesian, Self::English].into_iter().find(|locale| locale.as_str() == text)
    }
}

/// What the app should do now.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum NextAction {
    /// Launch the SDK with the token it was given.
    OpenSdk,
    /// Open the launch URL it was given.
    OpenWeb,
    /// Show progress and ask again.
    Wait,
    /// Ask for a fresh token, or start anew.
    Retry,
    /// Trying again will not help.
    ContactSupport,
    /// Nothing: it is done.
    None,
}

impl NextAction {
    /// The spelling in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenSdk => "open_sdk",
            Self::OpenWeb => "open_web",
            Self::Wait => "wait",
            Self::Retry => "retry",
            Self::ContactSupport => "contact_support",
            Self::None => "none",
        }
    }
}
