use crate::{DynamoDb, Expression, Item, TableName, service};
use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemInput, builders::UpdateItemInputBuilder},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use serde::{Serialize, de::DeserializeOwned};

/// What came of a conditional update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict is no error"]
pub enum Updated<T> {
    /// The condition held, and the item is as it is here.
    Done {
        /// The item after the update.
        item: T,
    },
    /// The condition did not hold, and nothing is changed.
    Conflict {
        /// The item that is there; none if there is none.
        item: Option<T>,
    },
}

impl DynamoDb {
    /// Changes the item of a key, making one where there is none, and gives it as it is then.
    ///
    /// It is sent again only if it was surely not applied, since a second `ADD` would add again; see [`put_if`](Self::put_if).
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Expression};
    /// use leeward_error_taxonomy::AwsError;
    /// use std::collections::HashMap;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { seen: u64 }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let seen = Expression::new("ADD seen :one").with_value(":one", &1)?;
    /// let order: Order = db.update(&"orders".parse()?, &HashMap::from([("id", "o-1")]), &seen).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError`](crate::ItemError), if it is no key, or the item is not of the type: it is changed then.
    pub async fn update<T: DeserializeOwned>(
        &self,
        table: &TableName,
        key: &(impl Serialize + Sync + ?Sized),
        change: &Expression,
    ) -> Result<T, AwsError> {
        let update = of_item(table, self.written("UpdateItem", key)?, change.text());
        let update = with_placeholders(update, change);
        let answer = self
            .caller()
            .call(Op::new(update, UpdateItemInputBuilder::send_with))
            .await?;
        self.read_of("UpdateItem", answer.attributes.unwrap_or_default())
    }

    /// Changes the item of a key if a condition holds for it; that it does not is an outcome, with the item.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Expression, Updated};
    /// use leeward_error_taxonomy::AwsError;
    /// use std::collections::HashMap;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { version: u64 }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let (orders, key) = ("orders".parse()?, HashMap::from([("id", "o-1")]));
    /// let next = Expression::new("SET version = :next").with_value(":next", &4)?;
    /// let updated: Updated<Order> = db.update_if(&orders, &key, &next, &Expression::equals("version", &3)?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), and [`Clash`](crate::Clash).
    pub async fn update_if<T: DeserializeOwned>(
        &self,
        table: &TableName,
        key: &(impl Serialize + Sync + ?Sized),
        change: &Expression,
        condition: &Expression,
    ) -> Result<Updated<T>, AwsError> {
        let mut both = change.clone();
        both.take_placeholders(condition.clone())?;
        let update = of_item(table, self.written("UpdateItem", key)?, change.text())
            .condition_expression(condition.text())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = with_placeholders(update, &both);
        let update = Op::new(update, UpdateItemInputBuilder::send_with);
        let error = match self.caller().call(update).await {
            Ok(answer) => {
                let item = self.read_of("UpdateItem", answer.attributes.unwrap_or_default())?;
                return Ok(Updated::Done { item });
            }
            Err(error) => error,
        };
        let item = service::unless_conflict(error)?;
        Ok(Updated::Conflict {
            item: item
                .map(|item| self.read_of("UpdateItem", item))
                .transpose()?,
        })
    }
}

fn of_item(table: &TableName, key: Item, change: String) -> UpdateItemInputBuilder {
    UpdateItemInput::builder()
        .table_name(table.as_str())
        .set_key(Some(key))
        .update_expression(change)
        .return_values(ReturnValue::AllNew)
}

fn with_placeholders(
    update: UpdateItemInputBuilder,
    expression: &Expression,
) -> UpdateItemInputBuilder {
    update
        .set_expression_attribute_names(expression.names())
        .set_expression_attribute_values(expression.values())
}
