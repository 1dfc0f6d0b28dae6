//! Health checks.

mod checks;
mod evidence;
mod lifetime;
