use std::fmt;

/// So many of something that is called in the plural as most words are: `1 secret`, `2 secrets`, `0 fetches`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted(pub(crate) u64, pub(crate) &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = self;
        let ending = match count {
            1 => "",
            _ if what.ends_with("ch") => "es",
            _ => "s",
        };
        write!(f, "{count} {what}{ending}")
    }
}
