//! Runs the program itself, on this repository and on small ones made for the purpose.

#![allow(clippy::unwrap_used, reason = "a helper of tests may fail like a test")]

mod bench;
mod ci;
mod demo;
mod layers;
mod models;
mod repository;
mod tidy;
mod usage;
