use crate::{
    Creation, GroupSettings, LogGroupName, LogStreamName, Logs, Retention,
    service::{is_absent, is_there, time},
};
use aws_sdk_cloudwatchlogs::{
    operation::{
        create_log_group::{CreateLogGroupInput, builders::CreateLogGroupInputBuilder},
        create_log_stream::{CreateLogStreamInput, builders::CreateLogStreamInputBuilder},
        delete_log_group::{DeleteLogGroupInput, builders::DeleteLogGroupInputBuilder},
        delete_retention_policy::{
            DeleteRetentionPolicyInput, builders::DeleteRetentionPolicyInputBuilder,
        },
        describe_log_groups::{DescribeLogGroupsInput, builders::DescribeLogGroupsInputBuilder},
        put_retention_policy::{PutRetentionPolicyInput, builders::PutRetentionPolicyInputBuilder},
    },
    types,
};
use leeward_client_pool::{Op, Page, Pages};
use leeward_error_taxonomy::AwsError;
use std::time::SystemTime;

/// The most that the service gives in one answer (CloudWatch Logs API Reference, `DescribeLogGroups`).
const GROUPS_PER_PAGE: i32 = 50;

/// A log group, to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN, without the `:*` that policies have at the end.
    pub arn: Option<String>,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize")
    )]
    pub created: SystemTime,
    /// How long it keeps events, whether the group or the account says so.
    pub retention: Retention,
    /// The bytes that it keeps.
    pub stored_bytes: u64,
    /// The ARN of the KMS key that events are encrypted with, if it is not one of AWS.
    pub key: Option<String>,
    /// Its class, such as `STANDARD` or `INFREQUENT_ACCESS`.
    pub class: Option<String>,
    /// Whether it cannot be deleted before that is allowed again.
    pub is_deletion_protected: bool,
}

impl LogGroup {
    fn of(group: types::LogGroup) -> Option<Self> {
        let whole = |arn: String| arn.strip_suffix(":*").map(str::to_owned).unwrap_or(arn);
        Some(Self {
            name: group.log_group_name?,
            arn: group.log_group_arn.or(group.arn.map(whole)),
            created: time(group.creation_time.unwrap_or_default()),
            retention: Retention::told(group.retention_in_days),
            stored_bytes: group
                .stored_bytes
                .and_then(|bytes| bytes.try_into().ok())
                .unwrap_or(0),
            key: group.kms_key_id,
            class: group.log_group_class.map(|class| class.as_str().to_owned()),
            is_deletion_protected: group.deletion_protection_enabled.unwrap_or(false),
        })
    }
}

impl Logs {
    /// Looks whether there is a group of exactly this name.
    ///
    /// The service lists by prefix: `/app` finds `/app/orders`, which is not the group. Every page is read until the group is found,
    /// 50 names each; it is asked by `DescribeLogGroups`.
    ///
    /// ```no_run
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// if !logs.group_exists(&"/app/orders".parse()?).await? {
    ///     println!("nobody has logged yet");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every failure of a call: that it may not be seen does not mean that it is not there.
    pub async fn group_exists(&self, group: &LogGroupName) -> Result<bool, AwsError> {
        Ok(self.describe_group(group).await?.is_some())
    }

    /// Describes the group of exactly this name; `None` if it is not there.
    ///
    /// Asks as [`group_exists`](Self::group_exists) does.
    ///
    /// ```no_run
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// if let Some(group) = logs.describe_group(&"/app/orders".parse()?).await? {
    ///     println!("{}: {} bytes, kept {}", group.name, group.stored_bytes, group.retention);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every failure of a call.
    pub async fn describe_group(&self, group: &LogGroupName) -> Result<Option<LogGroup>, AwsError> {
        let mut groups = self.list_groups(group.as_str());
        while let Some(found) = groups.next().await {
            let found = found?;
            if found.name == group.as_str() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Lists the groups whose names begin with `prefix`, in the order of their names; all of them if it is empty.
    ///
    /// One page of 50 is asked for at a time, by `DescribeLogGroups`, when the one before is used up.
    ///
    /// ```no_run
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let mut groups = logs.list_groups("/app/");
    /// while let Some(group) = groups.next().await {
    ///     println!("{}", group?.name);
    /// }
    /// let some = logs.list_groups("").collect_up_to(1_000).await?;
    /// println!("{} groups, more: {}", some.items.len(), some.has_more);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_groups(&self, prefix: &str) -> Pages<LogGroup> {
        let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
        let describe = DescribeLogGroupsInput::builder()
            .set_log_group_name_prefix(prefix)
            .limit(GROUPS_PER_PAGE);
        self.caller().pages(
            describe,
            DescribeLogGroupsInputBuilder::set_next_token,
            DescribeLogGroupsInputBuilder::send_with,
            |page| {
                let groups = page.log_groups.unwrap_or_default();
                let groups = groups.into_iter().filter_map(LogGroup::of).collect();
                Ok(Page::new(groups, page.next_token))
            },
        )
    }

    /// Makes a group; one that is there already is an outcome.
    ///
    /// A retention that is asked for is put in either case, by a second call, so that the same call made again finishes what a failure in
    /// between has left; key and tags of a group that is there are left as they are. Dropping the future between the calls leaves a
    /// group without the retention.
    ///
    /// ```no_run
    /// use leeward_logs::{Creation, GroupSettings, Retention};
    ///
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let settings = GroupSettings::new().with_retention(Retention::days(90)?);
    /// match logs.create_group(&"/app/orders".parse()?, &settings).await? {
    ///     Creation::Created => println!("made"),
    ///     _ => println!("was there"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// That of the call that failed. A key that is missing or disabled is an `InvalidParameterException`.
    pub async fn create_group(
        &self,
        group: &LogGroupName,
        settings: &GroupSettings,
    ) -> Result<Creation, AwsError> {
        let tags = (!settings.tags.is_empty()).then(|| settings.tags.clone());
        let create = CreateLogGroupInput::builder()
            .log_group_name(group.as_str())
            .set_kms_key_id(settings.key.clone().map(String::from))
            .set_tags(tags);
        // The second of two says that it is there already, which is as good.
        let create = Op::new(create, CreateLogGroupInputBuilder::send_with).idempotent();
        let creation = match self.caller().call(create).await {
            Ok(_) => Creation::Created,
            Err(error) if is_there(&error) => Creation::AlreadyThere,
            Err(error) => return Err(error),
        };
        if let Some(retention) = settings.retention {
            let is_as_made = creation == Creation::Created && retention == Retention::FOREVER;
            if !is_as_made {
                self.put_retention(group, retention).await?;
            }
        }
        Ok(creation)
    }

    /// Keeps the events of a group so long from now on; older ones go soon after.
    ///
    /// ```no_run
    /// use leeward_logs::Retention;
    ///
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// logs.put_retention(&"/app/orders".parse()?, Retention::WEEK).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A `ResourceNotFoundException` if the group is not there, and every other failure of the call.
    pub async fn put_retention(
        &self,
        group: &LogGroupName,
        retention: Retention,
    ) -> Result<(), AwsError> {
        match retention.as_days() {
            Some(days) => {
                let put = PutRetentionPolicyInput::builder()
                    .log_group_name(group.as_str())
                    .retention_in_days(days.into());
                let put = Op::new(put, PutRetentionPolicyInputBuilder::send_with);
                self.caller().call(put).await.map(drop)
            }
            None => {
                let delete = DeleteRetentionPolicyInput::builder().log_group_name(group.as_str());
                // A group without a policy has none to lose.
                let delete =
                    Op::new(delete, DeleteRetentionPolicyInputBuilder::send_with).idempotent();
                self.caller().call(delete).await.map(drop)
            }
        }
    }

    /// Deletes a group with all its events; `false` if it was not there.
    ///
    /// After a lost answer the group is found gone by the next attempt: that is told as `true`.
    ///
    /// ```no_run
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let was_there = logs.delete_group(&"/app/orders".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every other failure: a group that is protected from deletion is a `ValidationException`.
    pub async fn delete_group(&self, group: &LogGroupName) -> Result<bool, AwsError> {
        let delete = DeleteLogGroupInput::builder().log_group_name(group.as_str());
        let delete = Op::new(delete, DeleteLogGroupInputBuilder::send_with).idempotent();
        match self.caller().call(delete).await {
            Ok(_) => Ok(true),
            Err(error) if is_absent(&error) => Ok(error.attempts().is_some_and(|made| made > 1)),
            Err(error) => Err(error),
        }
    }

    /// Makes a stream, unless it is there.
    pub(crate) async fn make_stream(
        &self,
        group: &LogGroupName,
        stream: &LogStreamName,
    ) -> Result<(), AwsError> {
        let create = CreateLogStreamInput::builder()
            .log_group_name(group.as_str())
            .log_stream_name(stream.as_str());
        let create = Op::new(create, CreateLogStreamInputBuilder::send_with).idempotent();
        match self.caller().call(create).await {
            Err(error) if !is_there(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_group_is_written_as_a_record() {
        let group = types::LogGroup::builder()
            .log_group_name("/app/orders")
            .creation_time(1_795_336_200_123)
            .retention_in_days(7)
            .stored_bytes(1_024);
        let expected = json!({
            "name": "/app/orders",
            "arn": null,
            "created": "2026-11-22T08:30:00.123Z",
            "retention": 7,
            "stored_bytes": 1_024,
            "key": null,
            "class": null,
            "is_deletion_protected": false,
        });
        let group = LogGroup::of(group.build()).unwrap();
        assert_eq!(serde_json::to_value(group).unwrap(), expected);
    }
}
