use crate::{
    AwsError, Category, Classify, Facts, Meaning, Obstacle, Rejected, Stage, Verdict,
    aws_error::Known, chain,
};
use std::{error::Error, io};

impl<'a> Facts<'a> {
    /// States what can be found in an error whose type is lost, and in its sources.
    ///
    /// It knows an [`AwsError`], also below another error, a refusal of our layers and the network errors of the standard
    /// library; with the feature `sdk` also what the SDK's errors are made of: connector errors, credentials errors, the
    /// metadata of an answer, and the texts of modelled errors, which lead with their code. Any other text that leads with a
    /// code of AWS has its meaning too, but may tell of a request that got no answer. What nothing is known of may have been
    /// sent, is final and of [`Category::Unknown`].
    ///
    /// ```
    /// use leeward_error_taxonomy::{Category, Facts, Stage};
    /// use std::io;
    ///
    /// let error: Box<dyn std::error::Error> = io::Error::from(io::ErrorKind::ConnectionRefused).into();
    /// let facts = Facts::of_erased(&*error);
    /// assert_eq!((facts.stage, facts.category), (Stage::MaybeSent, Category::Network));
    /// ```
    #[must_use]
    pub fn of_erased(error: &'a (dyn Error + 'static)) -> Self {
        let mut facts = chain::from(error)
            .find_map(of_type)
            .or_else(|| of_texts(error))
            .or_else(|| chain::from(error).find_map(of_io))
            .unwrap_or_else(|| Facts::new(Stage::MaybeSent, Category::Unknown, Verdict::Final));
        if facts.cause.is_none() && facts.message.is_none() {
            facts.cause = match facts.category {
                Category::Unknown => Some(error),
                _ => chain::from(error).last(),
            };
        }
        facts
    }
}

/// What an [`AwsError`] in the chain knows, if it is the first whose type says something.
pub(crate) fn known<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Known> {
    let says_something = |error: &&'a (dyn Error + 'static)| of_type(*error).is_some();
    chain::from(error)
        .find(says_something)
        .and_then(Known::in_link)
}

/// What the type of one error in the chain says.
fn of_type<'a>(error: &'a (dyn Error + 'static)) -> Option<Facts<'a>> {
    if let Some(error) = error.downcast_ref::<AwsError>() {
        return Some(error.facts());
    }
    if let Some(known) = Known::in_link(error) {
        return Some(known.facts());
    }
    if let Some(rejected) = error.downcast_ref::<Rejected>() {
        return Some(rejected.facts());
    }
    #[cfg(feature = "sdk")]
    if let Some(facts) = crate::sdk::of_part(error) {
        return Some(facts);
    }
    None
}

/// What the first text in the chain says that says something.
fn of_texts<'a>(error: &'a (dyn Error + 'static)) -> Option<Facts<'a>> {
    let mut is_answer = false;
    chain::from(error).find_map(|error| {
        let text = error.to_string();
        let facts = of_code(error, &text, is_answer).or_else(|| of_phrase(&text));
        // What an `SdkError` says of itself, above the modelled error.
        is_answer = text == "service error";
        facts
    })
}

/// What the code says that leads the text of `error`, as it does the SDK's modelled errors: `Name [Code]: words`, or
/// `Code: words`.
///
/// Anybody may begin a text with a code, of an answer that never came or came to another request. That there was an answer is
/// sure only in the SDK's own form.
fn of_code<'a>(error: &'a (dyn Error + 'static), text: &str, is_answer: bool) -> Option<Facts<'a>> {
    let name = text.split(": ").next().unwrap_or_default();
    let (code, is_modelled) = match name
        .strip_suffix(']')
        .and_then(|name| name.split_once(" ["))
    {
        Some((name, code)) => (code, is_name(name)),
        None => (name, false),
    };
    let meaning = Meaning::of_any_service(code)?;
    let stage = if is_modelled || is_answer {
        Stage::Answered
    } else {
        Stage::MaybeSent
    };
    let mut facts = Facts::new(stage, meaning.category, meaning.verdict);
    facts.code = Some(meaning.code);
    facts.cause = Some(error);
    Some(facts)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What the SDK's own phrases say.
fn of_phrase<'a>(text: &str) -> Option<Facts<'a>> {
    let (stage, category, verdict, obstacle) = match text {
        "request has timed out" => (
            Stage::MaybeSent,
            Category::Timeout,
            Verdict::Transient,
            Obstacle::Timeout,
        ),
        "failed to construct request" => (
            Stage::NotSent,
            Category::Validation,
            Verdict::Final,
            Obstacle::Request,
        ),
        "response error" => (
            Stage::MaybeSent,
            Category::Network,
            Verdict::Transient,
            Obstacle::Io,
        ),
        _ => return None,
    };
    let mut facts = Facts::new(stage, category, verdict);
    facts.obstacle = Some(obstacle);
    Some(facts)
}

/// What the standard library says of a connection; files fail with other kinds.
fn of_io<'a>(error: &'a (dyn Error + 'static)) -> Option<Facts<'a>> {
    use io::ErrorKind as Kind;
    let (stage, category, obstacle) = match error.downcast_ref::<io::Error>()?.kind() {
        // Linux says so of an established connection too, when a firewall begins to refuse its packets.
        Kind::ConnectionRefused | Kind::AddrNotAvailable => {
            (Stage::MaybeSent, Category::Network, Obstacle::Connect)
        }
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::NotConnected
        | Kind::BrokenPipe
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::NetworkDown => (Stage::MaybeSent, Category::Network, Obstacle::Io),
        Kind::TimedOut => (Stage::MaybeSent, Category::Timeout, Obstacle::Timeout),
        _ => return None,
    };
    let mut facts = Facts::new(stage, category, Verdict::Transient);
    facts.obstacle = Some(obstacle);
    Some(facts)
}
