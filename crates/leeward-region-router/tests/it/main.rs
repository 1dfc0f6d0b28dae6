//! What the router does to calls, over scripted Regions in paused time.

mod budget;
mod build;
mod circuit;
mod contract;
mod drop;
mod event;
mod failover;
mod health;
mod maker;
mod request;
mod status;
mod world;
