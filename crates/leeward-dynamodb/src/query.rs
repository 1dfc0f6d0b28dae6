use crate::{Clash, DynamoDb, Expression, IndexName, ItemError, Projection, TableName, item};
use aws_sdk_dynamodb::operation::query::{QueryInput, builders::QueryInputBuilder};
use leeward_client_pool::Pages;
use serde::{Serialize, de::DeserializeOwned};
use std::num::NonZero;

/// Which items of one partition are asked for, and in which order.
///
/// ```
/// use leeward_dynamodb::{Expression, ItemError, Query, Sort};
///
/// let of_this_year = Query::new("customer", "c-1")?
///     .with_sort(Sort::begins_with("placed_at", "2026-")?)
///     .with_filter(Expression::equals("state", "paid")?)
///     .descending();
/// # Ok::<(), ItemError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    key: Expression,
    sort: Option<Sort>,
    filter: Option<Expression>,
    projection: Projection,
    index: Option<IndexName>,
    is_ascending: bool,
    page_size: Option<NonZero<u16>>,
}

impl Query {
    /// Asks for all items whose partition key, the attribute of this name, has this value.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn new(
        partition: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        let key = Expression::new("#partition = :partition")
            .with_name("#partition", partition)
            .with_value(":partition", value)?;
        Ok(Self {
            key,
            sort: None,
            filter: None,
            projection: Projection::ALL,
            index: None,
            is_ascending: true,
            page_size: None,
        })
    }

    /// Asks only for those whose sort key is so.
    #[must_use]
    pub fn with_sort(self, sort: Sort) -> Self {
        Self {
            sort: Some(sort),
            ..self
        }
    }

    /// Leaves out, of what was read and paid for, what does not fit; of attributes that are not of the key.
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

    /// Asks this index of the table.
    #[must_use]
    pub fn with_index(self, index: IndexName) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// Begins with the greatest sort key; with the least by default.
    #[must_use]
    pub fn descending(self) -> Self {
        Self {
            is_ascending: false,
            ..self
        }
    }

    /// Reads so many items a call at the most; by default what makes 1 MB.
    #[must_use]
    pub fn with_page_size(self, page_size: NonZero<u16>) -> Self {
        Self {
            page_size: Some(page_size),
            ..self
        }
    }

    fn input(self, table: &TableName, is_consistent: bool) -> Result<QueryInputBuilder, Clash> {
        let mut key = self.key;
        if let Some(Sort(sort)) = self.sort {
            key = key.and(sort)?;
        }
        let (condition, filter) = (key.text(), self.filter.as_ref().map(Expression::text));
        if let Some(filter) = self.filter {
            key.take_placeholders(filter)?;
        }
        let (projection, names) = self.projection.among(key.names());
        Ok(QueryInput::builder()
            .table_name(table.as_str())
            .set_index_name(self.index.map(String::from))
            .key_condition_expression(condition)
            .set_filter_expression(filter)
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(key.values())
            .scan_index_forward(self.is_ascending)
            .consistent_read(is_consistent)
            .set_limit(self.page_size.map(|size| i32::from(size.get()))))
    }
}

/// What is asked of a sort key.
#[derive(Clone, Debug)]
pub struct Sort(Expression);

impl Sort {
    /// It is this.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`], as of all others here.
    pub fn equals(
        attribute: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        Self::of("#sort = :sort", attribute, value)
    }

    /// It is less than this.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn less_than(
        attribute: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        Self::of("#sort < :sort", attribute, value)
    }

    /// It is this or less.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn at_most(
        attribute: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        Self::of("#sort <= :sort", attribute, value)
    }

    /// It is greater than this.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn greater_than(
        attribute: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        Self::of("#sort > :sort", attribute, value)
    }

    /// It is this or greater.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn at_least(
        attribute: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        Self::of("#sort >= :sort", attribute, value)
    }

    /// It is a text, or bytes, that begins with this.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn begins_with(
        attribute: impl Into<String>,
        prefix: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        Self::of("begins_with(#sort, :sort)", attribute, prefix)
    }

    /// It lies between these, or is one of them.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn between(
        attribute: impl Into<String>,
        least: &(impl Serialize + ?Sized),
        greatest: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        let Self(sort) = Self::of("#sort BETWEEN :sort AND :sort_to", attribute, least)?;
        Ok(Self(sort.with_value(":sort_to", greatest)?))
    }

    fn of(
        text: &str,
        attribute: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        let sort = Expression::new(text).with_name("#sort", attribute);
        Ok(Self(sort.with_value(":sort", value)?))
    }
}

impl DynamoDb {
    /// Lists the items of one partition in the order of their sort keys, page by page.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Query};
    /// use leeward_error_taxonomy::AwsError;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { id: String }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let query = Query::new("customer", "c-1")?.with_index("by-customer".parse()?);
    /// let mut orders = db.query::<Order>(&"orders".parse()?, query)?;
    /// while let Some(order) = orders.next().await {
    ///     println!("{}", order?.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Clash`], if the filter has a placeholder of the key: `#partition`, `:partition`, `#sort`, `:sort`, `:sort_to`. In the list:
    /// [`ItemError`], if an item is not of the type, and the failures of calls.
    pub fn query<T>(&self, table: &TableName, query: Query) -> Result<Pages<T>, Clash>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Ok(self.caller().pages(
            query.input(table, self.settings.is_consistent)?,
            QueryInputBuilder::set_exclusive_start_key,
            QueryInputBuilder::send_with,
            |answer| item::page(answer.items, answer.last_evaluated_key),
        ))
    }
}
