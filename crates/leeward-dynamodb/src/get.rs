use crate::{DynamoDb, TableName, item};
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
        let get = GetItemInput::builder()
            .table_name(table.as_str())
            .set_key(Some(item::to_item(key)?))
            .consistent_read(self.settings.is_consistent);
        let answer = self
            .caller()
            .call(Op::new(get, GetItemInputBuilder::send_with))
            .await?;
        Ok(answer.item.map(item::from_item).transpose()?)
    }
}
