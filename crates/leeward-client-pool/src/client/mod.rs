//! One call from a wish to a client.

mod aws_client;
mod config;
mod error;
mod recipe;
mod request;
mod services;

pub use aws_client::AwsClient;
pub use config::ClientConfig;
pub use error::ClientError;
pub use request::{ClientFuture, ClientRequest, TargetFuture, TargetRequest};

pub(crate) use recipe::Recipe;
pub(crate) use request::{Asked, Wish};
