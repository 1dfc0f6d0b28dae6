use crate::{DynamoDb, Projection, TableName};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, builders::GetItemInputBuilder};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use serde::{Serialize, de::DeserializeOwned};

impl DynamoDb {
    /// Reads the item of a key; `None` if there is none.
    ///
    /// ```no_run
    /// use leeward_dynamodb::DynamoDb;
    /// use leeward_error_taxonomy::AwsError;
    /// use std::collections::HashMap;
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { id: String }
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let order = db.get::<Order>(&"orders".parse()?, &HashMap::from([("id", "o-1")])).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError`](crate::ItemError), if the item is not of the type. A table that is not there is an error, an item is not.
    pub async fn get<T: DeserializeOwned>(
        &self,
        table: &TableName,
        key: &(impl Serialize + Sync + ?Sized),
    ) -> Result<Option<T>, AwsError> {
        self.pick(table, key, &Projection::ALL).await
    }

    /// Reads some attributes of the item of a key; `None` if there is no item.
    ///
    /// An item without any of them is there, and is read from nothing.
    ///
    /// ```no_run
    /// use leeward_dynamodb::{DynamoDb, Projection};
    /// use leeward_error_taxonomy::AwsError;
    /// use std::collections::HashMap;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Glance {
    ///     state: String,
    /// }
    ///
    /// # async fn run(db: DynamoDb) -> Result<(), AwsError> {
    /// let (orders, key) = ("orders".parse()?, HashMap::from([("id", "o-1")]));
    /// let glance: Option<Glance> = db.pick(&orders, &key, &Projection::of(["state"])).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn pick<T: DeserializeOwned>(
        &self,
        table: &TableName,
        key: &(impl Serialize + Sync + ?Sized),
        projection: &Projection,
    ) -> Result<Option<T>, AwsError> {
        let (projection, names) = projection.among(None);
        let get = GetItemInput::builder()
            .table_name(table.as_str())
            .set_key(Some(self.written("GetItem", key)?))
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .consistent_read(self.settings.is_consistent);
        let answer = self
            .caller()
            .call(Op::new(get, GetItemInputBuilder::send_with))
            .await?;
        let item = answer.item.map(|item| self.read_of("GetItem", item));
        item.transpose()
    }
}
