use crate::{CloudFormation, Pages, StackRef, service};
use aws_sdk_cloudformation::{
    operation::list_stack_resources::{
        ListStackResourcesInput, builders::ListStackResourcesInputBuilder,
    },
    primitives::DateTime,
    types::{ResourceStatus, StackResourceDriftStatus, StackResourceSummary},
};
use leeward_client_pool::Page;
use leeward_error_taxonomy::AwsError;

/// A part of a stack.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Resource {
    /// What the template calls it.
    pub logical_id: String,
    /// What its service calls it, once it is made.
    pub physical_id: Option<String>,
    /// What it is, such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// What state it is in.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: ResourceStatus,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
    /// When that changed last.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub updated: Option<DateTime>,
    /// What the last detection of drift found.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub last_drift: Option<StackResourceDriftStatus>,
}

impl Resource {
    fn of(resource: StackResourceSummary) -> Result<Self, AwsError> {
        Ok(Self {
            logical_id: service::answered(resource.logical_resource_id, "the id of a resource")?,
            physical_id: service::said(resource.physical_resource_id),
            resource_type: service::answered(resource.resource_type, "the type of a resource")?,
            status: service::answered(resource.resource_status, "the status of a resource")?,
            reason: service::said(resource.resource_status_reason),
            updated: resource.last_updated_timestamp,
            last_drift: resource
                .drift_information
                .and_then(|drift| drift.stack_resource_drift_status),
        })
    }
}

impl CloudFormation {
    /// Lists the resources of a stack.
    ///
    /// # Errors
    ///
    /// The stream ends with the error of the page that could not be had; a `ValidationError` if there is no such stack.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// let mut resources = cloud.resources(&orders);
    /// while let Some(resource) = resources.next().await.transpose()? {
    ///     println!("{} is {}", resource.logical_id, resource.physical_id.unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resources(&self, stack: impl Into<StackRef>) -> Pages<Resource> {
        let list = ListStackResourcesInput::builder().stack_name(stack.into().as_str());
        self.caller.pages(
            list,
            ListStackResourcesInputBuilder::set_next_token,
            ListStackResourcesInputBuilder::send_with,
            |page| {
                let resources = page
                    .stack_resource_summaries
                    .unwrap_or_default()
                    .into_iter();
                let resources = resources.map(Resource::of).collect::<Result<_, _>>()?;
                Ok(Page::new(resources, service::said(page.next_token)))
            },
        )
    }
}
