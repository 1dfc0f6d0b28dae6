use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tracing::warn;

/// Turns a layer into a pass-through and back, while it is in use.
///
/// Cloning shares the switch: keep one clone, give the other to a layer's `with_switch`. A layer that is off hands each
/// call to the service under it and learns nothing (one that retries still pays into its budget, for the layers that share
/// it); a call that is on its way stays as it began.
///
/// ```
/// use leeward_resilience::Switch;
///
/// let switch = Switch::from_env("LEEWARD_DEADLINE"); // on, unless the variable says `off`
/// let the_layers = switch.clone();
/// switch.turn_off();
/// assert!(!the_layers.is_on());
/// ```
#[derive(Clone, Debug)]
pub struct Switch {
    on: Arc<AtomicBool>,
}

impl Switch {
    /// A switch that is on.
    #[must_use]
    pub fn new() -> Self {
        Self::set_to(true)
    }

    /// A switch that is off from the start.
    #[must_use]
    pub fn off() -> Self {
        Self::set_to(false)
    }

    /// Reads the environment variable `name`, once and now: `off` turns the switch off.
    ///
    /// Upper or lower case is the same. `on`, nothing and no such variable leave it on; so does anything else, and a
    /// `tracing` warning under the target `leeward::switch` names it.
    #[must_use]
    pub fn from_env(name: &str) -> Self {
        let value = std::env::var_os(name).unwrap_or_default();
        let value = value.to_string_lossy();
        let on = read(&value);
        if on.is_none() {
            warn!(target: "leeward::switch", name, %value, "neither `on` nor `off`, hence left on");
        }
        Self::set_to(on.unwrap_or(true))
    }

    /// Whether the layer does its work; one relaxed load.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Lets the layer do its work, from the next call on.
    pub fn turn_on(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    /// Makes the layer a pass-through, from the next call on.
    pub fn turn_off(&self) {
        self.on.store(false, Ordering::Relaxed);
    }

    fn set_to(on: bool) -> Self {
        Self {
            on: Arc::new(AtomicBool::new(on)),
        }
    }
}

impl Default for Switch {
    fn default() -> Self {
        Self::new()
    }
}

fn read(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "" | "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_off_turns_a_layer_off() {
        for (value, on) in [
            ("", Some(true)),
            ("on", Some(true)),
            ("off", Some(false)),
            (" OFF\n", Some(false)),
            ("0ff", None),
            ("false", None),
        ] {
            assert_eq!(read(value), on, "{value:?}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_leaves_it_on() {
        assert!(Switch::from_env("LEEWARD_NO_SUCH_LAYER").is_on());
    }

    #[test]
    fn clones_turn_together() {
        let switch = Switch::new();
        let layer = switch.clone();
        switch.turn_off();
        assert!(!layer.is_on());
        switch.turn_on();
        assert!(layer.is_on());
    }
}
