#![doc = include_str!("../README.md")]

mod client;
mod document;
mod name;
mod policy;
mod role;
mod role_policy;
mod service;
mod simulation;

pub use client::Iam;
pub use document::DocumentError;
pub use name::{
    Action, ActionName, Path, PathPrefix, Policy, PolicyArn, PolicyName, PolicyPath,
    PolicyPathPrefix, PolicyTitle, Principal, PrincipalArn, Resource, ResourceArn, Role, RoleName,
};
pub use policy::{PolicyFilter, PolicySummary};
pub use role::{RoleLastUsed, RoleSummary};
pub use role_policy::{AttachedPolicy, InlinePolicy};
pub use simulation::{
    Decision, Effect, Explanation, MatchedStatement, Simulation, SimulationError,
};

// What the signatures here name.
pub use leeward_client_pool::{Caller, Collected, Pages, regional::InvalidResourceName};
