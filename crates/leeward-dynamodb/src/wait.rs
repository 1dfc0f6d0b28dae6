use crate::{DynamoDb, TableName};
use aws_sdk_dynamodb::types::{IndexStatus, TableDescription, TableStatus};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use leeward_resilience::Waiter;
use std::{ops::ControlFlow, time::Duration};

/// What the state of a table that is not there is called.
const ABSENT: &str = "absent";

/// A table is in a state that it does not leave for `ACTIVE` by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table is {status}, and is not going to be ACTIVE")]
pub struct NeverActive {
    status: String,
}

impl NeverActive {
    /// The state, as in `DELETING`.
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }
}

impl Classify for NeverActive {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Conflict, Verdict::Final)
    }
}

impl DynamoDb {
    /// Waits until a table and all its global indexes are active.
    ///
    /// A table that is not there is waited for too, since DescribeTable may not know for a while what CreateTable has made; `progress` is
    /// told that it is `absent`. One that is being deleted or archived, or whose key cannot be used, ends the wait.
    ///
    /// ```no_run
    /// use leeward_dynamodb::DynamoDb;
    /// use leeward_error_taxonomy::AwsError;
    /// use leeward_resilience::Waiter;
    /// use std::time::Duration;
    ///
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let waiter = Waiter::new(Duration::from_secs(300));
    /// db.wait_active(&"orders".parse()?, &waiter, |state, waited| println!("{state} after {waited:?}")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NeverActive`]; [`WaitTimedOut`](leeward_resilience::WaitTimedOut), with the state that was seen last; a call that failed for good.
    pub async fn wait_active(
        &self,
        table: &TableName,
        waiter: &Waiter,
        progress: impl FnMut(&str, Duration),
    ) -> Result<(), AwsError> {
        let read = |table: Option<&TableDescription>| match table {
            Some(table) => state(table),
            None => Ok(ControlFlow::Continue(ABSENT.to_owned())),
        };
        self.wait_until(table, read, waiter, progress).await
    }

    /// Waits until there is no such table.
    ///
    /// ```no_run
    /// # use leeward_resilience::Waiter;
    /// # use std::time::Duration;
    /// # async fn run(db: leeward_dynamodb::DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let orders = "orders-2019".parse()?;
    /// db.delete_table(&orders).await?;
    /// db.wait_gone(&orders, &Waiter::new(Duration::from_secs(300)), |_, _| {}).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`WaitTimedOut`](leeward_resilience::WaitTimedOut), with the state that was seen last; a call that failed for good.
    pub async fn wait_gone(
        &self,
        table: &TableName,
        waiter: &Waiter,
        progress: impl FnMut(&str, Duration),
    ) -> Result<(), AwsError> {
        let read = |table: Option<&TableDescription>| {
            Ok(match table {
                Some(table) => ControlFlow::Continue(status(table)),
                None => ControlFlow::Break(()),
            })
        };
        self.wait_until(table, read, waiter, progress).await
    }

    /// Looks at a table again and again, until `read` takes what is seen for the end.
    async fn wait_until(
        &self,
        table: &TableName,
        read: fn(Option<&TableDescription>) -> State,
        waiter: &Waiter,
        mut progress: impl FnMut(&str, Duration),
    ) -> Result<(), AwsError> {
        let look = || async move { read(self.description(table).await?.as_ref()) };
        waiter
            .wait(look, |state: &String, waited| progress(state, waited))
            .await
            .map_err(|error: AwsError| error.with_region(self.caller().region().clone()))
    }
}

/// What a look came to: the end, or the state that is told.
type State = Result<ControlFlow<(), String>, AwsError>;

fn status(table: &TableDescription) -> String {
    let status = table.table_status().map(TableStatus::as_str);
    status.unwrap_or("unknown").to_owned()
}

fn state(table: &TableDescription) -> State {
    let mut indexes = table.global_secondary_indexes().iter();
    let unready = indexes.find(|index| index.index_status() != Some(&IndexStatus::Active));
    match (table.table_status(), unready) {
        (Some(TableStatus::Active), None) => Ok(ControlFlow::Break(())),
        (Some(TableStatus::Active), Some(index)) => {
            let name = index.index_name().unwrap_or_default();
            let status = index.index_status().map_or("unknown", IndexStatus::as_str);
            Ok(ControlFlow::Continue(format!("{status} (index {name})")))
        }
        (
            Some(
                TableStatus::Deleting
                | TableStatus::Archiving
                | TableStatus::Archived
                | TableStatus::InaccessibleEncryptionCredentials,
            ),
            _,
        ) => Err(AwsError::new(NeverActive {
            status: status(table),
        })),
        _ => Ok(ControlFlow::Continue(status(table))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription;

    #[track_caller]
    fn check(table: TableStatus, index: Option<IndexStatus>, expected: &str) {
        let index = index.map(|status| {
            let index = GlobalSecondaryIndexDescription::builder().index_name("by-date");
            index.index_status(status).build()
        });
        let table = TableDescription::builder()
            .table_status(table)
            .set_global_secondary_indexes(index.map(|index| vec![index]));
        let seen = match state(&table.build()) {
            Ok(ControlFlow::Break(())) => "active".to_owned(),
            Ok(ControlFlow::Continue(state)) => state,
            Err(error) => error.to_string(),
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_table_is_active_with_all_its_indexes() {
        check(TableStatus::Creating, None, "CREATING");
        check(TableStatus::Active, None, "active");
        check(TableStatus::Active, Some(IndexStatus::Active), "active");
        let creating = IndexStatus::Creating;
        check(
            TableStatus::Active,
            Some(creating),
            "CREATING (index by-date)",
        );
        let never = "the table is DELETING, and is not going to be ACTIVE";
        check(TableStatus::Deleting, None, never);
    }
}
