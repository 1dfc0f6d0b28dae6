use crate::{
    FunctionError, Invocation, Lambda, MAX_EVENT_PAYLOAD, MAX_PAYLOAD, PayloadError, service,
};
use aws_sdk_lambda::{
    operation::invoke::{InvokeOutput, builders::InvokeInputBuilder},
    primitives::Blob,
    types::InvocationType,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, OperationName};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// What came of a function that was waited for.
///
/// `Debug` shows neither the output nor the log.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invoked<T> {
    /// What the function has returned, or how it failed.
    pub outcome: Result<T, FunctionError>,
    /// The last 4 KB of its log, where they were [asked for](Invocation::with_log_tail).
    pub log_tail: Option<String>,
    /// The version that has run: that of the alias, if it was one.
    pub version: Option<String>,
}

impl<T> Invoked<T> {
    /// What the function has returned.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_lambda::{Invocation, Lambda};
    /// # async fn run(lambda: Lambda) -> Result<(), AwsError> {
    /// let price = Invocation::of("price".parse()?);
    /// let price: u64 = lambda.invoke(&price, "order-7").await?.into_output()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`FunctionError`] in an [`AwsError`], for callers to whom it is one failure among others.
    pub fn into_output(self) -> Result<T, AwsError> {
        self.outcome
            .map_err(|error| AwsError::from(error).with_operation(INVOKE))
    }
}

impl<T> fmt::Debug for Invoked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log_bytes = self.log_tail.as_ref().map(String::len);
        f.debug_struct("Invoked")
            .field("failed", &self.outcome.as_ref().err())
            .field("log_bytes", &log_bytes)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

const INVOKE: OperationName = OperationName::new("lambda", "Invoke");

/// An invocation is sent once: again only where Lambda surely has not run the function (it was throttled, no connection came about), or
/// where the invocation is said to be [idempotent](Invocation::idempotent). A function that failed is never run again.
impl Lambda {
    /// Invokes a function with `input` as JSON, waits for it, and reads its output.
    ///
    /// Needs `lambda:InvokeFunction`. An output that is empty is read as `null`. Dropping the call does not stop the function, and
    /// nor does an attempt that ends for want of time: it may run to its end.
    ///
    /// ```no_run
    /// use leeward_error_taxonomy::AwsError;
    /// use leeward_lambda::{Invocation, Lambda};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Order {
    ///     id: u64,
    /// }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Receipt {
    ///     total: u64,
    /// }
    ///
    /// # async fn run(lambda: Lambda) -> Result<(), AwsError> {
    /// let charge = Invocation::of("charge".parse()?);
    /// match lambda.invoke::<_, Receipt>(&charge, &Order { id: 7 }).await?.outcome {
    ///     Ok(receipt) => println!("{} paid", receipt.total),
    ///     Err(failed) if failed.error_type.as_deref() == Some("NoFunds") => println!("no funds"),
    ///     Err(failed) => return Err(failed.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of the call, never of the function: what Lambda answers, what kept it from answering, and [`PayloadError`] for an input of more
    /// than [`MAX_PAYLOAD`] bytes, which is not sent, and for an output that is no `T`.
    pub async fn invoke<I, T>(
        &self,
        invocation: &Invocation,
        input: &I,
    ) -> Result<Invoked<T>, AwsError>
    where
        I: Serialize + ?Sized,
        T: DeserializeOwned,
    {
        let sent = self.prepare(invocation, input, MAX_PAYLOAD)?;
        let answer = self
            .send(
                sent,
                InvocationType::RequestResponse,
                invocation.is_idempotent,
            )
            .await?;
        read(invocation, &answer).map_err(|error| self.told(error))
    }

    /// Has Lambda take `input` as an event for a function that nobody waits for.
    ///
    /// Needs `lambda:InvokeFunction`. Lambda keeps it in a queue, runs the function up to three times if it fails, and may run it twice
    /// though it does not; where failures go is a setting of the function (its destinations, its dead-letter queue).
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_lambda::{Invocation, Lambda};
    /// # async fn run(lambda: Lambda) -> Result<(), AwsError> {
    /// let index = Invocation::of("index".parse()?);
    /// lambda.send_event(&index, &["order-7", "order-8"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`invoke`](Self::invoke), with [`MAX_EVENT_PAYLOAD`] for the input.
    pub async fn send_event<I>(&self, invocation: &Invocation, input: &I) -> Result<(), AwsError>
    where
        I: Serialize + ?Sized,
    {
        let sent = self.prepare(invocation, input, MAX_EVENT_PAYLOAD)?;
        self.send(sent, InvocationType::Event, invocation.is_idempotent)
            .await
            .map(drop)
    }

    /// Looks whether an invocation would be taken, and runs nothing: that the function is there, and that the caller may invoke it.
    ///
    /// Needs `lambda:InvokeFunction`.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_lambda::{Invocation, Lambda};
    /// # async fn run(lambda: Lambda) -> Result<(), AwsError> {
    /// lambda.dry_run(&Invocation::of("charge".parse()?)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What the invocation would fail with: `Category::Authorization`, `Category::NotFound`, and so on.
    pub async fn dry_run(&self, invocation: &Invocation) -> Result<(), AwsError> {
        self.send(invocation.input(), InvocationType::DryRun, true)
            .await
            .map(drop)
    }

    fn prepare(
        &self,
        invocation: &Invocation,
        input: &(impl Serialize + ?Sized),
        max: usize,
    ) -> Result<InvokeInputBuilder, AwsError> {
        let json = PayloadError::write(input, max).map_err(|error| self.told(error))?;
        Ok(invocation.input().payload(Blob::new(json)))
    }

    async fn send(
        &self,
        input: InvokeInputBuilder,
        kind: InvocationType,
        is_idempotent: bool,
    ) -> Result<InvokeOutput, AwsError> {
        let invoke = Op::new(input.invocation_type(kind), InvokeInputBuilder::send_with);
        let invoke = match is_idempotent {
            true => invoke.idempotent(),
            false => invoke,
        };
        self.caller.call(invoke).await
    }

    fn told(&self, error: PayloadError) -> AwsError {
        self.caller.told(INVOKE, error)
    }
}

fn read<T: DeserializeOwned>(
    invocation: &Invocation,
    answer: &InvokeOutput,
) -> Result<Invoked<T>, PayloadError> {
    let payload = answer.payload().map_or(&[][..], AsRef::as_ref);
    let outcome = match answer.function_error() {
        Some(mark) => Err(FunctionError::read(&invocation.function, mark, payload)),
        None => Ok(PayloadError::read(payload)?),
    };
    Ok(Invoked {
        outcome,
        log_tail: answer.log_result().and_then(service::log_tail),
        version: answer.executed_version().map(ToOwned::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(mark: Option<&str>, payload: &str) -> Result<Invoked<u8>, PayloadError> {
        let answer = InvokeOutput::builder()
            .status_code(200)
            .set_function_error(mark.map(ToOwned::to_owned))
            .payload(Blob::new(payload))
            .log_result("U1RBUlQ=")
            .executed_version("7")
            .build();
        read(&Invocation::of("orders".parse().unwrap()), &answer)
    }

    #[test]
    fn a_function_that_failed_is_no_failed_call() {
        assert_eq!(answer(None, "7").unwrap().outcome, Ok(7));
        let failed = answer(Some("Unhandled"), r#"{"errorType":"KeyError"}"#).unwrap();
        assert_eq!(
            (failed.log_tail.as_deref(), failed.version.as_deref()),
            (Some("START"), Some("7"))
        );
        let error = failed.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "lambda.Invoke: function orders failed: KeyError"
        );
        let kept = error.downcast_ref::<FunctionError>().unwrap();
        assert!(!kept.is_handled);
    }

    #[test]
    fn what_is_no_output_is_an_error_of_the_call() {
        assert!(matches!(
            answer(None, "[]"),
            Err(PayloadError::Unreadable { .. })
        ));
        // The output of a function that failed is not what was asked for, and need not be.
        assert!(
            answer(Some("Handled"), "[]")
                .unwrap()
                .outcome
                .unwrap_err()
                .is_handled
        );
    }
}
