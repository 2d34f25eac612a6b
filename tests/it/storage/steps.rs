//! What can happen to a store, made up at random: see `sequences`.

use gerbang::domain::{CaptureOutcome, DetailsAnswer, News, SubmissionResult, SubmissionStatus};
use proptest::prelude::*;

use super::bed::{invalid, partial, valid};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Open {
        user: usize,
        by_email: bool,
        asked: bool,
    },
    Renew {
        which: usize,
        asked: bool,
    },
    Issue {
        which: usize,
        attempt: usize,
    },
    Tell {
        which: usize,
        news: News,
    },
    Keep(Statement),
    ApplyDue,
    Settle {
        asked: usize,
        says: Statement,
    },
    ExpireDue,
    /// Contacts and credentials whose time was over so many hours ago.
    LetGo {
        hours: i64,
    },
    Erase {
        user: usize,
    },
    ForgetErased,
    Restart,
}

/// What the provider says, before it is known which sessions there are.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) submission: usize,
    pub(super) user: usize,
    /// Of which attempt of which verification, the last of which stands for those that were erased;
    /// `None` names a session of nobody.
    pub(super) session: Option<(usize, usize)>,
    pub(super) says: (SubmissionStatus, Option<SubmissionResult>),
}

fn any_statement() -> impl Strategy<Value = Statement> {
    let says = prop_oneof![
        Just((SubmissionStatus::InProgress, None)),
        Just(partial()),
        Just(valid()),
        Just(invalid()),
    ];
    let user = prop_oneof![6 => Just(0_usize), 1 => Just(1)];
    let session = prop::option::weighted(0.8, (0_usize..6, 0_usize..4));
    (0_usize..3, user, session, says).prop_map(|(submission, user, session, says)| Statement {
        submission,
        user,
        session,
        says,
    })
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let user = prop_oneof![5 => Just(0_usize), 1 => Just(1)];
    let told = prop_oneof![
        Just(News::Captured(CaptureOutcome::Completed)),
        Just(News::Captured(CaptureOutcome::Failed)),
        Just(News::DetailsRead(DetailsAnswer::NotReadable)),
        Just(News::ReadFailed),
        Just(News::TimePassed),
    ];
    prop_oneof![
        4 => (user, prop::bool::weighted(0.15), any::<bool>())
            .prop_map(|(user, by_email, asked)| Step::Open { user, by_email, asked }),
        1 => (0_usize..6, any::<bool>()).prop_map(|(which, asked)| Step::Renew { which, asked }),
        4 => (0_usize..6, 0_usize..4)
            .prop_map(|(which, attempt)| Step::Issue { which, attempt }),
        2 => (0_usize..6, told).prop_map(|(which, news)| Step::Tell { which, news }),
        4 => any_statement().prop_map(Step::Keep),
        3 => Just(Step::ApplyDue),
        4 => (0_usize..6, any_statement()).prop_map(|(asked, says)| Step::Settle { asked, says }),
        1 => Just(Step::ExpireDue),
        2 => prop_oneof![1 => 0_i64..30, 3 => Just(0)].prop_map(|hours| Step::LetGo { hours }),
        2 => prop_oneof![5 => Just(0_usize), 1 => Just(1)].prop_map(|user| Step::Erase { user }),
        1 => Just(Step::ForgetErased),
        1 => Just(Step::Restart),
    ]
}
