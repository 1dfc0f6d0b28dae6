use crate::aws::{
    fault::Reason,
    signature::Signature,
    sts::{Roles, Standing},
    time::Time,
};

/// Whose calls reach the services.
#[derive(Clone, Debug)]
pub(super) enum Admission {
    /// Everybody's.
    Open,
    /// Those whose credentials, if temporary, are those of a role here and have not ended.
    Checked { roles: Roles, time: Time },
}

impl Admission {
    /// Says what is wrong with the caller's credentials.
    pub(super) fn refusal(&self, signature: &Signature) -> Option<Reason> {
        let Self::Checked { roles, time } = self else {
            return None;
        };
        match roles.standing(signature, time.now()) {
            Standing::Good => None,
            Standing::Expired => Some(Reason::ExpiredToken),
            Standing::Unknown => Some(Reason::UnknownCredentials),
        }
    }
}
