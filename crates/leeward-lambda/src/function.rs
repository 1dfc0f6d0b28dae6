use crate::{
    FunctionName, Lambda,
    service::{is_absent, time},
};
use aws_sdk_lambda::operation::{
    get_function_configuration::{
        GetFunctionConfigurationInput, GetFunctionConfigurationOutput,
        builders::GetFunctionConfigurationInputBuilder,
    },
    list_functions::{ListFunctionsInput, builders::ListFunctionsInputBuilder},
};
use aws_sdk_lambda::types::FunctionConfiguration;
use leeward_client_pool::{Op, Page, Pages};
use leeward_error_taxonomy::AwsError;
use std::time::{Duration, SystemTime};

/// What there is to know of a function at a glance; without its environment, which may hold secrets, and its code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FunctionSummary {
    /// The name.
    pub name: String,
    /// The ARN, with the version if one was asked for.
    pub arn: String,
    /// The version: `$LATEST`, or a number.
    pub version: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// The runtime, such as `python3.13`; none of a container image.
    pub runtime: Option<String>,
    /// What the runtime calls; none of a container image.
    pub handler: Option<String>,
    /// The processors that it is built for: `x86_64`, `arm64`.
    pub architectures: Vec<String>,
    /// `Zip` or `Image`.
    pub package_type: Option<String>,
    /// The ARN of the role that it runs as.
    pub role: Option<String>,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// How many megabytes of memory it has.
    pub memory_megabytes: Option<u32>,
    /// How many bytes its package has.
    pub code_bytes: u64,
    /// When it was last changed.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub last_modified: Option<SystemTime>,
    /// `Active`, `Pending`, `Inactive`, `Failed`; not in lists.
    pub state: Option<String>,
    /// Why it is in that state, where it is not active.
    pub state_reason: Option<String>,
    /// What became of the last change: `Successful`, `InProgress`, `Failed`; not in lists.
    pub last_update_status: Option<String>,
    /// The log group that it writes to.
    pub log_group: Option<String>,
}

/// One function as Lambda tells it in lists and by itself, in two types with the same fields.
macro_rules! summary {
    ($config:expr) => {{
        let config = $config;
        let number = |number: i32| u32::try_from(number).ok();
        FunctionSummary {
            name: config.function_name.unwrap_or_default(),
            arn: config.function_arn.unwrap_or_default(),
            version: config.version,
            description: config.description.filter(|text| !text.is_empty()),
            runtime: config.runtime.map(|runtime| runtime.as_str().to_owned()),
            handler: config.handler,
            architectures: (config.architectures.unwrap_or_default().iter())
                .map(|architecture| architecture.as_str().to_owned())
                .collect(),
            package_type: config.package_type.map(|kind| kind.as_str().to_owned()),
            role: config.role,
            timeout: (config.timeout.and_then(number))
                .map(|seconds| Duration::from_secs(seconds.into())),
            memory_megabytes: config.memory_size.and_then(number),
            code_bytes: config.code_size.try_into().unwrap_or_default(),
            last_modified: config.last_modified.as_deref().and_then(time),
            state: config.state.map(|state| state.as_str().to_owned()),
            state_reason: config.state_reason,
            last_update_status: (config.last_update_status)
                .map(|status| status.as_str().to_owned()),
            log_group: config.logging_config.and_then(|logging| logging.log_group),
        }
    }};
}

impl From<FunctionConfiguration> for FunctionSummary {
    fn from(config: FunctionConfiguration) -> Self {
        summary!(config)
    }
}

impl From<GetFunctionConfigurationOutput> for FunctionSummary {
    fn from(config: GetFunctionConfigurationOutput) -> Self {
        summary!(config)
    }
}

impl Lambda {
    /// Looks whether a function is there; of a name with a version or an alias, whether that is.
    ///
    /// Needs `lambda:GetFunctionConfiguration`, and may be sent again.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_lambda::Lambda;
    /// # async fn run(lambda: Lambda) -> Result<(), AwsError> {
    /// if !lambda.function_exists(&"orders:live".parse()?).await? {
    ///     println!("not deployed yet");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// For everything but `ResourceNotFoundException`: a call that is denied says nothing of the function.
    pub async fn function_exists(&self, function: &FunctionName) -> Result<bool, AwsError> {
        Ok(self.configuration(function).await?.is_some())
    }

    /// Describes a function, its version or its alias; `None` if it is not there.
    ///
    /// Needs `lambda:GetFunctionConfiguration`, and may be sent again.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_lambda::Lambda;
    /// # async fn run(lambda: Lambda) -> Result<(), AwsError> {
    /// if let Some(orders) = lambda.describe(&"orders".parse()?).await? {
    ///     println!("{} may run for {:?}", orders.name, orders.timeout);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`function_exists`](Self::function_exists).
    pub async fn describe(
        &self,
        function: &FunctionName,
    ) -> Result<Option<FunctionSummary>, AwsError> {
        Ok(self.configuration(function).await?.map(Into::into))
    }

    /// Lists the functions of the account in the Region, each in its unpublished version.
    ///
    /// Needs `lambda:ListFunctions`. Lambda gives 50 a page; each page may be asked for again.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_lambda::Lambda;
    /// # async fn run(lambda: Lambda) -> Result<(), AwsError> {
    /// let mut functions = lambda.list();
    /// while let Some(function) = functions.next().await {
    ///     println!("{}", function?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Pages<FunctionSummary> {
        self.caller.pages(
            ListFunctionsInput::builder(),
            ListFunctionsInputBuilder::set_marker,
            ListFunctionsInputBuilder::send_with,
            |listed| {
                let functions = listed.functions.unwrap_or_default();
                Ok(Page::new(
                    functions.into_iter().map(Into::into).collect(),
                    listed.next_marker,
                ))
            },
        )
    }

    /// Not `GetFunction`, which also signs a URL of the code.
    async fn configuration(
        &self,
        function: &FunctionName,
    ) -> Result<Option<GetFunctionConfigurationOutput>, AwsError> {
        let look = GetFunctionConfigurationInput::builder().function_name(function.as_str());
        let look = Op::new(look, GetFunctionConfigurationInputBuilder::send_with);
        self.caller.find(look, is_absent).await
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_function_is_written_as_a_record() {
        let config = FunctionConfiguration::builder()
            .function_name("orders")
            .function_arn("arn:aws:lambda:us-east-1:111122223333:function:orders")
            .last_modified("2026-11-22T08:30:00.123+0000")
            .timeout(7);
        let expected = json!({
            "name": "orders",
            "arn": "arn:aws:lambda:us-east-1:111122223333:function:orders",
            "version": null,
            "description": null,
            "runtime": null,
            "handler": null,
            "architectures": [],
            "package_type": null,
            "role": null,
            "timeout": {"secs": 7, "nanos": 0},
            "memory_megabytes": null,
            "code_bytes": 0,
            "last_modified": "2026-11-22T08:30:00.123Z",
            "state": null,
            "state_reason": null,
            "last_update_status": null,
            "log_group": null,
        });
        let function = FunctionSummary::from(config.build());
        assert_eq!(serde_json::to_value(function).unwrap(), expected);
    }
}
