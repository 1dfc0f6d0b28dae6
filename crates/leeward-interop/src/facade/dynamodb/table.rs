//! Tables, from the first day to the last.

use super::{Site, WAITER, definition, schema};
use crate::ministack::{Case, Trouble, same, there};
use leeward_dynamodb::{DynamoDb, TableName};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![Case::new(
        "a table is made, described, listed and deleted",
        |site| Box::pin(table(site)),
    )]
}

async fn table(site: &Site) -> Result<(), Trouble> {
    let db = DynamoDb::new(site.pool.caller().await?);
    let name: TableName = "interop-life".parse()?;
    same("before", db.table_exists(&name).await?, false)?;
    same("before", db.delete_table(&name).await?, false)?;
    db.create_table(definition(&name)?).await?;
    db.wait_active(&name, &WAITER, |_, _| {}).await?;
    same("after", db.table_exists(&name).await?, true)?;
    let summary = there(db.describe_table(&name).await?)?;
    same("its state", summary.status.as_str(), "ACTIVE")?;
    same("its key", summary.key, Some(schema()))?;
    let indexes: Vec<_> = summary.indexes.iter().map(|index| &index.name).collect();
    same("its indexes", indexes, ["by-state"])?;
    let tables = db.tables().collect_up_to(1_000).await?;
    same("listed", tables.items.contains(&name), true)?;
    let by_arn: TableName = there(summary.arn)?.parse()?;
    same("by its ARN", db.table_exists(&by_arn).await?, true)?;
    same("deleted", db.delete_table(&name).await?, true)?;
    db.wait_gone(&name, &WAITER, |_, _| {}).await?;
    same("at last", db.table_exists(&name).await?, false)
}
