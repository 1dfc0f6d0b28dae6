//! Insights queries: begun, waited for, and stopped when nobody waits any more.

#[cfg(feature = "serde")]
mod read;
mod row;
mod running;

#[cfg(feature = "serde")]
pub use read::UnreadableRow;
pub use row::QueryRow;
pub use running::QueryFailed;

use crate::{LogGroupName, Logs, service::millis};
use aws_sdk_cloudwatchlogs::{
    operation::{
        get_query_results::{
            GetQueryResultsInput, GetQueryResultsOutput, builders::GetQueryResultsInputBuilder,
        },
        start_query::{StartQueryInput, builders::StartQueryInputBuilder},
    },
    types::{self, QueryLanguage, QueryStatus},
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use leeward_resilience::Waiter;
use running::Running;
use std::{
    convert::Infallible,
    fmt,
    ops::ControlFlow,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// A question of CloudWatch Logs Insights: its text, the log groups, and from when to when.
///
/// ```
/// use leeward_logs::Query;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// # fn query() -> Result<Query, leeward_logs::InvalidResourceName> {
/// let to = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
/// let slowest = Query::new("stats max(latency) as latency by path | sort latency desc", to - Duration::from_secs(3_600), to)
///     .over("/app/orders".parse()?)
///     .with_max_rows(100);
/// # Ok(slowest)
/// # }
/// # query().unwrap();
/// ```
#[derive(Clone)]
pub struct Query {
    text: String,
    groups: Vec<LogGroupName>,
    from: SystemTime,
    to: SystemTime,
    max_rows: u32,
    language: Option<QueryLanguage>,
}

/// The most that one answer has, and that one query has (CloudWatch Logs API Reference, `StartQuery` and `GetQueryResults`); in another
/// language than that of Logs Insights a query has one answer.
const ROWS_PER_PAGE: u32 = 10_000;
const MOST_ROWS: u32 = 100_000;

impl Query {
    /// Asks `text` of events from one time to another, both counted in.
    #[must_use]
    pub fn new(text: impl Into<String>, from: SystemTime, to: SystemTime) -> Self {
        Self {
            text: text.into(),
            groups: Vec::new(),
            from,
            to,
            max_rows: ROWS_PER_PAGE,
            language: None,
        }
    }

    /// Asks this log group; may be called several times, AWS takes up to 50. A query may also name its groups in its text.
    #[must_use]
    pub fn over(mut self, group: LogGroupName) -> Self {
        self.groups.push(group);
        self
    }

    /// Collects so many rows at the most. Default: 10,000. AWS gives up to 100,000, and of a query in PPL or SQL 10,000, which is what
    /// more than that is taken for; none is taken for one.
    #[must_use]
    pub fn with_max_rows(self, max_rows: u32) -> Self {
        Self {
            max_rows: max_rows.clamp(1, MOST_ROWS),
            ..self
        }
    }

    /// The language of the text. Default: that of Logs Insights.
    #[must_use]
    pub fn with_language(self, language: QueryLanguage) -> Self {
        Self {
            language: Some(language),
            ..self
        }
    }

    /// How many rows AWS gives of it.
    const fn most_rows(&self) -> u32 {
        match self.language {
            None | Some(QueryLanguage::Cwli) => MOST_ROWS,
            Some(_) => ROWS_PER_PAGE,
        }
    }

    /// How many rows are asked for: one more than are collected, which shows whether there are more.
    fn limit(&self) -> u32 {
        self.most_rows().min(self.max_rows + 1)
    }

    fn request(&self) -> StartQueryInputBuilder {
        let seconds = |at, up| (millis(at).unwrap_or(0) + up) / 1_000;
        let query = StartQueryInput::builder()
            .query_string(&self.text)
            .start_time(seconds(self.from, 0))
            .end_time(seconds(self.to, 999))
            .set_limit(i32::try_from(self.limit()).ok())
            .set_query_language(self.language.clone());
        match &self.groups[..] {
            [] => query,
            [group] => query.log_group_name(group.as_str()),
            groups => groups
                .iter()
                .fold(query, |query, group| query.log_group_names(group.as_str())),
        }
    }
}

/// Without its text, which may name what it looks for.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("groups", &self.groups)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("max_rows", &self.max_rows)
            .finish_non_exhaustive()
    }
}

/// How much a query has read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QueryStatistics {
    /// Events that matched.
    pub records_matched: f64,
    /// Events that were read.
    pub records_scanned: f64,
    /// Their bytes, by which AWS charges.
    pub bytes_scanned: f64,
}

impl QueryStatistics {
    fn of(statistics: Option<&types::QueryStatistics>) -> Self {
        statistics.map_or_else(Self::default, |statistics| Self {
            records_matched: statistics.records_matched,
            records_scanned: statistics.records_scanned,
            bytes_scanned: statistics.bytes_scanned,
        })
    }
}

/// What is known of a query that is not complete.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QueryProgress {
    /// What AWS calls its state, such as `Running`.
    pub status: String,
    /// How much it has read.
    pub statistics: QueryStatistics,
}

/// `Running, 1200 events read`
impl fmt::Display for QueryProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.statistics.records_scanned;
        write!(f, "{}, {read} events read", self.status)
    }
}

/// What a query has found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QueryResult {
    /// The rows, in the order of the query.
    pub rows: Vec<QueryRow>,
    /// Whether it has more than were to be collected. It is said too of as many as AWS gives of one query, where nobody can tell.
    pub has_more: bool,
    /// How much was read.
    pub statistics: QueryStatistics,
}

/// The token of a page came back as that of the next one.
#[derive(Debug, thiserror::Error)]
#[error("the rows of the query have no end: the service names the same page as the next one")]
struct Endless;

impl Classify for Endless {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Internal, Verdict::Final)
    }
}

impl Logs {
    /// Asks a query and waits for its rows; `progress` is told each state before.
    ///
    /// It calls `StartQuery`, which is sent again only if it surely began nothing, and `GetQueryResults` until the query is complete and
    /// for each 10,000 rows. When the time of `waiter` is over, on an error and when the future is dropped, `StopQuery` is sent from a
    /// task on the runtime that this is called in, for queries are charged by what they read; it is tried as often as any call, and a
    /// failure is only traced. A query whose `StartQuery` was dropped or lost its answer cannot be stopped: AWS ends it after 60 minutes.
    ///
    /// ```no_run
    /// use leeward_logs::{Query, Waiter};
    /// use std::time::Duration;
    ///
    /// # async fn run(logs: leeward_logs::Logs, query: Query) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let waiter = Waiter::new(Duration::from_secs(120));
    /// let found = logs
    ///     .query(&query, &waiter, |progress, waited| println!("{progress} after {waited:?}"))
    ///     .await?;
    /// for row in &found.rows {
    ///     println!("{:?}", row.text("path"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`QueryFailed`] if it ends in another state than complete, `WaitTimedOut`, and that of a call that failed: a
    /// `MalformedQueryException` has the place in the text in the SDK's `StartQueryError` within.
    pub async fn query(
        &self,
        query: &Query,
        waiter: &Waiter,
        progress: impl FnMut(&QueryProgress, Duration),
    ) -> Result<QueryResult, AwsError> {
        let start = Op::new(query.request(), StartQueryInputBuilder::send_with);
        let started = self.caller().call(start).await?;
        let id = started.query_id.unwrap_or_default();
        let running = Running::new(self.clone(), id);
        let began = Instant::now();
        let first = waiter.wait(|| self.look(running.id()), progress).await?;
        let statistics = QueryStatistics::of(first.statistics.as_ref());
        let max_rows = query.max_rows.min(query.most_rows()) as usize;
        let can_tell = query.limit() as usize > max_rows;
        let mut rows: Vec<QueryRow> = Vec::new();
        let (mut page, mut asked) = (first, None);
        let has_more = loop {
            let found = page.results.unwrap_or_default();
            let room = max_rows - rows.len();
            let is_more = found.len() > room;
            rows.extend(found.into_iter().take(room).map(QueryRow::of));
            match page.next_token {
                _ if is_more => break true,
                None => break !can_tell && rows.len() == max_rows,
                Some(_) if rows.len() == max_rows => break true,
                token if token == asked => return Err(AwsError::new(Endless)),
                token => {
                    let left = waiter.timeout().saturating_sub(began.elapsed());
                    page = self.more(running.id(), token.clone(), left).await?;
                    asked = token;
                }
            }
        };
        running.disarm();
        Ok(QueryResult {
            rows,
            has_more,
            statistics,
        })
    }

    async fn look(
        &self,
        id: &str,
    ) -> Result<ControlFlow<GetQueryResultsOutput, QueryProgress>, AwsError> {
        let page = self.results(id, None).await?;
        match page.status.clone() {
            Some(QueryStatus::Complete) => Ok(ControlFlow::Break(page)),
            Some(
                status @ (QueryStatus::Failed | QueryStatus::Cancelled | QueryStatus::Timeout),
            ) => Err(QueryFailed::new(id, &status).into()),
            status => Ok(ControlFlow::Continue(QueryProgress {
                status: status
                    .as_ref()
                    .map_or("Unknown", QueryStatus::as_str)
                    .to_owned(),
                statistics: QueryStatistics::of(page.statistics.as_ref()),
            })),
        }
    }

    /// The next page of one that is complete, within the time that is left.
    async fn more(
        &self,
        id: &str,
        token: Option<String>,
        left: Duration,
    ) -> Result<GetQueryResultsOutput, AwsError> {
        let look = || async {
            let page = self.results(id, token.clone()).await?;
            Ok::<_, AwsError>(ControlFlow::<_, Infallible>::Break(page))
        };
        Waiter::new(left)
            .wait(look, |never, _| match *never {})
            .await
    }

    async fn results(
        &self,
        id: &str,
        token: Option<String>,
    ) -> Result<GetQueryResultsOutput, AwsError> {
        let results = GetQueryResultsInput::builder()
            .query_id(id)
            .set_next_token(token)
            .set_max_items(i32::try_from(ROWS_PER_PAGE).ok());
        let results = Op::new(results, GetQueryResultsInputBuilder::send_with);
        self.caller().call(results).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn one_row_more_is_asked_for_where_there_may_be_one() {
        let query = Query::new("fields @message", UNIX_EPOCH, UNIX_EPOCH);
        let limit = |query: Query| query.request().get_limit().unwrap();
        let of_rows = |max| limit(query.clone().with_max_rows(max));
        assert_eq!([0, 1, 9_999].map(of_rows), [2, 2, 10_000]);
        assert_eq!([10_000, 99_999].map(of_rows), [10_001, 100_000]);
        assert_eq!([100_000, u32::MAX].map(of_rows), [100_000, 100_000]);
        let in_sql = query.with_language(QueryLanguage::Sql);
        assert_eq!(limit(in_sql.clone()), 10_000);
        assert_eq!(limit(in_sql.with_max_rows(7)), 8);
    }

    #[test]
    fn its_text_is_not_printed() {
        let query = Query::new("filter user = 'eve'", UNIX_EPOCH, UNIX_EPOCH);
        assert!(!format!("{query:?}").contains("eve"));
    }
}
