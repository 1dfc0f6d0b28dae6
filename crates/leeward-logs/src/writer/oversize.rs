/// What becomes of an event that is longer than AWS takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oversize {
    /// Its end is cut off, and in its place stands how much that was: `… [4096 bytes cut]`. It is counted.
    #[default]
    Cut,
    /// It is refused, and the caller is told.
    Refuse,
}

/// Cuts a text to `max` bytes, its last words saying how many bytes are gone.
pub(super) fn cut(mut text: String, max: usize) -> String {
    if text.len() <= max {
        return text;
    }
    // The note is no longer than with the length of the whole text.
    let room = max.saturating_sub(note(text.len()).len());
    let end = text.floor_char_boundary(room);
    let note = note(text.len() - end);
    text.truncate(end);
    text.push_str(&note);
    text
}

/// Gives back what a text holds beyond its end, if that is much: the bounds of the queue count texts, not buffers.
pub(super) fn fitted(mut text: String) -> String {
    if text.capacity() / 2 > text.len() + SLACK {
        text.shrink_to_fit();
    }
    text
}

/// So much is not worth a copy.
const SLACK: usize = 64;

fn note(bytes: usize) -> String {
    format!("… [{bytes} bytes cut]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_within_the_limit() {
        assert_eq!(cut("short".to_owned(), 5), "short");
        let long = cut("a".repeat(1_000), 100);
        assert!(long.ends_with("a… [920 bytes cut]"), "{long}");
        assert!(long.len() <= 100);
        for max in 40..60 {
            let long = cut("ä€𝄞".repeat(100), max);
            assert!(long.len() <= max && long.ends_with(" bytes cut]"), "{long}");
        }
    }

    #[test]
    fn what_waits_takes_no_more_room_than_is_counted() {
        let cut = fitted(cut("x".repeat(1_000_000), 100));
        assert!(
            cut.capacity() <= 2 * (cut.len() + SLACK + 1),
            "{}",
            cut.capacity()
        );
        let mut roomy = String::with_capacity(1_000_000);
        roomy.push_str("short");
        let roomy = fitted(roomy);
        assert!(roomy.capacity() <= 2 * (roomy.len() + SLACK + 1));
        let exact = fitted("x".repeat(100));
        assert_eq!(exact.capacity(), 100);
    }
}
