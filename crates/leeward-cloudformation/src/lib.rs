#![doc = include_str!("../README.md")]

mod builder;
mod cause;
mod change;
mod change_set;
mod client;
mod deploy;
mod drift;
mod event;
mod failure;
mod handler;
mod name;
mod output;
mod proposal;
mod record;
mod resource;
mod service;
mod spec;
mod stack;
mod template;
mod validation;
mod watch;
#[cfg(feature = "serde")]
mod written;

pub use builder::{CloudFormationBuilder, InvalidWait};
pub use change::{Change, PropertyChange};
pub use change_set::{ChangeSet, ListedChangeSet};
pub use client::CloudFormation;
pub use deploy::Updated;
pub use drift::{DetectionFailed, Drift, PropertyDifference, ResourceDrift};
pub use event::StackEvent;
pub use failure::{Rollback, StackFailed};
pub use leeward_client_pool::{Caller, Collected, Pages, regional::InvalidResourceName};
/// What a wait fails with when its time is over: how long was waited, and for what.
#[doc(inline)]
pub use leeward_resilience::WaitTimedOut;
/// How long a wait for a stack may take, and how often it looks: what [`CloudFormation::with_waiter`] is given.
#[doc(inline)]
pub use leeward_resilience::Waiter;
pub use name::{
    ChangeSetName, ChangeSetNameRule, LogicalId, LogicalIdRule, RequestToken, RequestTokenRule,
    RoleArn, RoleArnRule, StackId, StackIdRule, StackName, StackNameRule, StackRef,
};
pub use output::{NoOutput, Outputs};
pub use proposal::{ChangeSetFailed, Proposed};
pub use resource::Resource;
pub use spec::StackSpec;
pub use stack::{ListedStack, Stack};
pub use template::{NoPreviousTemplate, Template, TemplateTooLong};
pub use validation::{InvalidTemplate, Position, TemplateParameter, Valid, Validation};
