use crate::{
    Category, Facts, IamAction, Meaning, Obstacle, OperationName, Rejected, codes, redact,
};
use std::{borrow::Cow, fmt};

/// Says in one sentence what to do next about a failure.
///
/// It comes from the table of the service's codes, from the obstacle that kept the request from an answer (of credentials: from
/// what their provider was answered), or from the refusal of a layer; failing these from the category.
///
/// ```
/// use leeward_error_taxonomy::{Category, Facts, OperationName, Stage, Verdict};
///
/// let mut facts = Facts::new(Stage::Answered, Category::Authorization, Verdict::Final);
/// facts.operation = Some(OperationName::new("kms", "GenerateDataKey"));
/// facts.code = Some("AccessDeniedException");
/// facts.message = Some("… because no resource-based policy allows the kms:GenerateDataKey action");
/// assert_eq!(
///     facts.advice().to_string(),
///     "allow kms:GenerateDataKey in the resource's own policy, such as that of a key, a bucket or a secret",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice<'a> {
    /// With `{action}` where the action belongs.
    sentence: &'static str,
    action: Option<IamAction<'a>>,
    /// What was found out since.
    finding: Option<&'a str>,
}

impl<'a> Advice<'a> {
    /// Reads it off the message without its secrets, as it would be off a record of the same facts.
    pub(crate) fn of(facts: &Facts<'a>) -> Self {
        if let Some(rejected) = facts.rejected {
            return Self::on_refusal(rejected);
        }
        match facts
            .message
            .map(|message| (message, redact::redact(message)))
        {
            Some((message, Cow::Owned(clean))) => {
                let told = || IamAction::in_message(&clean)?.within(message);
                let clean = Facts {
                    message: Some(&clean),
                    ..*facts
                };
                Self::read(&clean, told)
            }
            _ => Self::read_off(facts),
        }
    }

    /// Reads it off texts that hold no secret any more.
    pub(crate) fn read_off(facts: &Facts<'a>) -> Self {
        if let Some(rejected) = facts.rejected {
            return Self::on_refusal(rejected);
        }
        Self::read(facts, || IamAction::in_message(facts.message?))
    }

    fn read(facts: &Facts<'_>, told: impl FnOnce() -> Option<IamAction<'a>>) -> Self {
        let (sentence, operation) = match facts.obstacle {
            // Whatever is missing, it is not the action of the operation that was not sent.
            Some(obstacle) => (on_obstacle(obstacle, facts), None),
            None => (on_answer(facts), facts.operation),
        };
        let action = if sentence.as_bytes().contains(&b'{') {
            told().or_else(|| operation.and_then(IamAction::of))
        } else {
            None
        };
        Self {
            sentence,
            action,
            finding: None,
        }
    }

    /// By what it says itself or, for want of credentials, by what their provider was answered.
    fn on_refusal(rejected: &'a Rejected) -> Self {
        if let Rejected::Unavailable { source, .. } = rejected {
            let below = Facts::of_erased(&**source);
            let of_credentials = below.obstacle.is_some_and(Obstacle::is_of_credentials);
            if of_credentials && below.rejected.is_none() {
                return Self::of(&below);
            }
        }
        Self::say(of_refusal(rejected))
    }

    const fn say(sentence: &'static str) -> Self {
        Self {
            sentence,
            action: None,
            finding: None,
        }
    }

    /// The same with what was found out about the failure since.
    pub(crate) const fn with_finding(self, finding: Option<&'a str>) -> Self {
        Self { finding, ..self }
    }

    /// The IAM action that is missing, where that is the trouble and the operation or the message names it.
    #[must_use]
    pub const fn action(&self) -> Option<IamAction<'a>> {
        self.action
    }
}

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sentence.split_once(ACTION), self.action) {
            (None, _) => f.write_str(self.sentence)?,
            (Some((before, after)), Some(action)) => write!(f, "{before}{action}{after}")?,
            (Some((before, after)), None) => write!(f, "{before}the action{after}")?,
        }
        match self.finding {
            Some(finding) => write!(f, "; found since: {finding}"),
            None => Ok(()),
        }
    }
}

const ACTION: &str = "{action}";

/// What to do about the answer of the service that was called.
fn on_answer(facts: &Facts<'_>) -> &'static str {
    let words_of_the_code = || {
        let meaning = facts.code.and_then(|code| meaning(facts.operation, code));
        meaning.and_then(own_words)
    };
    let message = facts.message.unwrap_or_default();
    match facts.category {
        Category::Authentication if is_skewed(message) => codes::SET_THE_CLOCK,
        Category::Authorization => reason_of_denial(message)
            .or_else(words_of_the_code)
            .unwrap_or(codes::ALLOW),
        category => words_of_the_code().unwrap_or_else(|| codes::of_category(category)),
    }
}

/// What to do about what was in the way: as a provider of credentials was answered, or as the root of the failure says.
fn on_obstacle(obstacle: Obstacle, facts: &Facts<'_>) -> &'static str {
    let is_of_s3 = |operation: OperationName| operation.service() == "s3";
    if obstacle == Obstacle::Io && facts.operation.is_some_and(is_of_s3) {
        return IDLE_OF_S3;
    }
    let answer = obstacle.is_of_credentials().then_some(facts);
    answer.and_then(on_answer_to_provider).unwrap_or_else(|| {
        obstacle.advice(|| match (facts.message, facts.cause) {
            (Some(message), _) => message.to_owned(),
            (None, cause) => cause.map(ToString::to_string).unwrap_or_default(),
        })
    })
}

/// The time was observed (aws-sdk-rust, issue 1106), no page states it.
const IDLE_OF_S3: &str = "send it again if that is safe, and let idle connections end within 20 s, sooner than S3 ends them, if it stays";

/// What to do about the answer that a provider of credentials was given, if it was.
fn on_answer_to_provider(facts: &Facts<'_>) -> Option<&'static str> {
    let meaning = Meaning::of_provider(facts.code?)?;
    let message = facts.message.unwrap_or_default();
    let reason = match meaning.category {
        Category::Authentication => is_skewed(message).then_some(codes::SET_THE_CLOCK),
        Category::Authorization => reason_of_denial(message),
        _ => None,
    };
    let words = || own_words(meaning).unwrap_or_else(|| codes::of_category(meaning.category));
    Some(reason.unwrap_or_else(words))
}

fn meaning(operation: Option<OperationName>, code: &str) -> Option<Meaning> {
    match operation {
        Some(operation) => Meaning::of(operation.service(), code),
        None => Meaning::of_any_service(code),
    }
}

fn own_words(meaning: Meaning) -> Option<&'static str> {
    (!meaning.advice.is_empty()).then_some(meaning.advice)
}

/// Which policy it was, as IAM words it ("Troubleshoot access denied error messages", IAM User Guide).
fn reason_of_denial(message: &str) -> Option<&'static str> {
    const REASONS: &[(&str, &str)] = &[
        (
            "identity-based policy",
            "allow {action} in an identity policy of the caller",
        ),
        (
            "resource-based policy",
            "allow {action} in the resource's own policy, such as that of a key, a bucket or a secret",
        ),
        (
            "permissions boundary",
            "allow {action} in the caller's permissions boundary",
        ),
        (
            "session policy",
            "allow {action} in the policy that the session was made with",
        ),
        (
            "service control policy",
            "have {action} allowed in the organization's service control policies",
        ),
        (
            "resource control policy",
            "have {action} allowed in the organization's resource control policies",
        ),
        (
            "VPC endpoint policy",
            "allow {action} in the policy of the VPC endpoint",
        ),
    ];
    const BECAUSE: &str = "because no ";
    // From the end on, where IAM says it, and by its first letter, which is not frequent.
    let mut reasons = message.rmatch_indices('b');
    if let Some(reason) = reasons.find_map(|(at, _)| message[at..].strip_prefix(BECAUSE)) {
        let found = REASONS
            .iter()
            .find(|(policy, _)| reason.starts_with(policy));
        return found.map(|(_, sentence)| *sentence);
    }
    message.contains("with an explicit deny").then_some(
        "remove or narrow the statement that denies {action} explicitly, in the policy that the message names",
    )
}

/// AWS tells a wrong clock under the codes of wrong signatures too.
fn is_skewed(message: &str) -> bool {
    [
        "Signature expired",
        "Signature not yet current",
        "RequestTime",
    ]
    .iter()
    .any(|told| message.contains(told))
}

fn of_refusal(rejected: &Rejected) -> &'static str {
    match rejected {
        Rejected::AttemptTimedOut { .. } => {
            "send it again if that is safe, and give attempts more time if it stays"
        }
        Rejected::NotSentInTime { .. } => {
            "look at what the attempt waited for before it was sent, or give attempts more time"
        }
        Rejected::CircuitOpen { .. } => {
            "wait for the breaker's next probe, and look at what failed before it opened"
        }
        Rejected::LimiterFull => "send fewer calls at once, or give the limiter more permits",
        Rejected::Unavailable { obstacle, source } => obstacle.advice(|| source.to_string()),
        Rejected::DeadlineExceeded { .. } => {
            "give the whole operation more time, or look at what its attempts waited for"
        }
        Rejected::BudgetSpent { .. } => {
            "mend what the attempts met: too large a share of recent calls needed a second attempt"
        }
        Rejected::Exhausted { .. } => "mend what each Region answered, or add a Region",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Classify, Failure, Stage, Verdict};

    fn answered(
        operation: Option<(&'static str, &'static str)>,
        code: &'static str,
        message: &'static str,
    ) -> String {
        let operation = operation.map(|(service, name)| OperationName::new(service, name));
        let meaning = meaning(operation, code).unwrap();
        let mut facts = Facts::new(Stage::Answered, meaning.category, meaning.verdict);
        facts.operation = operation;
        facts.code = Some(code);
        facts.message = Some(message);
        facts.advice().to_string()
    }

    #[test]
    fn a_denial_names_the_action_and_the_policy() {
        let invoke = Some(("lambda", "Invoke"));
        let code = "AccessDeniedException";
        assert_eq!(
            answered(invoke, code, ""),
            "allow lambda:InvokeFunction in the caller's identity policy and, across accounts, in the resource's policy"
        );
        let told = "User: u is not authorized to perform: kms:Decrypt on resource: r because no identity-based policy allows the kms:Decrypt action";
        assert_eq!(
            answered(invoke, code, told),
            "allow kms:Decrypt in an identity policy of the caller"
        );
        let denied = "not authorized to perform: s3:PutObject with an explicit deny in a service control policy";
        assert_eq!(
            answered(Some(("s3", "UploadPart")), "AccessDenied", denied),
            "remove or narrow the statement that denies s3:PutObject explicitly, in the policy that the message names"
        );
        assert_eq!(
            answered(None, code, ""),
            "allow the action in the caller's identity policy and, across accounts, in the resource's policy"
        );
    }

    #[test]
    fn a_wrong_clock_is_known_under_the_codes_of_a_wrong_signature() {
        let told = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z";
        let advice = answered(Some(("kms", "Encrypt")), "InvalidSignatureException", told);
        assert_eq!(advice, codes::SET_THE_CLOCK);
        let advice = answered(Some(("s3", "GetObject")), "RequestTimeTooSkewed", "");
        assert_eq!(advice, codes::SET_THE_CLOCK);
    }

    #[test]
    fn one_code_is_advised_on_as_its_service_means_it() {
        let of = |service, code| answered(Some((service, "Any")), code, "");
        assert!(of("kms", "KMSInvalidStateException").contains("PendingDeletion"));
        assert!(of("lambda", "KMSInvalidStateException").contains("environment variables"));
        assert!(of("secretsmanager", "DecryptionFailure").contains("kms:Decrypt"));
        assert!(of("sts", "RegionDisabledException").contains("account settings of IAM"));
        assert_eq!(
            of("sts", "ThrottlingException"),
            codes::of_category(Category::RateLimit)
        );
    }

    #[test]
    fn an_obstacle_and_a_refusal_have_their_own_advice() {
        let mut facts = Facts::new(Stage::NotSent, Category::Configuration, Verdict::Final);
        facts.obstacle = Some(Obstacle::NoRegion);
        assert!(facts.advice().to_string().contains("AWS_REGION"));
        facts.obstacle = Some(Obstacle::Io);
        for (service, is_told) in [("s3", true), ("secretsmanager", false)] {
            facts.operation = Some(OperationName::new(service, "Any"));
            let advice = facts.advice().to_string();
            assert_eq!(advice.contains("S3"), is_told, "{advice}");
            assert!(advice.contains("idle connections"));
        }
        let refusal = Rejected::LimiterFull;
        facts.rejected = Some(&refusal);
        assert!(facts.advice().to_string().contains("permits"));
    }

    /// Checks the advice on a refusal, and that on the record of it.
    #[track_caller]
    fn check_refused(rejected: Rejected, expected: &str) {
        let facts = rejected.facts();
        assert_eq!(facts.advice().to_string(), expected);
        let kept = Failure::from(&facts);
        assert_eq!(kept.advice().to_string(), expected, "{kept:?}");
    }

    #[test]
    fn where_there_is_nothing_to_send_with_the_advice_goes_by_what_is_in_the_way() {
        let read = "read the reason: it names what is missing, such as a client, credentials or a Region that may take the call; nothing was sent";
        check_refused(Rejected::unavailable("no table of routes"), read);
        let for_want_of = |obstacle| Rejected::unavailable_for(obstacle, "the reason");
        let place = "let the call go to a Region that takes calls: correct its pin or what it excludes, add that Region to the list, or restore one that was drained";
        check_refused(for_want_of(Obstacle::Placement), place);
        let resource = "name what the Region called has, such as a key, a secret or a table with a replica there, or leave that Region out";
        check_refused(for_want_of(Obstacle::Elsewhere), resource);
        let region =
            "set AWS_REGION, a region in the profile, or the Region of the client's configuration";
        check_refused(for_want_of(Obstacle::NoRegion), region);
        // What one layer says of another's refusal.
        let within = Rejected::unavailable(for_want_of(Obstacle::Placement));
        check_refused(within, place);
        let silent = Rejected::AttemptTimedOut {
            timeout: std::time::Duration::from_secs(1),
        };
        check_refused(Rejected::unavailable(silent), read);
        let token = Rejected::unavailable_for(
            Obstacle::Credentials,
            "no credentials for the pool's identity: the SSO token has expired",
        );
        check_refused(
            token,
            "log in again with aws sso login and the profile that AWS_PROFILE names: its token is missing or has expired",
        );
    }
}
