use super::{
    RefusedEntry, facts_of,
    finish::{Answer, Bounds, Unfinished, finish},
    places::Places,
    reason_of,
};
use crate::{DynamoDb, Item, ItemError, Projection, TableName, item};
use aws_sdk_dynamodb::{
    operation::batch_get_item::{BatchGetItemInput, builders::BatchGetItemInputBuilder},
    types::KeysAndAttributes,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Classify, Facts, OperationName};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// What one call of BatchGetItem takes.
const MAX_KEYS: usize = 100;
const OPERATION: OperationName = OperationName::new("dynamodb", "BatchGetItem");

/// The keys of items that are to be read in one batch, none of them twice.
///
/// ```
/// use leeward_dynamodb::{Keys, RefusedEntry};
/// use std::collections::HashMap;
///
/// let keys = Keys::of(["o-1", "o-2"].map(|id| HashMap::from([("id", id)])))?;
/// assert_eq!(keys.len(), 2);
/// # Ok::<(), RefusedEntry>(())
/// ```
#[derive(Clone, Default)]
pub struct Keys {
    keys: Vec<Item>,
    places: Places,
    projection: Projection,
}

impl Keys {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All of these.
    ///
    /// # Errors
    ///
    /// [`RefusedEntry`], of the first one that is refused.
    pub fn of(keys: impl IntoIterator<Item = impl Serialize>) -> Result<Self, RefusedEntry> {
        let mut all = Self::new();
        for key in keys {
            all.add(&key)?;
        }
        Ok(all)
    }

    /// Adds one.
    ///
    /// ```
    /// use leeward_dynamodb::Keys;
    /// use std::collections::HashMap;
    ///
    /// let mut keys = Keys::new();
    /// keys.add(&HashMap::from([("id", "o-1")]))?;
    /// assert!(keys.add(&HashMap::from([("id", "o-1")])).is_err());
    /// # Ok::<(), leeward_dynamodb::RefusedEntry>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RefusedEntry`]; the batch stays as it is.
    pub fn add(&mut self, key: &(impl Serialize + ?Sized)) -> Result<(), RefusedEntry> {
        let key = item::to_item(key)?;
        let (entry, attributes) = (self.len(), key.len());
        if !(1..=2).contains(&attributes) {
            return Err(RefusedEntry::KeySize { entry, attributes });
        }
        self.places.take(&key)?;
        self.keys.push(key);
        Ok(())
    }

    /// Reads these attributes of the items; all by default.
    #[must_use]
    pub fn with_projection(self, projection: Projection) -> Self {
        Self { projection, ..self }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Prints how many there are, and none of them.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A batch was not read to its end: the keys that are left are here, and the items that were read.
#[derive(thiserror::Error)]
#[error("{} of {of} keys are left: {}", .rest.len(), reason_of(.cause.as_ref(), *.timed_out))]
pub struct Unread {
    rest: Keys,
    items: Vec<Item>,
    of: usize,
    #[source]
    cause: Option<AwsError>,
    timed_out: bool,
}

impl Unread {
    /// The keys that are left.
    #[must_use]
    pub const fn rest(&self) -> &Keys {
        &self.rest
    }

    /// The items that were read before.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unreadable`].
    pub fn items<T: DeserializeOwned>(&self) -> Result<Vec<T>, ItemError> {
        self.items.iter().cloned().map(item::from_item).collect()
    }

    /// The call that failed last; none if the table gave less than it was asked for until the time was over.
    #[must_use]
    pub const fn cause(&self) -> Option<&AwsError> {
        self.cause.as_ref()
    }
}

/// Prints no item.
impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread")
            .field("rest", &self.rest)
            .field("items", &self.items.len())
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl Classify for Unread {
    fn facts(&self) -> Facts<'_> {
        facts_of(
            self.cause.as_ref(),
            self.timed_out || self.rest.len() < self.of,
        )
    }
}

impl DynamoDb {
    /// Reads the items of all these keys, in no order; a key without an item gives none.
    ///
    /// It asks for 100 at a time, in [four](crate::DynamoDbBuilder::with_max_in_flight) calls at once, and for what DynamoDB leaves
    /// unprocessed again, as [`batch_write`](Self::batch_write) does. All items are in memory at the end: for a table as a whole there is
    /// [`scan`](Self::scan).
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Keys, Projection};
    /// use leeward_error_taxonomy::AwsError;
    /// use std::collections::HashMap;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { id: String }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let keys = Keys::of(["o-1", "o-2"].map(|id| HashMap::from([("id", id)])))?;
    /// let keys = keys.with_projection(Projection::of(["id"]));
    /// let orders: Vec<Order> = db.batch_get(&"orders".parse()?, keys).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unread`], with the keys that are left and the items that are not, at the first failure that is final or when the
    /// [time](crate::DynamoDbBuilder::with_batch_timeout) is over; [`ItemError`], if an item is not of the type.
    pub async fn batch_get<T: DeserializeOwned>(
        &self,
        table: &TableName,
        keys: Keys,
    ) -> Result<Vec<T>, AwsError> {
        let (of, projection) = (keys.len(), keys.projection);
        let mut items = Vec::with_capacity(of);
        let finished = finish(
            Bounds {
                chunk: MAX_KEYS,
                max_in_flight: self.settings.max_in_flight,
                timeout: self.settings.batch_timeout,
            },
            self.caller().budget(),
            keys.keys,
            |chunk| self.read_some(table, chunk, &projection),
            |read: Vec<Item>| items.extend(read),
        );
        if let Err(unfinished) = finished.await {
            let Unfinished {
                rest,
                cause,
                timed_out,
            } = unfinished;
            let error = AwsError::new(Unread {
                rest: Keys {
                    places: keys.places.of_rest(&rest),
                    keys: rest,
                    projection,
                },
                items,
                of,
                cause,
                timed_out,
            });
            return Err(self.caller().told(OPERATION, error));
        }
        let typed: Result<Vec<T>, ItemError> = items.into_iter().map(item::from_item).collect();
        typed.map_err(|error| self.caller().told(OPERATION, error))
    }

    async fn read_some(
        &self,
        table: &TableName,
        chunk: Vec<Item>,
        projection: &Projection,
    ) -> Result<Answer<Vec<Item>, Item>, AwsError> {
        let (projection, names) = projection.among(None);
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(chunk))
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .consistent_read(self.settings.is_consistent)
            .build()
            .expect("the keys are set");
        let read = BatchGetItemInput::builder().request_items(table.as_str(), keys);
        let read = Op::new(read, BatchGetItemInputBuilder::send_with);
        let answer = self.caller().call(read).await?;
        let left = answer.unprocessed_keys.unwrap_or_default();
        Ok(Answer {
            done: answer
                .responses
                .unwrap_or_default()
                .into_values()
                .flatten()
                .collect(),
            left: left.into_values().flat_map(|left| left.keys).collect(),
        })
    }
}
