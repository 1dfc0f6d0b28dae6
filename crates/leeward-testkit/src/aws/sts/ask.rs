use super::session::Caller;
use leeward_error_taxonomy::Region;
use std::time::Duration;

/// What STS lends for, in seconds.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const SHORTEST: u64 = 900;
const LONGEST: u64 = 43_200;
const LONGEST_OF_A_CHAIN: u64 = 3_600;
const DEFAULT_LIFETIME: u64 = 3_600;

/// A call for a role.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub(super) role: &'a str,
    pub(super) session_name: &'a str,
    pub(super) external_id: Option<&'a str>,
    /// In seconds, as it was written.
    pub(super) lifetime: Option<&'a str>,
    pub(super) access_key_id: &'a str,
    pub(super) region: &'a Region,
    /// The token of a web identity, which stands for keys.
    pub(super) web_identity: Option<&'a str>,
}

/// The ARN of a role, in its parts.
pub(super) struct RoleArn<'a> {
    pub(super) partition: &'a str,
    pub(super) account: &'a str,
    pub(super) name: &'a str,
}

/// Why a role is not lent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    const fn invalid(message: String) -> Self {
        Self {
            status: 400,
            code: "ValidationError",
            message,
        }
    }
}

impl Ask<'_> {
    pub(super) fn arn(&self) -> Result<RoleArn<'_>, Refused> {
        RoleArn::read(self.role)
    }

    /// Whether STS takes the name of the session.
    pub(super) fn check_name(&self) -> Result<(), Refused> {
        if self.session_name.len() >= 2 {
            return Ok(());
        }
        Err(Refused::invalid(format!(
            "1 validation error detected: Value '{}' at 'roleSessionName' failed to satisfy constraint: Member must \
             have length greater than or equal to 2",
            self.session_name
        )))
    }

    /// How long the credentials are to be good, if STS lends for so long; less to those whose own were lent.
    pub(super) fn checked_lifetime(&self, is_chain: bool) -> Result<Duration, Refused> {
        let Some(written) = self.lifetime else {
            return Ok(Duration::from_secs(DEFAULT_LIFETIME));
        };
        let bound = |bound: &str| {
            Refused::invalid(format!(
                "1 validation error detected: Value '{written}' at 'durationSeconds' failed to satisfy constraint: Member must \
                 have value {bound}"
            ))
        };
        let seconds = written.parse().unwrap_or(0);
        if seconds < SHORTEST {
            Err(bound(&format!("greater than or equal to {SHORTEST}")))
        } else if seconds > LONGEST {
            Err(bound(&format!("less than or equal to {LONGEST}")))
        } else if is_chain && seconds > LONGEST_OF_A_CHAIN {
            let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
            Err(Refused::invalid(message.to_owned()))
        } else {
            Ok(Duration::from_secs(seconds))
        }
    }

    /// What the caller is told who may not have the role.
    pub(super) fn denied(&self, caller: &Caller) -> Refused {
        Refused {
            status: 403,
            code: "AccessDenied",
            message: if self.web_identity.is_some() {
                "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned()
            } else {
                format!(
                    "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                    caller.arn, self.role
                )
            },
        }
    }
}

impl<'a> RoleArn<'a> {
    fn read(arn: &'a str) -> Result<Self, Refused> {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        if let ["arn", partition, "iam", "", account, resource] = parts[..]
            && account.len() == 12
            && let Some(path) = resource.strip_prefix("role/")
            && let Some(name) = path.rsplit('/').next().filter(|name| !name.is_empty())
        {
            return Ok(Self {
                partition,
                account,
                name,
            });
        }
        Err(Refused::invalid(format!("{arn} is invalid")))
    }
}
