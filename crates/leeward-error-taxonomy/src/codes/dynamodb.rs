use super::Entry;
use crate::{
    Category::{Configuration, Conflict, Internal, NotFound, QuotaExceeded, RateLimit, Validation},
    Verdict::{Final, Throttled, Transient},
};

/// The codes of DynamoDB, from its SDK model and "Error handling with DynamoDB".
///
/// The numbers are those of "Quotas in Amazon DynamoDB" and "DynamoDB on-demand capacity mode" in its Developer Guide.
pub(super) const CODES: &[Entry] = &[
    (
        "BackupInUseException",
        Conflict,
        Final,
        "wait until the table's other backup, restore or deletion is over",
    ),
    (
        "BackupNotFoundException",
        NotFound,
        Final,
        "look the backup's ARN up with dynamodb:ListBackups",
    ),
    (
        "ConditionalCheckFailedException",
        Conflict,
        Final,
        "read the item and decide anew: its state is not what the condition expected",
    ),
    (
        "ContinuousBackupsUnavailableException",
        Conflict,
        Final,
        "turn continuous backups on, or wait until they are",
    ),
    (
        "DuplicateItemException",
        Conflict,
        Final,
        "use another primary key, or update the item that exists",
    ),
    (
        "ExportConflictException",
        Conflict,
        Final,
        "choose another bucket or prefix, or wait for the other export",
    ),
    ("ExportNotFoundException", NotFound, Final, ""),
    ("GlobalTableAlreadyExistsException", Conflict, Final, ""),
    ("GlobalTableNotFoundException", NotFound, Final, ""),
    (
        "IdempotentParameterMismatchException",
        Conflict,
        Final,
        "use a new client token for a request that is not the same",
    ),
    (
        "ImportConflictException",
        Conflict,
        Final,
        "use a new client token, or wait for the other import",
    ),
    ("ImportNotFoundException", NotFound, Final, ""),
    (
        "IndexNotFoundException",
        NotFound,
        Final,
        "name an index that dynamodb:DescribeTable lists as ACTIVE",
    ),
    ("InternalServerError", Internal, Transient, ""),
    (
        "InvalidEndpointException",
        Configuration,
        Final,
        "discover the endpoint again, or set none",
    ),
    (
        "InvalidExportTimeException",
        Validation,
        Final,
        "choose a time inside of the table's recovery window",
    ),
    (
        "InvalidRestoreTimeException",
        Validation,
        Final,
        "choose a time between EarliestRestorableDateTime and LatestRestorableDateTime",
    ),
    (
        "ItemCollectionSizeLimitExceededException",
        QuotaExceeded,
        Final,
        "keep the items under one partition key below 10 GB, or drop the local secondary indexes",
    ),
    (
        "LimitExceededException",
        RateLimit,
        Throttled,
        "create, change and restore fewer tables at once: 500 such operations may be under way in an account",
    ),
    (
        "PointInTimeRecoveryUnavailableException",
        Conflict,
        Final,
        "turn point-in-time recovery on for the source table",
    ),
    ("PolicyNotFoundException", NotFound, Final, ""),
    (
        "ProvisionedThroughputExceededException",
        RateLimit,
        Throttled,
        "raise the table's or index's capacity or turn to on-demand, and spread hot partition keys; ThrottlingReasons names the one",
    ),
    ("ReplicaAlreadyExistsException", Conflict, Final, ""),
    ("ReplicaNotFoundException", NotFound, Final, ""),
    (
        "ReplicatedWriteConflictException",
        Conflict,
        Transient,
        "send it again after the write in the other Region is over",
    ),
    (
        "RequestLimitExceeded",
        RateLimit,
        Throttled,
        "raise the account's quota on table throughput in Service Quotas",
    ),
    (
        "ResourceInUseException",
        Conflict,
        Final,
        "wait until the table is ACTIVE, as dynamodb:DescribeTable tells",
    ),
    (
        "ResourceNotFoundException",
        NotFound,
        Final,
        "check the names of table and index, the account and the Region, and that TableStatus is ACTIVE",
    ),
    (
        "TableAlreadyExistsException",
        Conflict,
        Final,
        "restore into a table of another name",
    ),
    (
        "TableInUseException",
        Conflict,
        Final,
        "wait until the table is ACTIVE, as dynamodb:DescribeTable tells",
    ),
    (
        "TableNotFoundException",
        NotFound,
        Final,
        "check the table's name, the account and the Region",
    ),
    (
        "ThrottlingException",
        RateLimit,
        Throttled,
        "spread hot partition keys and raise the capacity that ThrottlingReasons names; an on-demand table grows to twice its last peak within 30 minutes",
    ),
    (
        "TransactionCanceledException",
        Conflict,
        Final,
        "look at the cancellation reasons, which stand in the order of the transaction's items",
    ),
    ("TransactionConflictException", Conflict, Transient, ""),
    (
        "TransactionInProgressException",
        RateLimit,
        Throttled,
        "wait for the same transaction, which is under way with this client token",
    ),
    (
        "ValidationException",
        Validation,
        Final,
        "compare the keys and expressions with the table's key schema, and the item's size with 400 KB",
    ),
];

#[cfg(feature = "sdk")]
pub(super) const CANCELLED: &str = "TransactionCanceledException";

/// Reads the reasons off the message of a `TransactionCanceledException`, which decide whether to send it again.
///
/// They stand in brackets in the order of the items (API reference, TransactWriteItems): one condition that failed makes
/// it final; where only the pace or another transaction stood in the way, it passes.
#[cfg(feature = "sdk")]
pub(super) fn of_cancellation(message: &str) -> Option<(crate::Category, crate::Verdict)> {
    let reasons = message.rsplit_once('[')?.1.split_once(']')?.0;
    let mut meaning = None;
    for reason in reasons.split(',').map(str::trim) {
        match reason {
            "None" => {}
            "ThrottlingError" | "ProvisionedThroughputExceeded" => {
                meaning = Some((RateLimit, Throttled));
            }
            "TransactionConflict" => meaning = meaning.or(Some((Conflict, Transient))),
            _ => return Some((Conflict, Final)),
        }
    }
    meaning
}

#[cfg(all(test, feature = "sdk"))]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_transaction_is_as_final_as_its_worst_reason() {
        let told = |reasons: &str| {
            of_cancellation(&format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{reasons}]"
            ))
        };
        assert_eq!(
            told("None, TransactionConflict"),
            Some((Conflict, Transient))
        );
        assert_eq!(
            told("ThrottlingError, TransactionConflict"),
            Some((RateLimit, Throttled))
        );
        assert_eq!(
            told("TransactionConflict, ConditionalCheckFailed"),
            Some((Conflict, Final))
        );
        assert_eq!(told("None"), None);
        assert_eq!(of_cancellation("cancelled"), None);
    }
}
