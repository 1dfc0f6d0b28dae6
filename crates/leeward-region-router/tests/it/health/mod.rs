//! Health checks.

mod build;
mod checks;
mod evidence;
mod lifetime;
mod pace;
