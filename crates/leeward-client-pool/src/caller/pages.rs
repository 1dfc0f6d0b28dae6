use super::Caller;
use crate::{Failed, Op, Page, Pages, SendWith};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use leeward_error_taxonomy::AwsError;
use leeward_resilience::Request;
use std::error::Error;

impl<C: Clone + Send + Sync + 'static> Caller<C> {
    /// Lists what an operation answers page by page, each page by a [call](Self::call) of its own.
    ///
    /// `list` is what each call sends, after `at` has put in where its page begins: what `page` has read off the answer before, and
    /// nothing for the first. A read, as the table of [`Op`] knows it, is sent again after a lost answer.
    ///
    /// The list ends with the error of the page that could not be had, or that `page` could not read.
    ///
    /// ```
    /// # #[cfg(feature = "kms")] {
    /// use aws_sdk_kms::{
    ///     Client,
    ///     operation::list_keys::{ListKeysInput, ListKeysOutput, builders::ListKeysInputBuilder},
    ///     types::KeyListEntry,
    /// };
    /// use leeward_client_pool::{Caller, Page, Pages};
    ///
    /// fn keys(kms: &Caller<Client>) -> Pages<KeyListEntry> {
    ///     let page = |listed: ListKeysOutput| Ok(Page::new(listed.keys.unwrap_or_default(), listed.next_marker));
    ///     kms.pages(ListKeysInput::builder(), ListKeysInputBuilder::set_marker, ListKeysInputBuilder::send_with, page)
    /// }
    /// # }
    /// ```
    pub fn pages<B, K, A, F, O, E, P, T>(&self, list: B, at: A, send: F, page: P) -> Pages<T>
    where
        B: Clone + Send + 'static,
        K: Clone + PartialEq + Send + 'static,
        A: Fn(B, Option<K>) -> B + Send + 'static,
        F: for<'a> SendWith<'a, B, C, Output = Result<O, Failed<E>>>,
        F: Clone + Send + Sync + 'static,
        O: Send + 'static,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        P: FnOnce(O) -> Result<Page<T, K>, AwsError> + Clone + Send + 'static,
        T: Send + 'static,
    {
        let caller = self.clone();
        Pages::new(move |begins| {
            let list = Op::new(at(list.clone(), begins), send.clone());
            let (caller, page, name) = (caller.clone(), page.clone(), list.operation());
            Box::pin(async move {
                let answer = caller.call(list).await?;
                page(answer).map_err(|error| caller.told(name, error))
            })
        })
    }
}
