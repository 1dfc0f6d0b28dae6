//! What AWS lists by pages, as one stream; [`Caller::pages`](crate::Caller::pages) makes it of an operation.

use crate::FutureOf;
use futures_core::Stream;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::{
    collections::VecDeque,
    fmt, future,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K = String> {
    items: Vec<T>,
    next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// What a call has answered: the items, and the token or key of the next page if there is one.
    #[must_use]
    pub const fn new(items: Vec<T>, next: Option<K>) -> Self {
        Self { items, next }
    }
}

/// What is listed, one by one: a [`Stream`] that asks for a page when the one before is used up.
///
/// There is one page in memory at a time, and none is asked for before somebody wants it. It ends after an error. Dropping it ends the
/// call under way; dropping [`next`](Self::next) loses nothing.
#[must_use = "nothing is asked for before it is polled"]
pub struct Pages<T> {
    source: Box<dyn Source<T> + Send>,
    items: VecDeque<T>,
}

/// Some of a list, and whether that is all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Whether the list has more than was asked for.
    pub has_more: bool,
}

impl<T> Collected<T> {
    /// The first `max` items of a stream at the most; one more is asked for, which tells whether there is more.
    ///
    /// # Errors
    ///
    /// The first one that the stream has; what came before is lost with it.
    ///
    /// ```
    /// use leeward_client_pool::{Collected, Pages};
    /// # use leeward_error_taxonomy::AwsError;
    ///
    /// # async fn run(keys: Pages<String>) -> Result<(), AwsError> {
    /// let some = Collected::of(keys, 1_000).await?;
    /// println!("{} keys, more: {}", some.items.len(), some.has_more);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn of(
        mut list: impl Stream<Item = Result<T, AwsError>> + Unpin,
        max: usize,
    ) -> Result<Self, AwsError> {
        let mut items = Vec::new();
        while let Some(item) = future::poll_fn(|cx| Pin::new(&mut list).poll_next(cx)).await {
            let item = item?;
            if items.len() == max {
                return Ok(Self {
                    items,
                    has_more: true,
                });
            }
            items.push(item);
        }
        Ok(Self {
            items,
            has_more: false,
        })
    }
}

impl<T: Send + 'static> Pages<T> {
    /// Lists by `fetch`, which is given the token of the page that it is to ask for; none for the first.
    ///
    /// A service that gives a page's own token as that of the next one would never come to an end: that is an error.
    pub fn new<K, F>(fetch: F) -> Self
    where
        K: Clone + PartialEq + Send + 'static,
        F: FnMut(Option<K>) -> FutureOf<'static, Result<Page<T, K>, AwsError>> + Send + 'static,
    {
        Self {
            source: Box::new(Fetched {
                fetch,
                state: State::At(None),
            }),
            items: VecDeque::new(),
        }
    }

    /// The next item; `None` after the last one.
    ///
    /// ```
    /// # async fn run(mut keys: leeward_client_pool::Pages<String>) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// while let Some(key) = keys.next().await {
    ///     println!("{}", key?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<T, AwsError>> {
        future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Collects `max` items at the most.
    ///
    /// # Errors
    ///
    /// That of the page that could not be had; what came before is lost with it.
    ///
    /// ```
    /// # async fn run(keys: leeward_client_pool::Pages<String>) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let some = keys.collect_up_to(1_000).await?;
    /// println!("{} keys, more: {}", some.items.len(), some.has_more);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn collect_up_to(self, max: usize) -> Result<Collected<T>, AwsError> {
        Collected::of(self, max).await
    }

    /// The rest of the list, each item turned into another or left out.
    pub fn filter_map<U: Send + 'static>(
        self,
        mut map: impl FnMut(T) -> Option<U> + Send + 'static,
    ) -> Pages<U> {
        let Self { source, items } = self;
        let items = items.into_iter().filter_map(&mut map).collect();
        Pages {
            source: Box::new(Mapped { source, map }),
            items,
        }
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<T, AwsError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.source.poll_page(cx)) {
                Some(Ok(items)) => self.items = items.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// Whoever polls it never moves what is within: that is boxed.
impl<T> Unpin for Pages<T> {}

/// Where pages come from.
trait Source<T> {
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<T>, AwsError>>>;
}

struct Fetched<T, K, F> {
    fetch: F,
    state: State<T, K>,
}

enum State<T, K> {
    /// Before the page of this token.
    At(Option<K>),
    Fetching {
        token: Option<K>,
        page: FutureOf<'static, Result<Page<T, K>, AwsError>>,
    },
    Over,
}

impl<T, K, F> Source<T> for Fetched<T, K, F>
where
    K: Clone + PartialEq,
    F: FnMut(Option<K>) -> FutureOf<'static, Result<Page<T, K>, AwsError>>,
{
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<T>, AwsError>>> {
        loop {
            match &mut self.state {
                State::Over => return Poll::Ready(None),
                State::At(token) => {
                    let token = token.take();
                    let page = (self.fetch)(token.clone());
                    self.state = State::Fetching { token, page };
                }
                State::Fetching { token, page } => {
                    let fetched = ready!(page.as_mut().poll(cx));
                    let token = token.take();
                    self.state = State::Over;
                    let Page { items, next } = match fetched {
                        Ok(page) => page,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    if next.is_some() {
                        if next == token {
                            return Poll::Ready(Some(Err(AwsError::new(Endless))));
                        }
                        self.state = State::At(next);
                    }
                    return Poll::Ready(Some(Ok(items)));
                }
            }
        }
    }
}

struct Mapped<S, M> {
    source: S,
    map: M,
}

impl<T, U, M: FnMut(T) -> Option<U>> Source<U> for Mapped<Box<dyn Source<T> + Send>, M> {
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<U>, AwsError>>> {
        let page = ready!(self.source.poll_page(cx));
        let page = page
            .map(|page| page.map(|items| items.into_iter().filter_map(&mut self.map).collect()));
        Poll::Ready(page)
    }
}

/// The token of a page came back as that of the next one.
#[derive(Debug, thiserror::Error)]
#[error("the list has no end: the service names the same page as the next one")]
struct Endless;

impl Classify for Endless {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Internal, Verdict::Final)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("at_hand", &self.items.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    /// Pages of two numbers each, up to `end`; counts the calls.
    fn numbers(end: usize) -> (Pages<usize>, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let pages = Pages::new(move |at: Option<usize>| {
            counted.fetch_add(1, SeqCst);
            let at = at.unwrap_or(0);
            let to = (at + 2).min(end);
            let next = (to < end).then_some(to);
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok(Page::new((at..to).collect(), next))
            })
        });
        (pages, calls)
    }

    async fn all<T: Send + 'static>(mut pages: Pages<T>) -> Vec<Result<T, String>> {
        let mut all = Vec::new();
        while let Some(item) = pages.next().await {
            all.push(item.map_err(|error| error.to_string()));
        }
        assert!(pages.next().await.is_none(), "it is over");
        all
    }

    #[tokio::test]
    async fn pages_are_asked_for_one_by_one_and_given_in_order() {
        let (mut pages, calls) = numbers(5);
        assert_eq!(calls.load(SeqCst), 0);
        for (number, called) in [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3)] {
            assert_eq!(pages.next().await.unwrap().unwrap(), number);
            assert_eq!(calls.load(SeqCst), called);
        }
        assert!(pages.next().await.is_none());
        assert!(pages.next().await.is_none());
    }

    #[tokio::test]
    async fn a_dropped_next_loses_nothing() {
        let (mut pages, calls) = numbers(2);
        {
            let next = std::pin::pin!(pages.next());
            let waker = std::task::Waker::noop();
            assert!(next.poll(&mut Context::from_waker(waker)).is_pending());
        }
        assert_eq!(pages.next().await.unwrap().unwrap(), 0);
        assert_eq!(calls.load(SeqCst), 1);
    }

    #[tokio::test]
    async fn a_bound_says_whether_there_is_more() {
        for (max, count, has_more) in [(0, 0, true), (4, 4, true), (5, 5, false), (9, 5, false)] {
            let collected = numbers(5).0.collect_up_to(max).await.unwrap();
            assert_eq!(
                (collected.items.len(), collected.has_more),
                (count, has_more)
            );
        }
    }

    #[tokio::test]
    async fn pages_that_are_empty_are_passed_over() {
        let odd = numbers(6).0.filter_map(|n| (n == 5).then_some(n * 10));
        assert_eq!(all(odd).await, [Ok(50)]);
    }

    #[tokio::test]
    async fn what_is_at_hand_is_mapped_too() {
        let pages = |at: Option<u8>| -> FutureOf<'static, Result<Page<u8, u8>, AwsError>> {
            Box::pin(async move {
                Ok(match at {
                    None => Page::new(vec![0, 1, 2], Some(1)),
                    Some(_) => Page::new(vec![3, 4], None),
                })
            })
        };
        let mut pages = Pages::new(pages);
        assert_eq!(pages.next().await.unwrap().unwrap(), 0);
        let rest = pages.filter_map(|n| (n != 3).then_some(n * 10));
        assert_eq!(all(rest).await, [Ok(10), Ok(20), Ok(40)]);
    }

    #[tokio::test]
    async fn an_error_is_the_end() {
        let pages = Pages::new(|at: Option<u8>| {
            Box::pin(async move {
                match at {
                    None => Ok(Page::new(vec!["first"], Some(1))),
                    Some(_) => Err(AwsError::from(
                        leeward_error_taxonomy::Rejected::LimiterFull,
                    )),
                }
            })
        });
        assert_eq!(
            all(pages).await,
            [Ok("first"), Err("limiter full".to_owned())]
        );
    }

    #[tokio::test]
    async fn a_list_that_turns_in_a_circle_is_an_error() {
        let pages =
            Pages::new(|_: Option<u8>| Box::pin(async { Ok(Page::new(vec!["again"], Some(1))) }));
        let [first, error] = &all(pages).await[..] else {
            panic!("a page, and an error")
        };
        assert!(first.is_ok() && error.is_err(), "{error:?}");
    }
}
