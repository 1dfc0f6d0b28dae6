//! What the handlers of resources say of their failures.

use leeward_error_taxonomy::Category;

/// What kind of failure a reason tells of, by the code that it ends with: `(RequestToken: …, HandlerErrorCode: AlreadyExists)`.
///
/// The codes are those of *Handler error codes*, CloudFormation CLI user guide.
pub(crate) fn category(reason: &str) -> Category {
    let Some((_, code)) = reason.rsplit_once("HandlerErrorCode: ") else {
        return Category::Unknown;
    };
    match code.trim_end_matches([')', '.']) {
        "AccessDenied" | "UnauthorizedTaggingOperation" => Category::Authorization,
        "InvalidCredentials" => Category::Authentication,
        "InvalidRequest" | "NotUpdatable" => Category::Validation,
        "NotFound" => Category::NotFound,
        "AlreadyExists" | "ResourceConflict" => Category::Conflict,
        "Throttling" => Category::RateLimit,
        "ServiceLimitExceeded" => Category::QuotaExceeded,
        "NotStabilized" | "ServiceTimeout" => Category::Timeout,
        "NetworkFailure" => Category::Network,
        "InternalFailure"
        | "ServiceInternalError"
        | "GeneralServiceException"
        | "HandlerInternalFailure" => Category::Internal,
        _ => Category::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_the_handler_says_what_kind_it_is() {
        let said = |code| {
            format!(
                "Resource handler returned message: \"no\" (RequestToken: 1f, HandlerErrorCode: {code})"
            )
        };
        for (reason, expected) in [
            (said("AlreadyExists"), Category::Conflict),
            (said("AccessDenied"), Category::Authorization),
            (said("ServiceLimitExceeded"), Category::QuotaExceeded),
            (said("SomethingNew"), Category::Unknown),
            (
                "orders-archive already exists".to_owned(),
                Category::Unknown,
            ),
        ] {
            assert_eq!(category(&reason), expected, "{reason}");
        }
    }
}
