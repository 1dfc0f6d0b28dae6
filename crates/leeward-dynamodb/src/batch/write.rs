use super::{
    RefusedEntry, facts_of,
    finish::{Answer, Bounds, Unfinished, finish},
    places::Places,
    reason_of,
};
use crate::{DynamoDb, Item, KeySchema, TableName, item};
use aws_sdk_dynamodb::{
    operation::batch_write_item::{BatchWriteItemInput, builders::BatchWriteItemInputBuilder},
    types::{DeleteRequest, PutRequest, WriteRequest},
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Classify, Facts, OperationName};
use serde::Serialize;
use std::fmt;

/// What one call of BatchWriteItem takes.
const MAX_WRITES: usize = 25;
const OPERATION: OperationName = OperationName::new("dynamodb", "BatchWriteItem");

/// What is to be written in one batch: items to put and keys to delete, no two with the same key.
///
/// ```
/// use leeward_dynamodb::{KeySchema, RefusedEntry, Writes};
/// use std::collections::HashMap;
///
/// let mut writes = Writes::new(KeySchema::new("id"));
/// writes.put(&HashMap::from([("id", "o-1"), ("state", "paid")]))?;
/// writes.delete(&HashMap::from([("id", "o-2")]))?;
/// let twice = writes.delete(&HashMap::from([("id", "o-1")])).unwrap_err();
/// assert_eq!(twice, RefusedEntry::SameKey { first: 0, second: 2 });
/// # Ok::<(), RefusedEntry>(())
/// ```
#[derive(Clone)]
pub struct Writes {
    requests: Vec<WriteRequest>,
    places: Places,
}

impl Writes {
    /// None yet, to a table whose items have this key.
    #[must_use]
    pub fn new(key: KeySchema) -> Self {
        Self {
            requests: Vec::new(),
            places: Places::by(key),
        }
    }

    /// Adds an item that takes the place of whatever has its key.
    ///
    /// # Errors
    ///
    /// [`RefusedEntry`]; the batch stays as it is.
    pub fn put(&mut self, item: &(impl Serialize + ?Sized)) -> Result<(), RefusedEntry> {
        let item = item::to_item(item)?;
        let (entry, bytes) = (self.len(), item::least_size(&item));
        if bytes > item::MAX_SIZE {
            return Err(RefusedEntry::TooLarge { entry, bytes });
        }
        self.places.take(&item)?;
        self.requests.push(request_to_put(item));
        Ok(())
    }

    /// Adds the key of an item that is to go, whether or not it is there.
    ///
    /// # Errors
    ///
    /// [`RefusedEntry`]; the batch stays as it is.
    pub fn delete(&mut self, key: &(impl Serialize + ?Sized)) -> Result<(), RefusedEntry> {
        let key = item::to_item(key)?;
        let of_key = self.places.key().map_or(0, |key| key.attributes().count());
        if key.len() > of_key {
            return Err(RefusedEntry::MoreThanKey { entry: self.len() });
        }
        self.places.take(&key)?;
        self.requests.push(request_to_delete(key));
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// What is to be written, as the SDK has it.
    #[must_use]
    pub fn requests(&self) -> &[WriteRequest] {
        &self.requests
    }
}

/// The item or the key that a request is about.
fn subject(request: &WriteRequest) -> Option<&Item> {
    let put = request.put_request().map(PutRequest::item);
    put.or_else(|| request.delete_request().map(DeleteRequest::key))
}

fn request_to_put(item: Item) -> WriteRequest {
    let put = PutRequest::builder().set_item(Some(item)).build();
    let put = put.expect("the item is set");
    WriteRequest::builder().put_request(put).build()
}

fn request_to_delete(key: Item) -> WriteRequest {
    let delete = DeleteRequest::builder().set_key(Some(key)).build();
    let delete = delete.expect("the key is set");
    WriteRequest::builder().delete_request(delete).build()
}

/// Prints how many there are, and no item.
impl fmt::Debug for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writes")
            .field("key", &self.places.key())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A batch was not written to its end: what is left of it is here, so that nothing is lost.
///
/// It is found in the [`AwsError`] by [`downcast_ref`](AwsError::downcast_ref), and taken out by
/// [`into_inner`](AwsError::into_inner). What was under way when the batch ended is among the rest although it may have been written:
/// writing it again does no harm but to what somebody else has written to its key since.
#[derive(Debug, thiserror::Error)]
#[error("{} of {of} writes are left: {}", .rest.len(), reason_of(.cause.as_ref(), *.timed_out))]
pub struct Unwritten {
    rest: Writes,
    of: usize,
    #[source]
    cause: Option<AwsError>,
    timed_out: bool,
}

impl Unwritten {
    /// What is left, as a batch.
    #[must_use]
    pub const fn rest(&self) -> &Writes {
        &self.rest
    }

    /// Gives what is left back.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, TableName, Unwritten, Writes};
    /// # use std::error::Error;
    ///
    /// # async fn run(db: DynamoDb, orders: TableName, writes: Writes) -> Result<(), Box<dyn Error + Send + Sync>> {
    /// if let Err(error) = db.batch_write(&orders, writes).await {
    ///     let unwritten = error.into_inner().downcast::<Unwritten>()?;
    ///     db.batch_write(&orders, unwritten.into_rest()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_rest(self) -> Writes {
        self.rest
    }

    /// The call that failed last; none if the table took less than it was sent until the time was over.
    #[must_use]
    pub const fn cause(&self) -> Option<&AwsError> {
        self.cause.as_ref()
    }
}

impl Classify for Unwritten {
    fn facts(&self) -> Facts<'_> {
        facts_of(
            self.cause.as_ref(),
            self.timed_out || self.rest.len() < self.of,
        )
    }
}

impl DynamoDb {
    /// Writes a whole batch, of any size.
    ///
    /// It goes out in calls of 25, [four](crate::DynamoDbBuilder::with_max_in_flight) at a time. What DynamoDB leaves unprocessed is sent
    /// again after exponential pauses with full jitter (50 ms to 20 s), as is a call that failed with what may pass, until nothing is left
    /// or the [time](crate::DynamoDbBuilder::with_batch_timeout) is over. Where a call has done nothing at all, sending again is a retry, paid for by
    /// the [budget](leeward_client_pool::Caller::budget) of all calls of the facade, or held back until that pays. A batch is no transaction: while it is under way some of it is
    /// there. A call whose answer was lost is sent again; a write of somebody else between the two is overwritten.
    ///
    /// Dropping the future leaves what was written so far, and what was under way perhaps; the batch may be written again.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, KeySchema, Unwritten, Writes};
    /// use leeward_error_taxonomy::AwsError;
    ///
    /// # #[derive(serde::Serialize)]
    /// # struct Order { id: String }
    /// # async fn run(db: DynamoDb, orders: Vec<Order>) -> Result<(), AwsError> {
    /// let mut writes = Writes::new(KeySchema::new("id"));
    /// for order in &orders {
    ///     writes.put(order)?;
    /// }
    /// if let Err(error) = db.batch_write(&"orders".parse()?, writes).await {
    ///     let left = error.downcast_ref::<Unwritten>().map(|unwritten| unwritten.rest().len());
    ///     println!("{left:?} are left: {error}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unwritten`], with what was not written: at the first failure that is final, or when the time is over. One item that DynamoDB
    /// refuses although the batch took it (its key has another type than that of the table) fails the call of 25 that it is in.
    pub async fn batch_write(&self, table: &TableName, writes: Writes) -> Result<(), AwsError> {
        let Writes { requests, places } = writes;
        let of = requests.len();
        let finished = finish(
            Bounds {
                chunk: MAX_WRITES,
                max_in_flight: self.settings.max_in_flight,
                timeout: self.settings.batch_timeout,
            },
            self.caller().budget(),
            requests,
            |chunk| self.write_some(table, chunk),
            |()| {},
        );
        finished.await.map_err(|unfinished| {
            let Unfinished {
                rest,
                cause,
                timed_out,
            } = unfinished;
            let error = AwsError::new(Unwritten {
                rest: Writes {
                    places: places.of_rest(rest.iter().filter_map(subject)),
                    requests: rest,
                },
                of,
                cause,
                timed_out,
            });
            self.caller().told(OPERATION, error)
        })
    }

    async fn write_some(
        &self,
        table: &TableName,
        chunk: Vec<WriteRequest>,
    ) -> Result<Answer<(), WriteRequest>, AwsError> {
        let write = BatchWriteItemInput::builder().request_items(table.as_str(), chunk);
        // Whole items are put and keys deleted: a second time does the same.
        let write = Op::new(write, BatchWriteItemInputBuilder::send_with).idempotent();
        let answer = self.caller().call(write).await?;
        let left = answer.unprocessed_items.unwrap_or_default();
        Ok(Answer {
            done: (),
            left: left.into_values().flatten().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_no_batch_takes_is_refused_before_anything_is_sent() {
        let mut writes = Writes::new(KeySchema::new("id").with_sort("nr"));
        writes
            .put(&json!({"id": "a", "nr": 1, "secret": "s3cret"}))
            .unwrap();
        writes.put(&json!({"id": "a", "nr": 2})).unwrap();
        let same = RefusedEntry::SameKey {
            first: 0,
            second: 2,
        };
        let no_key = |attribute: &str| RefusedEntry::NoKey {
            entry: 2,
            attribute: attribute.to_owned(),
        };
        assert_eq!(
            writes.put(&json!({"id": "a", "nr": 1.0})).unwrap_err(),
            same
        );
        assert_eq!(
            writes.delete(&json!({"id": "a", "nr": 1})).unwrap_err(),
            same
        );
        assert_eq!(writes.put(&json!({"id": "a"})).unwrap_err(), no_key("nr"));
        assert_eq!(
            writes.put(&json!({"id": null, "nr": 1})).unwrap_err(),
            no_key("id")
        );
        let more = writes
            .delete(&json!({"id": "b", "nr": 1, "at": 1}))
            .unwrap_err();
        assert_eq!(more, RefusedEntry::MoreThanKey { entry: 2 });
        assert!(matches!(
            writes.put("text").unwrap_err(),
            RefusedEntry::Unwritable(_)
        ));
        assert_eq!(writes.len(), 2);
        assert!(!format!("{writes:?}").contains("s3cret"));
    }

    #[test]
    fn an_item_that_dynamodb_would_refuse_does_not_take_the_others_with_it() {
        let mut writes = Writes::new(KeySchema::new("id"));
        // The names count as well: 2 of `id`, 1 of its value, 4 of `text`.
        let item = |text: usize| json!({"id": "a", "text": "x".repeat(text)});
        let refused = writes.put(&item(409_594)).unwrap_err();
        let too_large = RefusedEntry::TooLarge {
            entry: 0,
            bytes: 409_601,
        };
        assert_eq!(refused, too_large);
        writes.put(&item(409_593)).unwrap();
    }

    #[test]
    fn what_is_left_is_about_the_same_items() {
        let mut writes = Writes::new(KeySchema::new("id"));
        writes.put(&json!({"id": "a", "nr": 1})).unwrap();
        writes.delete(&json!({"id": "b"})).unwrap();
        let subjects = writes.requests.iter().filter_map(subject);
        let ids: Vec<_> = subjects.map(|item| item["id"].as_s().unwrap()).collect();
        assert_eq!(ids, ["a", "b"]);
    }
}
