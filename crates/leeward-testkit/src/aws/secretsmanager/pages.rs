//! Decides what stands on a page of a list: pure.

use super::refused::Refused;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A part of a list, and how to ask for the next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// The first `most` items after those that were on the page whose token this is.
///
/// `number` tells items apart, and stays what it is when others come and go.
pub(super) fn page<T>(
    items: Vec<T>,
    number: impl Fn(&T) -> u64,
    token: Option<&str>,
    most: usize,
) -> Result<Page<T>, Refused> {
    let start = match token {
        None => 0,
        Some(token) => {
            let last = read(token).ok_or_else(Refused::next_token)?;
            let at = items.iter().position(|item| number(item) == last);
            at.ok_or_else(Refused::next_token)? + 1
        }
    };
    let rest = items.len().saturating_sub(start);
    let items: Vec<T> = items.into_iter().skip(start).take(most).collect();
    let last = items.last().filter(|_| rest > most);
    let next = last.map(|last| BASE64_URL_SAFE_NO_PAD.encode(number(last).to_string()));
    Ok(Page { items, next })
}

fn read(token: &str) -> Option<u64> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&decoded).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let items = vec![3, 7, 9, 11, 20];
        let (mut token, mut pages) = (None, Vec::new());
        loop {
            let page = page(items.clone(), |item| *item, token.as_deref(), 2).unwrap();
            pages.push(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pages, [vec![3, 7], vec![9, 11], vec![20]]);
        let whole = page(items, |item| *item, None, 5).unwrap();
        assert_eq!((whole.items.len(), whole.next), (5, None));
    }

    #[test]
    fn a_token_that_was_not_given_is_refused() {
        for token in ["", "x", "MTI"] {
            let refused = page(vec![1_u64], |item| *item, Some(token), 1).unwrap_err();
            assert_eq!(refused.code, "InvalidNextTokenException");
        }
    }
}
