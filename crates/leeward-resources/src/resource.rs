use crate::{Arn, ResourceError, shape};
use std::fmt;

/// What an ARN names, of the kinds that [`resource_exists`](crate::Resources::resource_exists) tells of.
///
/// ```
/// use leeward_resources::{Arn, Resource};
///
/// let arn: Arn = "arn:aws:logs:us-east-1:111122223333:log-group:/app/orders:log-stream:host-1".parse()?;
/// let stream = Resource::of(&arn)?;
/// assert_eq!(stream, Resource::LogStream { group: "/app/orders", name: "host-1" });
/// assert_eq!(stream.to_string(), "log stream host-1 of /app/orders");
///
/// let queue: Arn = "arn:aws:sqs:us-east-1:111122223333:orders".parse()?;
/// assert!(Resource::of(&queue).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource<'a> {
    /// A stack of CloudFormation, by its id: a later stack of the same name is another one.
    Stack {
        /// The name.
        name: &'a str,
    },
    /// A change set of CloudFormation, by its id.
    ChangeSet {
        /// The name.
        name: &'a str,
    },
    /// A table of DynamoDB.
    Table {
        /// The name.
        name: &'a str,
    },
    /// A secondary index of a table.
    Index {
        /// The table.
        table: &'a str,
        /// The name.
        name: &'a str,
    },
    /// A stream of a table.
    TableStream {
        /// The table.
        table: &'a str,
        /// What tells it from other streams of the table: when it was begun.
        label: &'a str,
    },
    /// A role of IAM.
    Role {
        /// The name, without its path.
        name: &'a str,
    },
    /// A user of IAM.
    User {
        /// The name, without its path.
        name: &'a str,
    },
    /// A group of IAM.
    Group {
        /// The name, without its path.
        name: &'a str,
    },
    /// A managed policy, of an account or of AWS.
    Policy {
        /// The name, without its path.
        name: &'a str,
    },
    /// An instance profile of IAM.
    InstanceProfile {
        /// The name, without its path.
        name: &'a str,
    },
    /// A function of Lambda, or a version or an alias of one.
    Function {
        /// The name.
        name: &'a str,
        /// The version or the alias.
        qualifier: Option<&'a str>,
    },
    /// A layer of Lambda: there if it has a version.
    Layer {
        /// The name.
        name: &'a str,
    },
    /// A version of a layer.
    LayerVersion {
        /// The layer.
        layer: &'a str,
        /// The number.
        version: &'a str,
    },
    /// A group of CloudWatch Logs; the `:*` that policies have at its end may be there.
    LogGroup {
        /// The name.
        name: &'a str,
    },
    /// A stream of a log group.
    LogStream {
        /// The group.
        group: &'a str,
        /// The name.
        name: &'a str,
    },
    /// A general purpose bucket of S3.
    Bucket {
        /// The name.
        name: &'a str,
    },
    /// An object of S3. A `*` in its key is that character: `arn:aws:s3:::orders/*`, as policies have it, names one object here.
    Object {
        /// The bucket.
        bucket: &'a str,
        /// The key.
        key: &'a str,
    },
}

impl<'a> Resource<'a> {
    /// Reads off an ARN what it names. Whether AWS would take the name is looked at when it is asked for.
    ///
    /// # Errors
    ///
    /// [`ResourceError::Service`] and [`ResourceError::Kind`] for what is not told of here, [`ResourceError::Shape`] for what no ARN of
    /// one resource of the service looks like.
    pub fn of(arn: &'a Arn) -> Result<Self, ResourceError> {
        shape::read(arn)
    }
}

/// What it is, and its name: `bucket orders-archive`.
impl fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stack { name } => write!(f, "stack {name}"),
            Self::ChangeSet { name } => write!(f, "change set {name}"),
            Self::Table { name } => write!(f, "table {name}"),
            Self::Index { table, name } => write!(f, "index {name} of table {table}"),
            Self::TableStream { table, label } => write!(f, "stream {label} of table {table}"),
            Self::Role { name } => write!(f, "role {name}"),
            Self::User { name } => write!(f, "user {name}"),
            Self::Group { name } => write!(f, "group {name}"),
            Self::Policy { name } => write!(f, "policy {name}"),
            Self::InstanceProfile { name } => write!(f, "instance profile {name}"),
            Self::Function {
                name,
                qualifier: None,
            } => write!(f, "function {name}"),
            Self::Function {
                name,
                qualifier: Some(qualifier),
            } => write!(f, "function {name}:{qualifier}"),
            Self::Layer { name } => write!(f, "layer {name}"),
            Self::LayerVersion { layer, version } => {
                write!(f, "version {version} of layer {layer}")
            }
            Self::LogGroup { name } => write!(f, "log group {name}"),
            Self::LogStream { group, name } => write!(f, "log stream {name} of {group}"),
            Self::Bucket { name } => write!(f, "bucket {name}"),
            Self::Object { bucket, key } => write!(f, "object {key} of bucket {bucket}"),
        }
    }
}
