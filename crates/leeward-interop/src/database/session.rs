use sqlx::{AssertSqlSafe, ColumnIndex, Connection, Database, Decode, Error, Executor, Row, Type};

/// What is said over a connection, whatever database is at its other end.
pub(crate) trait Session: Connection {
    /// Does this, which may be several statements.
    fn run(&mut self, statements: String) -> impl Future<Output = Result<(), Error>> + Send;

    /// Asks for one text.
    fn ask(&mut self, query: String) -> impl Future<Output = Result<String, Error>> + Send;

    /// Asks for what only they may read who logged in as they should.
    fn ask_for_orders(&mut self) -> impl Future<Output = Result<(), Error>> + Send {
        async {
            let count = self.ask("SELECT concat(count(*)) FROM orders".to_owned());
            match &*count.await? {
                "100" => Ok(()),
                other => Err(Error::Protocol(format!("{other} orders instead of 100"))),
            }
        }
    }
}

impl<C> Session for C
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
    for<'r> String: Decode<'r, C::Database>,
    String: Type<C::Database>,
    usize: ColumnIndex<<C::Database as Database>::Row>,
{
    async fn run(&mut self, statements: String) -> Result<(), Error> {
        Executor::execute(self, AssertSqlSafe(statements)).await?;
        Ok(())
    }

    async fn ask(&mut self, query: String) -> Result<String, Error> {
        let row = Executor::fetch_one(self, AssertSqlSafe(query)).await?;
        row.try_get(0)
    }
}
