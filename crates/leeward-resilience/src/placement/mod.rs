//! Says of one call in which Regions it may be served.

mod session;

pub use session::Session;

use leeward_error_taxonomy::Region;

/// Where one call may go, where it goes first, and what may be done if nobody knows whether it was applied.
///
/// A request [carries](crate::Request::placement) it and a Region router obeys it, before any ranking of its own. A layer that
/// knows no Regions takes no notice.
///
/// ```
/// use leeward_error_taxonomy::Region;
/// use leeward_resilience::{Placement, Plain, Session};
/// use std::time::Duration;
///
/// const FRANKFURT: Region = Region::from_static("eu-central-1");
/// let pinned = Plain::new("a row that lives there").placed(Placement::new().pinned_to(FRANKFURT));
///
/// // For two seconds after a write, this visitor's reads go first to the Region that took it.
/// let visitor = Session::new(Duration::from_secs(2));
/// let write = Plain::new("add to cart").placed(Placement::new().writing(&visitor));
/// let read = Plain::new("show cart").idempotent().placed(Placement::new().reading(&visitor));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Placement {
    wish: Wish,
    excluded: Vec<Region>,
    session: Option<(Session, Role)>,
    when_unsure: bool,
}

#[derive(Clone, Debug, Default)]
enum Wish {
    #[default]
    None,
    Pinned(Region),
    Preferring(Region),
}

/// What a call does in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Reads,
    Writes,
}

impl Placement {
    /// Anywhere.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only to `region`: for data that lives there, or a write that must.
    ///
    /// Its circuit does not hold the call back, nor does a drain, since the call has nowhere else to go; it is neither hedged
    /// nor taken elsewhere. It takes the place of [`preferring`](Self::preferring).
    #[must_use]
    pub fn pinned_to(self, region: Region) -> Self {
        let wish = Wish::Pinned(region);
        Self { wish, ..self }
    }

    /// First to `region`, unless it is held back; then elsewhere as always. A Region that a router does not know changes nothing there,
    /// of which its log warns. It takes the place of [`pinned_to`](Self::pinned_to).
    #[must_use]
    pub fn preferring(self, region: Region) -> Self {
        let wish = Wish::Preferring(region);
        Self { wish, ..self }
    }

    /// Never to `region`; may be said of several. A Region that a router does not know changes nothing there, of which its log warns.
    #[must_use]
    pub fn excluding(mut self, region: Region) -> Self {
        self.excluded.push(region);
        self
    }

    /// As a read of `session`: for a while after a write, first to the Region that took it, or only there if the session is
    /// [strict](Session::strictly). A pin or a preference of the call's own goes before.
    #[must_use]
    pub fn reading(self, session: &Session) -> Self {
        let session = Some((session.clone(), Role::Reads));
        Self { session, ..self }
    }

    /// As a write of `session`, which remembers the Region that takes it.
    ///
    /// It goes where any call goes, and is not hedged, lest it be applied in two Regions of which the session knows one.
    #[must_use]
    pub fn writing(self, session: &Session) -> Self {
        let session = Some((session.clone(), Role::Writes));
        Self { session, ..self }
    }

    /// Goes on to the next Region even where the request may have been applied and is not idempotent.
    ///
    /// **It may be applied twice**, in two Regions: an account debited in each, a message sent twice. Nobody is told when that
    /// happens. Right where that does less harm than no answer, or where the request carries a token by which the service
    /// drops the second one *across Regions*; AWS's client tokens hold within one.
    #[must_use]
    pub fn failing_over_when_unsure(self) -> Self {
        Self {
            when_unsure: true,
            ..self
        }
    }

    /// The only Region that the call may go to, if there is but one.
    #[must_use]
    pub fn pin(&self) -> Option<Region> {
        match (&self.wish, &self.session) {
            (Wish::Pinned(region), _) => Some(region.clone()),
            (Wish::None, Some((session, Role::Reads))) if session.is_strict() => session.home(),
            _ => None,
        }
    }

    /// The Region that the call goes to first, if it is to be a certain one.
    #[must_use]
    pub fn preference(&self) -> Option<Region> {
        match (&self.wish, &self.session) {
            (Wish::Preferring(region), _) => Some(region.clone()),
            (Wish::None, Some((session, Role::Reads))) => session.home(),
            _ => None,
        }
    }

    /// Whether it is its [session](Session::strictly), and no wish of its own, that [pins](Self::pin) the call.
    #[must_use]
    pub fn is_pinned_by_session(&self) -> bool {
        !matches!(self.wish, Wish::Pinned(_)) && self.pin().is_some()
    }

    /// The Regions that the call must not go to.
    #[must_use]
    pub fn excluded(&self) -> &[Region] {
        &self.excluded
    }

    /// Whether the call must not go to `region`.
    #[must_use]
    pub fn excludes(&self, region: &Region) -> bool {
        self.excluded.contains(region)
    }

    /// Whether it goes on though it [may have been applied](Self::failing_over_when_unsure).
    #[must_use]
    pub const fn fails_over_when_unsure(&self) -> bool {
        self.when_unsure
    }

    /// Whether a second attempt may be made beside a first one: not of a write of a session.
    #[must_use]
    pub const fn may_be_hedged(&self) -> bool {
        !matches!(self.session, Some((_, Role::Writes)))
    }

    /// To be told where the call succeeded: its session remembers that of a write.
    pub fn served_by(&self, region: &Region) {
        if let Some((session, Role::Writes)) = &self.session {
            session.wrote_in(region);
        }
    }
}
