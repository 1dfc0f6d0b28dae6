use crate::{DynamoDb, TableName, TableSummary, service};
use aws_sdk_dynamodb::{
    operation::{
        create_table::{CreateTableOutput, builders::CreateTableInputBuilder},
        delete_table::{DeleteTableInput, builders::DeleteTableInputBuilder},
        describe_table::{
            DescribeTableInput, DescribeTableOutput, builders::DescribeTableInputBuilder,
        },
        list_tables::{ListTablesInput, builders::ListTablesInputBuilder},
    },
    types::TableDescription,
};
use leeward_client_pool::{Op, Page, Pages, regional::InvalidResourceName};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};

impl DynamoDb {
    /// Whether there is such a table, in whatever state: one that is being made or deleted is there.
    ///
    /// ```no_run
    /// # async fn run(db: leeward_dynamodb::DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// if !db.table_exists(&"orders".parse()?).await? {
    ///     println!("no orders");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every failure but "not found"; a denied call says nothing of what is there.
    pub async fn table_exists(&self, table: &TableName) -> Result<bool, AwsError> {
        Ok(self.description(table).await?.is_some())
    }

    /// What there is to know of a table at a glance; `None` if there is no such table.
    ///
    /// ```no_run
    /// # async fn run(db: leeward_dynamodb::DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// if let Some(table) = db.describe_table(&"orders".parse()?).await? {
    ///     println!("{} is {}, key {:?}", table.name, table.status, table.key);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every failure but "not found".
    pub async fn describe_table(
        &self,
        table: &TableName,
    ) -> Result<Option<TableSummary>, AwsError> {
        let description = self.description(table).await?;
        Ok(description.as_ref().map(TableSummary::of))
    }

    /// Lists the tables of the account in the Region, by name.
    ///
    /// ```no_run
    /// # async fn run(db: leeward_dynamodb::DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let tables = db.tables().collect_up_to(1_000).await?;
    /// println!("{:?}, more: {}", tables.items, tables.has_more);
    /// # Ok(())
    /// # }
    /// ```
    pub fn tables(&self) -> Pages<TableName> {
        self.caller().pages(
            ListTablesInput::builder(),
            ListTablesInputBuilder::set_exclusive_start_table_name,
            ListTablesInputBuilder::send_with,
            |listed| {
                let names = listed.table_names.unwrap_or_default();
                let names: Result<Vec<_>, _> = names.into_iter().map(TableName::try_from).collect();
                let names = names.map_err(|error| AwsError::new(OddName(error)))?;
                Ok(Page::new(names, listed.last_evaluated_table_name))
            },
        )
    }

    /// Begins to make a table; [`wait_active`](Self::wait_active) sees it through.
    ///
    /// It is sent again only if it was surely not sent before. A table of that name that is there is an error,
    /// `ResourceInUseException`.
    ///
    /// ```no_run
    /// use aws_sdk_dynamodb::{
    ///     operation::create_table::CreateTableInput,
    ///     types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
    /// };
    /// use leeward_dynamodb::DynamoDb;
    ///
    /// # async fn run(db: DynamoDb) -> Result<(), Box<dyn std::error::Error>> {
    /// let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    /// let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    /// let orders = CreateTableInput::builder()
    ///     .table_name("orders")
    ///     .attribute_definitions(id.build()?)
    ///     .key_schema(key.build()?)
    ///     .billing_mode(BillingMode::PayPerRequest);
    /// db.create_table(orders).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub async fn create_table(
        &self,
        table: CreateTableInputBuilder,
    ) -> Result<Option<TableDescription>, AwsError> {
        let create = Op::new(table, CreateTableInputBuilder::send_with);
        let CreateTableOutput {
            table_description, ..
        } = self.caller().call(create).await?;
        Ok(table_description)
    }

    /// Begins to delete a table with all that is in it, and says whether it was there; [`wait_gone`](Self::wait_gone) sees it through.
    ///
    /// ```no_run
    /// # async fn run(db: leeward_dynamodb::DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let was_there = db.delete_table(&"orders-2019".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every failure but "not found"; `ResourceInUseException` of a table that is being made, or deleted already.
    pub async fn delete_table(&self, table: &TableName) -> Result<bool, AwsError> {
        let delete = DeleteTableInput::builder().table_name(table.as_str());
        let delete = Op::new(delete, DeleteTableInputBuilder::send_with);
        let deleted = self.caller().find(delete, service::is_absent).await?;
        Ok(deleted.is_some())
    }

    pub(crate) async fn description(
        &self,
        table: &TableName,
    ) -> Result<Option<TableDescription>, AwsError> {
        let describe = DescribeTableInput::builder().table_name(table.as_str());
        let describe = Op::new(describe, DescribeTableInputBuilder::send_with);
        let found = self.caller().find(describe, service::is_absent).await?;
        Ok(found.and_then(|DescribeTableOutput { table, .. }| table))
    }
}

/// DynamoDB has listed what it would not take for a name.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct OddName(InvalidResourceName);

impl Classify for OddName {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Internal, Verdict::Final)
    }
}
