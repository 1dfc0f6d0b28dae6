use std::{error::Error, fmt, time::Duration};

use leeward_error_taxonomy::{
    AwsError, Category, Classify, Facts, Failure, Stage, Verdict, redact,
};

/// Says that what was waited for had not come when the time was over.
///
/// Nothing is wrong with the request: the same wait may be begun again.
#[derive(Clone, Debug)]
pub struct WaitTimedOut {
    waited: Duration,
    state: Option<String>,
    failure: Option<Failure>,
}

impl WaitTimedOut {
    pub(super) fn new(waited: Duration, state: Option<String>, failure: Option<Failure>) -> Self {
        let state = state.map(|state| redact(&state).into_owned());
        Self {
            waited,
            state,
            failure,
        }
    }

    /// How long was waited.
    #[must_use]
    pub const fn waited(&self) -> Duration {
        self.waited
    }

    /// The state that was seen last; `None` if no question was answered.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// What the last question met, where it was not answered.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }
}

impl Classify for WaitTimedOut {
    fn facts(&self) -> Facts<'_> {
        let stage = match self.state {
            Some(_) => Stage::Answered,
            None => Stage::MaybeSent,
        };
        Facts::new(stage, Category::Timeout, Verdict::Transient)
    }
}

/// `still CREATE_IN_PROGRESS after 30s; last look: ThrottlingException: …`
impl fmt::Display for WaitTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waited = self.waited;
        match &self.state {
            Some(state) => write!(f, "still {state} after {waited:?}")?,
            None => write!(f, "no answer for {waited:?}")?,
        }
        match &self.failure {
            Some(failure) => write!(f, "; last look: {failure}"),
            None => Ok(()),
        }
    }
}

impl Error for WaitTimedOut {}

impl From<WaitTimedOut> for AwsError {
    fn from(timed_out: WaitTimedOut) -> Self {
        Self::new(timed_out)
    }
}
