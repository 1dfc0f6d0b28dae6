use crate::DynamoDb;
use aws_sdk_dynamodb::Client;
use leeward_client_pool::Caller;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::time::Duration;

/// The longest time for one batch: whoever wants more cuts the batch.
const MAX_BATCH_TIMEOUT: Duration = Duration::from_secs(24 * 3_600);
const MAX_IN_FLIGHT: usize = 256;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) batch_timeout: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) is_consistent: bool,
}

impl Settings {
    pub(crate) const DEFAULT: Self = Self {
        batch_timeout: Duration::from_secs(300),
        max_in_flight: 4,
        is_consistent: false,
    };
}

/// Sets up a [`DynamoDb`].
///
/// ```no_run
/// use leeward_client_pool::Pool;
/// use leeward_dynamodb::DynamoDb;
/// use leeward_error_taxonomy::AwsError;
/// use std::time::Duration;
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let db = DynamoDb::builder(pool.caller().await?)
///     .with_batch_timeout(Duration::from_secs(30))
///     .with_max_in_flight(8)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DynamoDbBuilder {
    caller: Caller<Client>,
    settings: Settings,
}

impl DynamoDbBuilder {
    pub(crate) const fn new(caller: Caller<Client>) -> Self {
        Self {
            caller,
            settings: Settings::DEFAULT,
        }
    }

    /// How long one batch may take, all its calls and pauses together; 5 minutes by default, a day at the most.
    #[must_use]
    pub const fn with_batch_timeout(mut self, batch_timeout: Duration) -> Self {
        self.settings.batch_timeout = batch_timeout;
        self
    }

    /// How many calls of one batch may be under way at once; 4 by default, 256 at the most.
    ///
    /// There are fewer while the table takes less than it is sent.
    #[must_use]
    pub const fn with_max_in_flight(mut self, max_in_flight: usize) -> Self {
        self.settings.max_in_flight = max_in_flight;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`], which names the setting and its bounds.
    pub fn build(self) -> Result<DynamoDb, InvalidSetting> {
        let Settings {
            batch_timeout,
            max_in_flight,
            ..
        } = self.settings;
        if batch_timeout.is_zero() || batch_timeout > MAX_BATCH_TIMEOUT {
            return Err(InvalidSetting::BatchTimeout(batch_timeout));
        }
        if !(1..=MAX_IN_FLIGHT).contains(&max_in_flight) {
            return Err(InvalidSetting::MaxInFlight(max_in_flight));
        }
        Ok(DynamoDb::with_settings(self.caller, self.settings))
    }
}

/// A number that no facade can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// The time for one batch.
    #[error("a batch gets more than no time and a day at the most, not {0:?}")]
    BatchTimeout(Duration),
    /// The calls under way.
    #[error("a batch has 1 to {MAX_IN_FLIGHT} calls under way, not {0}")]
    MaxInFlight(usize),
}

impl Classify for InvalidSetting {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Configuration, Verdict::Final)
    }
}

impl From<InvalidSetting> for AwsError {
    fn from(error: InvalidSetting) -> Self {
        Self::new(error)
    }
}
