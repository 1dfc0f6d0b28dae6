//! Transactions: all of their writes are applied, or none; all of their reads are of one moment.

mod cancelled;
mod read;

pub use cancelled::{Cancelled, Reason};
pub use read::{Reads, Snapshot};

use crate::{DynamoDb, Expression, Item, ItemError, TableName, TransactionToken, item};
use aws_sdk_dynamodb::{
    operation::transact_write_items::{
        TransactWriteItemsInput, builders::TransactWriteItemsInputBuilder,
    },
    types::{
        ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    },
};
use leeward_client_pool::{Op, random_token};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use serde::Serialize;
use std::fmt;

/// What one call of TransactWriteItems takes, and one of TransactGetItems.
const MAX_ACTIONS: usize = 100;
const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// Writes that are applied together or not at all, at most 100, no two of them to one item.
///
/// It has a token, drawn when it is made, that its clones share: whatever is sent with one token within ten minutes is applied once.
///
/// ```
/// use leeward_dynamodb::{Expression, Transaction};
/// use leeward_error_taxonomy::AwsError;
/// use std::collections::HashMap;
///
/// let (orders, stock) = ("orders".parse()?, "stock".parse()?);
/// let order = HashMap::from([("id", "o-1"), ("article", "lamp")]);
/// let article = HashMap::from([("article", "lamp")]);
/// let takes_one = Expression::new("SET pieces = pieces - :one").with_value(":one", &1)?;
/// let are_there = Expression::new("pieces >= :least").with_value(":least", &1)?;
/// let transaction = Transaction::new()
///     .put_if(&orders, &order, &Expression::absent("id"))?
///     .update_if(&stock, &article, &takes_one, &are_there)?;
/// # Ok::<(), AwsError>(())
/// ```
#[derive(Clone)]
pub struct Transaction {
    token: TransactionToken,
    actions: Vec<TransactWriteItem>,
}

impl Transaction {
    /// An empty one, with a token of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_token(drawn())
    }

    /// An empty one with this token: one that stands for the job, so that a second process which does the same job does nothing.
    #[must_use]
    pub const fn with_token(token: TransactionToken) -> Self {
        Self {
            token,
            actions: Vec::new(),
        }
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &TransactionToken {
        &self.token
    }

    /// How many actions it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Writes an item.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn put(
        self,
        table: &TableName,
        item: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        self.put_where(table, item, None)
    }

    /// Writes an item if a condition holds for the one that has its key.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn put_if(
        self,
        table: &TableName,
        item: &(impl Serialize + ?Sized),
        condition: &Expression,
    ) -> Result<Self, ItemError> {
        self.put_where(table, item, Some(condition))
    }

    /// Deletes the item of a key.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn delete(
        self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        self.delete_where(table, key, None)
    }

    /// Deletes the item of a key if a condition holds for it.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn delete_if(
        self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
        condition: &Expression,
    ) -> Result<Self, ItemError> {
        self.delete_where(table, key, Some(condition))
    }

    /// Changes the item of a key.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`], of the key.
    pub fn update(
        self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
        change: &Expression,
    ) -> Result<Self, ItemError> {
        let key = item::to_item(key)?;
        let update = update_of(table, key, change.text(), change, None);
        Ok(self.and(TransactWriteItem::builder().update(update).build()))
    }

    /// Changes the item of a key if a condition holds for it.
    ///
    /// # Errors
    ///
    /// [`ItemError`](crate::ItemError) of the key and [`Clash`](crate::Clash), as an [`AwsError`].
    pub fn update_if(
        self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
        change: &Expression,
        condition: &Expression,
    ) -> Result<Self, AwsError> {
        let mut both = change.clone();
        both.take_placeholders(condition.clone())?;
        let key = item::to_item(key)?;
        let update = update_of(table, key, change.text(), &both, Some(condition));
        Ok(self.and(TransactWriteItem::builder().update(update).build()))
    }

    /// Writes nothing to the item of a key, but has the transaction applied only if a condition holds for it.
    ///
    /// ```
    /// use leeward_dynamodb::{Expression, Transaction};
    /// use std::collections::HashMap;
    ///
    /// let (customers, customer) = ("customers".parse()?, HashMap::from([("id", "c-1")]));
    /// let transaction = Transaction::new().check(&customers, &customer, &Expression::present("id"))?;
    /// # Ok::<(), leeward_error_taxonomy::AwsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn check(
        self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
        condition: &Expression,
    ) -> Result<Self, ItemError> {
        let check = check_of(table, item::to_item(key)?, condition);
        Ok(self.and(TransactWriteItem::builder().condition_check(check).build()))
    }

    fn put_where(
        self,
        table: &TableName,
        item: &(impl Serialize + ?Sized),
        condition: Option<&Expression>,
    ) -> Result<Self, ItemError> {
        let put = Put::builder()
            .table_name(table.as_str())
            .set_item(Some(item::to_item(item)?))
            .set_condition_expression(condition.map(Expression::text))
            .set_expression_attribute_names(condition.and_then(Expression::names))
            .set_expression_attribute_values(condition.and_then(Expression::values))
            .set_return_values_on_condition_check_failure(condition.map(|_| ALL_OLD))
            .build()
            .expect("item and table are set");
        Ok(self.and(TransactWriteItem::builder().put(put).build()))
    }

    fn delete_where(
        self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
        condition: Option<&Expression>,
    ) -> Result<Self, ItemError> {
        let delete = Delete::builder()
            .table_name(table.as_str())
            .set_key(Some(item::to_item(key)?))
            .set_condition_expression(condition.map(Expression::text))
            .set_expression_attribute_names(condition.and_then(Expression::names))
            .set_expression_attribute_values(condition.and_then(Expression::values))
            .set_return_values_on_condition_check_failure(condition.map(|_| ALL_OLD))
            .build()
            .expect("key and table are set");
        Ok(self.and(TransactWriteItem::builder().delete(delete).build()))
    }

    fn and(mut self, action: TransactWriteItem) -> Self {
        self.actions.push(action);
        self
    }
}

fn drawn() -> TransactionToken {
    TransactionToken::new(random_token()).expect("it has 32 characters")
}

fn update_of(
    table: &TableName,
    key: Item,
    change: String,
    placeholders: &Expression,
    condition: Option<&Expression>,
) -> Update {
    Update::builder()
        .table_name(table.as_str())
        .set_key(Some(key))
        .update_expression(change)
        .set_condition_expression(condition.map(Expression::text))
        .set_expression_attribute_names(placeholders.names())
        .set_expression_attribute_values(placeholders.values())
        .set_return_values_on_condition_check_failure(condition.map(|_| ALL_OLD))
        .build()
        .expect("key, table and change are set")
}

fn check_of(table: &TableName, key: Item, condition: &Expression) -> ConditionCheck {
    ConditionCheck::builder()
        .table_name(table.as_str())
        .set_key(Some(key))
        .condition_expression(condition.text())
        .set_expression_attribute_names(condition.names())
        .set_expression_attribute_values(condition.values())
        .return_values_on_condition_check_failure(ALL_OLD)
        .build()
        .expect("key, table and condition are set")
}

impl Default for Transaction {
    fn default() -> Self {
        Self::new()
    }
}

/// Prints the token and how many actions there are, and no item.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("token", &self.token)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A transaction without an action, or with more than there may be. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a transaction has 1 to {MAX_ACTIONS} actions, not {0}")]
pub struct WrongSize(usize);

impl WrongSize {
    fn check(actions: usize) -> Result<(), AwsError> {
        match actions {
            1..=MAX_ACTIONS => Ok(()),
            _ => Err(AwsError::new(Self(actions))),
        }
    }
}

impl Classify for WrongSize {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
    }
}

impl DynamoDb {
    /// Applies a transaction, once.
    ///
    /// Thanks to its token it is sent again like a read: after a lost answer too, and where another transaction was in the way.
    /// Dropping the future may leave it applied or not; the same transaction (a clone) may be given again within ten minutes, and is
    /// applied only if it was not.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{Cancelled, DynamoDb, Reason, Transaction};
    /// use leeward_error_taxonomy::AwsError;
    ///
    /// # async fn run(db: DynamoDb, transaction: Transaction) -> Result<(), AwsError> {
    /// if let Err(error) = db.transact(&transaction).await {
    ///     let reasons = error.downcast_ref::<Cancelled>().map(Cancelled::reasons).unwrap_or_default();
    ///     let is_first = reasons.first().is_some_and(|reason| *reason != Reason::Fine);
    ///     println!("{error}; the first action is to blame: {is_first}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Cancelled`], with a reason for each action; [`WrongSize`]; `IdempotentParameterMismatchException` of the service if something
    /// else was sent with the token.
    pub async fn transact(&self, transaction: &Transaction) -> Result<(), AwsError> {
        let Transaction { token, actions } = transaction;
        WrongSize::check(actions.len())?;
        let write = TransactWriteItemsInput::builder()
            .set_transact_items(Some(actions.clone()))
            .client_request_token(token.as_str());
        // The token makes it so.
        let write = Op::new(write, TransactWriteItemsInputBuilder::send_with).idempotent();
        match self.caller().call(write).await {
            Ok(_) => Ok(()),
            Err(error) => Err(cancelled::of(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_token_of_its_own_and_shares_it_with_its_clones() {
        let transaction = Transaction::new();
        assert_eq!(transaction.clone().token(), transaction.token());
        assert_ne!(Transaction::new().token(), transaction.token());
    }
}
