use crate::KeySchema;
use aws_sdk_dynamodb::types::TableDescription;
use std::time::SystemTime;

/// What people look at of a table.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TableSummary {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Option<String>,
    /// Its state, as in `ACTIVE`.
    pub status: String,
    /// The key of its items.
    pub key: Option<KeySchema>,
    /// Its secondary indexes, global ones first.
    pub indexes: Vec<IndexSummary>,
    /// How it is paid for: `PAY_PER_REQUEST` or `PROVISIONED`.
    pub billing: String,
    /// How many items it has, as counted every six hours or so.
    pub items: Option<i64>,
    /// How large it is, as counted every six hours or so.
    pub bytes: Option<i64>,
    /// Whether it may not be deleted.
    pub is_protected: bool,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub created_at: Option<SystemTime>,
}

/// What people look at of a secondary index.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct IndexSummary {
    /// Its name.
    pub name: String,
    /// Its state, as in `ACTIVE`; a local index has that of its table.
    pub status: Option<String>,
    /// The key that it is asked by.
    pub key: Option<KeySchema>,
}

impl TableSummary {
    pub(crate) fn of(table: &TableDescription) -> Self {
        let global = table
            .global_secondary_indexes()
            .iter()
            .map(|index| IndexSummary {
                name: index.index_name().unwrap_or_default().to_owned(),
                status: index
                    .index_status()
                    .map(|status| status.as_str().to_owned()),
                key: KeySchema::of_elements(index.key_schema()),
            });
        let local = table
            .local_secondary_indexes()
            .iter()
            .map(|index| IndexSummary {
                name: index.index_name().unwrap_or_default().to_owned(),
                status: None,
                key: KeySchema::of_elements(index.key_schema()),
            });
        let billing = table
            .billing_mode_summary()
            .and_then(|billing| billing.billing_mode());
        Self {
            name: table.table_name().unwrap_or_default().to_owned(),
            arn: table.table_arn.clone(),
            status: table
                .table_status()
                .map_or_else(String::new, |status| status.as_str().to_owned()),
            key: KeySchema::of_elements(table.key_schema()),
            indexes: global.chain(local).collect(),
            // Of a table that was always provisioned nothing is said.
            billing: billing
                .map_or("PROVISIONED", |mode| mode.as_str())
                .to_owned(),
            items: table.item_count,
            bytes: table.table_size_bytes,
            is_protected: table.deletion_protection_enabled.unwrap_or(false),
            created_at: table.creation_date_time.and_then(|at| at.try_into().ok()),
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::{
        primitives::DateTime,
        types::{BillingMode, BillingModeSummary, TableStatus},
    };
    use serde_json::json;

    #[test]
    fn a_table_is_written_as_a_record() {
        let billing = BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest);
        let table = TableDescription::builder()
            .table_name("orders")
            .table_status(TableStatus::Active)
            .billing_mode_summary(billing.build())
            .item_count(7)
            .creation_date_time(DateTime::from_millis(1_795_336_200_123));
        let expected = json!({
            "name": "orders",
            "arn": null,
            "status": "ACTIVE",
            "key": null,
            "indexes": [],
            "billing": "PAY_PER_REQUEST",
            "items": 7,
            "bytes": null,
            "is_protected": false,
            "created_at": "2026-11-22T08:30:00.123Z",
        });
        let table = TableSummary::of(&table.build());
        assert_eq!(serde_json::to_value(table).unwrap(), expected);
    }
}
