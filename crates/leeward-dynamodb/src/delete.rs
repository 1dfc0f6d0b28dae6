use crate::{DynamoDb, Expression, TableName, service};
use aws_sdk_dynamodb::{
    operation::delete_item::{DeleteItemInput, builders::DeleteItemInputBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use serde::{Serialize, de::DeserializeOwned};

/// What came of a conditional delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict is no error"]
pub enum Deleted<T> {
    /// The condition held, and there is no such item now.
    Gone,
    /// The condition did not hold, and the item stays.
    Conflict {
        /// The item that is there; none if there is none.
        item: Option<T>,
    },
}

impl DynamoDb {
    /// Deletes the item of a key, whether or not it is there.
    ///
    /// A call whose answer was lost is sent again: an item that somebody has put in between goes too.
    ///
    /// ```no_run
    /// # use std::collections::HashMap;
    /// # async fn run(db: leeward_dynamodb::DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// db.delete(&"orders".parse()?, &HashMap::from([("id", "o-1")])).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError`](crate::ItemError), if it is no key; `ValidationException` of the service if it is not that of the table.
    pub async fn delete(
        &self,
        table: &TableName,
        key: &(impl Serialize + Sync + ?Sized),
    ) -> Result<(), AwsError> {
        let delete = DeleteItemInput::builder()
            .table_name(table.as_str())
            .set_key(Some(self.written("DeleteItem", key)?));
        let delete = Op::new(delete, DeleteItemInputBuilder::send_with).idempotent();
        self.caller().call(delete).await?;
        Ok(())
    }

    /// Deletes the item of a key if a condition holds for it; that it does not is an outcome, with the item.
    ///
    /// It is sent again only if it was surely not applied, as [`put_if`](Self::put_if) is.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{Deleted, DynamoDb, Expression};
    /// use leeward_error_taxonomy::AwsError;
    /// use std::collections::HashMap;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { state: String }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let (orders, key) = ("orders".parse()?, HashMap::from([("id", "o-1")]));
    /// let is_cancelled = Expression::equals("state", "cancelled")?;
    /// let deleted: Deleted<Order> = db.delete_if(&orders, &key, &is_cancelled).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError`](crate::ItemError), if it is no key, or the item in conflict is not of the type.
    pub async fn delete_if<T: DeserializeOwned>(
        &self,
        table: &TableName,
        key: &(impl Serialize + Sync + ?Sized),
        condition: &Expression,
    ) -> Result<Deleted<T>, AwsError> {
        let delete = DeleteItemInput::builder()
            .table_name(table.as_str())
            .set_key(Some(self.written("DeleteItem", key)?))
            .condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let delete = Op::new(delete, DeleteItemInputBuilder::send_with);
        let Err(error) = self.caller().call(delete).await else {
            return Ok(Deleted::Gone);
        };
        let item = service::unless_conflict(error)?;
        Ok(Deleted::Conflict {
            item: item
                .map(|item| self.read_of("DeleteItem", item))
                .transpose()?,
        })
    }
}
