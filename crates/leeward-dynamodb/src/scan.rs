use crate::{DynamoDb, Expression, IndexName, Projection, TableName, item};
use aws_sdk_dynamodb::operation::scan::{ScanInput, builders::ScanInputBuilder};
use futures_core::Stream;
use futures_util::stream::{SelectAll, StreamExt, select_all};
use leeward_client_pool::{Collected, Pages};
use leeward_error_taxonomy::AwsError;
use serde::de::DeserializeOwned;
use std::{
    fmt,
    num::NonZero,
    pin::Pin,
    task::{Context, Poll, ready},
};

const SEGMENTS: NonZero<u8> = NonZero::new(4).expect("more than none");

/// How a table is read as a whole.
///
/// ```
/// use leeward_dynamodb::{Expression, ItemError, Scan};
/// use std::num::NonZero;
///
/// let scan = Scan::new()
///     .with_segments(const { NonZero::new(8).unwrap() })
///     .with_filter(Expression::equals("state", "paid")?);
/// # Ok::<(), ItemError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scan {
    segments: NonZero<u8>,
    filter: Option<Expression>,
    projection: Projection,
    index: Option<IndexName>,
    page_size: Option<NonZero<u16>>,
}

impl Scan {
    /// Reads every item, in four segments.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            segments: SEGMENTS,
            filter: None,
            projection: Projection::ALL,
            index: None,
            page_size: None,
        }
    }

    /// Reads so many segments at once; 4 by default.
    ///
    /// Each is a call under way or a page of up to 1 MB in memory. AWS takes a million; past some hundred one process gains nothing.
    #[must_use]
    pub const fn with_segments(mut self, segments: NonZero<u8>) -> Self {
        self.segments = segments;
        self
    }

    /// Leaves out, of what was read and paid for, what does not fit.
    #[must_use]
    pub fn with_filter(self, filter: Expression) -> Self {
        Self {
            filter: Some(filter),
            ..self
        }
    }

    /// Reads these attributes of each item; all by default, and of an index all that it has.
    #[must_use]
    pub fn with_projection(self, projection: Projection) -> Self {
        Self { projection, ..self }
    }

    /// Reads this index of the table.
    #[must_use]
    pub fn with_index(self, index: IndexName) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// Reads so many items a call at the most; by default what makes 1 MB.
    #[must_use]
    pub const fn with_page_size(mut self, page_size: NonZero<u16>) -> Self {
        self.page_size = Some(page_size);
        self
    }

    fn input(&self, table: &TableName, is_consistent: bool) -> ScanInputBuilder {
        let filter = self.filter.as_ref();
        let (projection, names) = self.projection.among(filter.and_then(Expression::names));
        ScanInput::builder()
            .table_name(table.as_str())
            .set_index_name(self.index.clone().map(String::from))
            .set_filter_expression(filter.map(Expression::text))
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(filter.and_then(Expression::values))
            .consistent_read(is_consistent)
            .set_limit(self.page_size.map(|size| i32::from(size.get())))
            .total_segments(i32::from(self.segments.get()))
    }
}

impl Default for Scan {
    fn default() -> Self {
        Self::new()
    }
}

impl DynamoDb {
    /// Reads a table as a whole, segments beside one another: a stream in no order.
    ///
    /// A segment asks for its next page when all items of the one before are taken, so that as many pages are in memory as there are
    /// segments, however slow the reader. Nothing is asked for before it is polled, and nothing is when it is not: a reader that takes longer
    /// with an item than a call may last has the calls that are under way time out. Let it take them from a channel, which a task fills.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Scan};
    /// use leeward_error_taxonomy::AwsError;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { id: String }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let mut orders = db.scan::<Order>(&"orders".parse()?, &Scan::new());
    /// while let Some(order) = orders.next().await {
    ///     println!("{}", order?.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn scan<T>(&self, table: &TableName, scan: &Scan) -> Scanned<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let input = scan.input(table, self.settings.is_consistent);
        let segments = (0..scan.segments.get()).map(|segment| {
            self.caller().pages(
                input.clone().segment(i32::from(segment)),
                ScanInputBuilder::set_exclusive_start_key,
                ScanInputBuilder::send_with,
                |answer| item::page(answer.items, answer.last_evaluated_key),
            )
        });
        Scanned {
            segments: select_all(segments),
        }
    }
}

/// The items of a table, as they come: a [`Stream`].
///
/// It ends after an error; what other segments had at hand is lost with it. Dropping it ends the calls under way; dropping
/// [`next`](Self::next) loses nothing.
#[must_use = "nothing is asked for before it is polled"]
pub struct Scanned<T> {
    segments: SelectAll<Pages<T>>,
}

impl<T> Scanned<T> {
    /// The next item; `None` after the last one.
    ///
    /// ```no_run
    /// # async fn run(mut ids: leeward_dynamodb::Scanned<String>) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// while let Some(id) = ids.next().await {
    ///     println!("{}", id?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<T, AwsError>> {
        StreamExt::next(self).await
    }

    /// Collects `max` items at the most.
    ///
    /// # Errors
    ///
    /// That of the page that could not be had; what came before is lost with it.
    ///
    /// ```no_run
    /// # async fn run(ids: leeward_dynamodb::Scanned<String>) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let some = ids.collect_up_to(1_000).await?;
    /// println!("{} items, more: {}", some.items.len(), some.has_more);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn collect_up_to(self, max: usize) -> Result<Collected<T>, AwsError> {
        Collected::of(self, max).await
    }
}

impl<T> Stream for Scanned<T> {
    type Item = Result<T, AwsError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.segments.poll_next_unpin(cx));
        if let Some(Err(_)) = next {
            self.segments.clear();
        }
        Poll::Ready(next)
    }
}

impl<T> fmt::Debug for Scanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanned")
            .field("segments", &self.segments.len())
            .finish_non_exhaustive()
    }
}
