use crate::{CloudFormation, LogicalId, Pages, StackRef, service};
use aws_sdk_cloudformation::{
    operation::{
        describe_stack_drift_detection_status::{
            DescribeStackDriftDetectionStatusInput, DescribeStackDriftDetectionStatusOutput,
            builders::DescribeStackDriftDetectionStatusInputBuilder,
        },
        describe_stack_resource_drifts::{
            DescribeStackResourceDriftsInput, builders::DescribeStackResourceDriftsInputBuilder,
        },
        detect_stack_drift::{DetectStackDriftInput, builders::DetectStackDriftInputBuilder},
        detect_stack_resource_drift::{
            DetectStackResourceDriftInput, builders::DetectStackResourceDriftInputBuilder,
        },
    },
    primitives::DateTime,
    types::{
        self, DifferenceType, StackDriftDetectionStatus, StackDriftStatus, StackResourceDriftStatus,
    },
};
use leeward_client_pool::{Op, Page};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::{ops::ControlFlow, sync::Mutex, time::Duration};

/// What a detection of drift has found.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Drift {
    /// The id of the detection.
    pub detection: String,
    /// The ARN of the stack.
    pub stack_id: String,
    /// Whether the stack is as its template says. `UNKNOWN` and `NOT_CHECKED` say neither.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: StackDriftStatus,
    /// How many of its resources are not as the template says.
    pub drifted: usize,
    /// When the detection began.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub at: Option<DateTime>,
}

impl Drift {
    fn of(seen: DescribeStackDriftDetectionStatusOutput) -> Result<Self, AwsError> {
        Ok(Self {
            detection: service::answered(seen.stack_drift_detection_id, "the id of the detection")?,
            stack_id: service::answered(seen.stack_id, "the id of the stack")?,
            status: seen
                .stack_drift_status
                .unwrap_or(StackDriftStatus::UnknownValue),
            drifted: count(seen.drifted_stack_resource_count),
            at: seen.timestamp,
        })
    }
}

fn count(count: Option<i32>) -> usize {
    count
        .and_then(|count| count.try_into().ok())
        .unwrap_or_default()
}

/// Says that not all resources of a stack could be looked at.
///
/// What was found of the others is told by [`drifts`](CloudFormation::drifts).
#[derive(Clone, Debug, thiserror::Error)]
#[error("drift of the stack could not be detected: {}", .reason.as_deref().unwrap_or("no reason is given"))]
#[non_exhaustive]
pub struct DetectionFailed {
    /// The id of the detection.
    pub detection: Option<String>,
    /// What CloudFormation says of it.
    pub reason: Option<String>,
    /// What was found all the same.
    pub status: Option<StackDriftStatus>,
    /// How many resources were found not to be as the template says.
    pub drifted: usize,
}

impl Classify for DetectionFailed {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Unknown, Verdict::Final)
    }
}

/// What is other than the template says in one resource.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ResourceDrift {
    /// What the template calls it.
    pub logical_id: String,
    /// What its service calls it.
    pub physical_id: Option<String>,
    /// What it is, such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Whether it is as the template says, deleted, or not to be checked.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: StackResourceDriftStatus,
    /// Why it could not be checked, where CloudFormation says so.
    pub reason: Option<String>,
    /// The properties that are not as the template says.
    pub differences: Vec<PropertyDifference>,
    /// When it was looked at.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub at: Option<DateTime>,
}

/// A property that is not as the template says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PropertyDifference {
    /// Which one, such as `/VersioningConfiguration/Status`.
    pub path: String,
    /// Whether it was added, removed or changed.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub kind: Option<DifferenceType>,
    /// What the template says, as JSON or text.
    pub expected: String,
    /// What it is.
    pub actual: String,
}

impl ResourceDrift {
    fn of(drift: types::StackResourceDrift) -> Result<Self, AwsError> {
        let differences = drift.property_differences.unwrap_or_default().into_iter();
        Ok(Self {
            logical_id: service::answered(drift.logical_resource_id, "the id of a resource")?,
            physical_id: service::said(drift.physical_resource_id),
            resource_type: drift.resource_type.unwrap_or_default(),
            status: service::answered(
                drift.stack_resource_drift_status,
                "the drift of a resource",
            )?,
            reason: service::said(drift.drift_status_reason),
            differences: differences
                .map(|difference| PropertyDifference {
                    path: difference.property_path.unwrap_or_default(),
                    kind: difference.difference_type,
                    expected: difference.expected_value.unwrap_or_default(),
                    actual: difference.actual_value.unwrap_or_default(),
                })
                .collect(),
            at: drift.timestamp,
        })
    }
}

impl CloudFormation {
    /// Detects whether a stack is as its template says, waits for the result, and tells `progress` of each look and how long was waited.
    ///
    /// The result is that of this detection, not what the stack says of the last one. While somebody else detects the drift of the
    /// stack, it waits for its turn. Dropped before it is done, it leaves CloudFormation at a detection that changes nothing; the next
    /// one waits for that.
    ///
    /// # Errors
    ///
    /// [`DetectionFailed`] if not all resources could be looked at, with the reason; `ValidationError` if there is no such stack, or if
    /// it is being changed; `WaitTimedOut` if the waiter's time is over.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// use aws_sdk_cloudformation::types::{StackDriftStatus, StackResourceDriftStatus};
    ///
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// let drift = cloud.detect_drift(&orders, |state, waited| println!("{state} after {waited:?}")).await?;
    /// if drift.status == StackDriftStatus::Drifted {
    ///     let drifted = cloud.drifts(&orders, [StackResourceDriftStatus::Modified]);
    ///     for resource in drifted.collect_up_to(100).await?.items {
    ///         println!("{}: {:?}", resource.logical_id, resource.differences);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn detect_drift(
        &self,
        stack: impl Into<StackRef>,
        mut progress: impl FnMut(&str, Duration),
    ) -> Result<Drift, AwsError> {
        let stack = stack.into();
        let detection = Mutex::new(None);
        let look = || self.detecting(&stack, &detection);
        let tell = |state: &&'static str, waited| progress(state, waited);
        self.waiter
            .wait(look, tell)
            .await
            .map_err(|error: AwsError| error.with_region(self.caller.region().clone()))
    }

    /// Begins a detection if none is begun, and looks how far it is.
    async fn detecting(
        &self,
        stack: &StackRef,
        detection: &Mutex<Option<String>>,
    ) -> Result<ControlFlow<Drift, &'static str>, AwsError> {
        let begun = detection.lock().expect("not poisoned").clone();
        let Some(id) = begun else {
            let detect = DetectStackDriftInput::builder().stack_name(stack.as_str());
            let detect = Op::new(detect, DetectStackDriftInputBuilder::send_with);
            let Some(begun) = self.caller.find(detect, service::is_detecting).await? else {
                return Ok(ControlFlow::Continue("WAITING_FOR_ANOTHER_DETECTION"));
            };
            let id = service::answered(begun.stack_drift_detection_id, "the id of the detection")?;
            *detection.lock().expect("not poisoned") = Some(id);
            return Ok(ControlFlow::Continue("DETECTION_IN_PROGRESS"));
        };
        let look = DescribeStackDriftDetectionStatusInput::builder().stack_drift_detection_id(id);
        let look = Op::new(
            look,
            DescribeStackDriftDetectionStatusInputBuilder::send_with,
        );
        let seen = self.caller.call(look).await?;
        match seen.detection_status {
            Some(StackDriftDetectionStatus::DetectionComplete) => {
                Drift::of(seen).map(ControlFlow::Break)
            }
            Some(StackDriftDetectionStatus::DetectionFailed) => {
                Err(AwsError::new(DetectionFailed {
                    detection: seen.stack_drift_detection_id,
                    reason: service::said(seen.detection_status_reason),
                    status: seen.stack_drift_status,
                    drifted: count(seen.drifted_stack_resource_count),
                }))
            }
            _ => Ok(ControlFlow::Continue("DETECTION_IN_PROGRESS")),
        }
    }

    /// Lists what the last detection has found of each resource that is in one of these states; in any, if none is named.
    ///
    /// Resources whose type knows no drift are not in the list.
    ///
    /// # Errors
    ///
    /// The stream ends with the error of the page that could not be had; a `ValidationError` if there is no such stack.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// for resource in cloud.drifts(&orders, []).collect_up_to(500).await?.items {
    ///     println!("{} is {}", resource.logical_id, resource.status.as_str());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn drifts(
        &self,
        stack: impl Into<StackRef>,
        states: impl IntoIterator<Item = StackResourceDriftStatus>,
    ) -> Pages<ResourceDrift> {
        let states: Vec<_> = states.into_iter().collect();
        let list = DescribeStackResourceDriftsInput::builder()
            .stack_name(stack.into().as_str())
            .set_stack_resource_drift_status_filters((!states.is_empty()).then_some(states));
        self.caller.pages(
            list,
            DescribeStackResourceDriftsInputBuilder::set_next_token,
            DescribeStackResourceDriftsInputBuilder::send_with,
            |page| {
                let drifts = page.stack_resource_drifts.unwrap_or_default().into_iter();
                let drifts = drifts.map(ResourceDrift::of).collect::<Result<_, _>>()?;
                Ok(Page::new(drifts, service::said(page.next_token)))
            },
        )
    }

    /// Looks whether one resource of a stack is as the template says, and how it is not.
    ///
    /// # Errors
    ///
    /// `ValidationError` if there is no such stack or resource, or if its type knows no drift.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// let archive = cloud.detect_resource_drift(&orders, &"Archive".parse()?).await?;
    /// for difference in archive.differences {
    ///     println!("{}: {} instead of {}", difference.path, difference.actual, difference.expected);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn detect_resource_drift(
        &self,
        stack: impl Into<StackRef>,
        resource: &LogicalId,
    ) -> Result<ResourceDrift, AwsError> {
        let detect = DetectStackResourceDriftInput::builder()
            .stack_name(stack.into().as_str())
            .logical_resource_id(resource.as_str());
        // It looks, and does no more.
        let detect = Op::new(detect, DetectStackResourceDriftInputBuilder::send_with).idempotent();
        let drift = self.caller.call(detect).await?.stack_resource_drift;
        ResourceDrift::of(service::answered(drift, "the drift of the resource")?)
    }
}
