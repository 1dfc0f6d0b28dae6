//! Reads of one moment.

use super::{WrongSize, cancelled};
use crate::{DynamoDb, Item, ItemError, Projection, TableName, item};
use aws_sdk_dynamodb::{
    operation::transact_get_items::{
        TransactGetItemsInput, builders::TransactGetItemsInputBuilder,
    },
    types::{Get, ItemResponse, TransactGetItem},
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, OperationName, Stage, Verdict};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

const OPERATION: OperationName = OperationName::new("dynamodb", "TransactGetItems");

/// The keys of items that are read together, as they are at one moment: at most 100, of one table or several.
///
/// ```
/// use leeward_dynamodb::{Projection, Reads};
/// use std::collections::HashMap;
///
/// # fn reads() -> Result<Reads, leeward_error_taxonomy::AwsError> {
/// let (orders, stock) = ("orders".parse()?, "stock".parse()?);
/// let reads = Reads::new()
///     .get(&orders, &HashMap::from([("id", "o-1")]))?
///     .pick(&stock, &HashMap::from([("article", "lamp")]), &Projection::of(["pieces"]))?;
/// # Ok(reads)
/// # }
/// # assert_eq!(reads().unwrap().len(), 2);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Reads {
    reads: Vec<TransactGetItem>,
}

impl Reads {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the item of a key.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn get(
        self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        self.pick(table, key, &Projection::ALL)
    }

    /// Reads some attributes of the item of a key.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn pick(
        mut self,
        table: &TableName,
        key: &(impl Serialize + ?Sized),
        projection: &Projection,
    ) -> Result<Self, ItemError> {
        let get = read_of(table, item::to_item(key)?, projection);
        self.reads.push(TransactGetItem::builder().get(get).build());
        Ok(self)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.reads.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.reads.is_empty()
    }
}

fn read_of(table: &TableName, key: Item, projection: &Projection) -> Get {
    let (projection, names) = projection.among(None);
    Get::builder()
        .table_name(table.as_str())
        .set_key(Some(key))
        .set_projection_expression(projection)
        .set_expression_attribute_names(names)
        .build()
        .expect("key and table are set")
}

/// Prints how many there are, and no key.
impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// Items as they were at one moment, in the order in which they were asked for.
#[derive(Clone, PartialEq)]
pub struct Snapshot {
    items: Vec<Option<Item>>,
}

impl Snapshot {
    /// The item of the read of this place, counted from 0, in the type that it is; `None` if there was none, or no such read.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unreadable`].
    pub fn item<T: DeserializeOwned>(&self, place: usize) -> Result<Option<T>, ItemError> {
        let item = self.items.get(place).cloned().flatten();
        item.map(item::from_item).transpose()
    }

    /// All of them, if they are of one type.
    ///
    /// ```no_run
    /// # use leeward_dynamodb::{DynamoDb, Reads};
    /// # use std::collections::HashMap;
    /// # async fn run(db: DynamoDb, reads: Reads) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let items = db.transact_get(&reads).await?.into_items::<HashMap<String, String>>()?;
    /// println!("{} of {} are there", items.iter().flatten().count(), items.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError::Unreadable`], of the first one that is not of the type.
    pub fn into_items<T: DeserializeOwned>(self) -> Result<Vec<Option<T>>, ItemError> {
        let items = self.items.into_iter();
        items
            .map(|item| item.map(item::from_item).transpose())
            .collect()
    }

    fn of(answers: Vec<ItemResponse>, reads: usize) -> Result<Self, Miscounted> {
        let answered = answers.len();
        if answered != reads {
            return Err(Miscounted { reads, answered });
        }
        Ok(Self {
            items: answers.into_iter().map(|answer| answer.item).collect(),
        })
    }
}

/// Prints how many there are, and no item.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("len", &self.items.len())
            .finish_non_exhaustive()
    }
}

/// Answers stand for reads by their places, so that one less leaves all of them without a meaning.
#[derive(Debug, thiserror::Error)]
#[error("DynamoDB has answered {answered} of {reads} reads")]
struct Miscounted {
    reads: usize,
    answered: usize,
}

impl Classify for Miscounted {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Internal, Verdict::Final)
    }
}

impl DynamoDb {
    /// Reads items together, as they are at one moment: no write is seen for one of them and not for another.
    ///
    /// It is sent again like every read, and where a transaction that writes was in the way. It costs twice what consistent reads cost.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Reads};
    /// use leeward_error_taxonomy::AwsError;
    /// use std::collections::HashMap;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { article: String }
    /// # #[derive(serde::Deserialize)]
    /// # struct Article { pieces: u64 }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let reads = Reads::new()
    ///     .get(&"orders".parse()?, &HashMap::from([("id", "o-1")]))?
    ///     .get(&"stock".parse()?, &HashMap::from([("article", "lamp")]))?;
    /// let now = db.transact_get(&reads).await?;
    /// let (order, article) = (now.item::<Order>(0)?, now.item::<Article>(1)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Cancelled`](crate::Cancelled), with a reason for each read; [`WrongSize`]. All together, the items have 4 MB at the most.
    pub async fn transact_get(&self, reads: &Reads) -> Result<Snapshot, AwsError> {
        WrongSize::check(reads.len())?;
        let read = TransactGetItemsInput::builder().set_transact_items(Some(reads.reads.clone()));
        let read = Op::new(read, TransactGetItemsInputBuilder::send_with);
        let answer = self.caller().call(read).await.map_err(cancelled::of)?;
        let snapshot = Snapshot::of(answer.responses.unwrap_or_default(), reads.len());
        snapshot.map_err(|miscounted| self.caller().told(OPERATION, AwsError::new(miscounted)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_less_than_asked_for_is_no_snapshot() {
        let none = || ItemResponse::builder().build();
        assert!(Snapshot::of(vec![none(), none()], 2).is_ok());
        let error = Snapshot::of(vec![none()], 2).unwrap_err();
        assert_eq!(error.to_string(), "DynamoDB has answered 1 of 2 reads");
    }
}
