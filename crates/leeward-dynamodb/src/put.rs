use crate::{DynamoDb, Expression, TableName, service};
use aws_sdk_dynamodb::{
    operation::put_item::{PutItemInput, builders::PutItemInputBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use serde::{Serialize, de::DeserializeOwned};

/// What came of a conditional put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict is no error"]
pub enum Put<T> {
    /// The condition held, and the item is written.
    Written,
    /// The condition did not hold, and nothing is written.
    Conflict {
        /// The item that is there; none if there is none.
        item: Option<T>,
    },
}

impl DynamoDb {
    /// Writes an item, in the place of whatever has its key.
    ///
    /// A call whose answer was lost is sent again: it writes the same once more, over what somebody else has written in between. Where
    /// that matters, [`put_if`](Self::put_if). Dropping the future may leave the item written or not.
    ///
    /// ```no_run
    /// # #[derive(serde::Serialize)]
    /// # struct Order { id: String }
    /// # async fn run(db: leeward_dynamodb::DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// db.put(&"orders".parse()?, &Order { id: "o-1".to_owned() }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError`](crate::ItemError), if it is no item; `ValidationException` of the service for one without the key of the table.
    pub async fn put(
        &self,
        table: &TableName,
        item: &(impl Serialize + Sync + ?Sized),
    ) -> Result<(), AwsError> {
        let put = PutItemInput::builder()
            .table_name(table.as_str())
            .set_item(Some(self.written("PutItem", item)?));
        let put = Op::new(put, PutItemInputBuilder::send_with).idempotent();
        self.caller().call(put).await?;
        Ok(())
    }

    /// Writes an item if a condition holds for the item that has its key; that it does not is an outcome, with that item.
    ///
    /// It is sent again only if it was surely not applied: after throttling, and where it could not be sent. An answer that was lost is an
    /// error whose [`stage`](AwsError::stage) says that it may have been applied; reading the item tells.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Expression, Put};
    /// use leeward_error_taxonomy::AwsError;
    ///
    /// # #[derive(serde::Serialize, serde::Deserialize)]
    /// # struct Order { id: String }
    /// # async fn run(db: DynamoDb, order: Order) -> Result<(), AwsError> {
    /// match db.put_if(&"orders".parse()?, &order, &Expression::absent("id")).await? {
    ///     Put::Written => println!("a new order"),
    ///     Put::Conflict { item } => println!("there is {:?}", item.map(|order: Order| order.id)),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError`](crate::ItemError), if it is no item, or the one in conflict is not of the type.
    pub async fn put_if<T: DeserializeOwned>(
        &self,
        table: &TableName,
        item: &(impl Serialize + Sync + ?Sized),
        condition: &Expression,
    ) -> Result<Put<T>, AwsError> {
        let put = PutItemInput::builder()
            .table_name(table.as_str())
            .set_item(Some(self.written("PutItem", item)?))
            .condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = Op::new(put, PutItemInputBuilder::send_with);
        let Err(error) = self.caller().call(put).await else {
            return Ok(Put::Written);
        };
        let item = service::unless_conflict(error)?;
        Ok(Put::Conflict {
            item: item.map(|item| self.read_of("PutItem", item)).transpose()?,
        })
    }
}
