//! What the router does to calls, over scripted Regions in paused time.

mod budget;
mod build;
mod circuit;
mod contract;
mod deadline;
mod drain;
mod drop;
mod environment;
mod event;
mod failover;
mod family;
mod health;
mod hedge;
mod maker;
mod outage;
mod placement;
mod ranking;
mod request;
mod status;
mod world;
