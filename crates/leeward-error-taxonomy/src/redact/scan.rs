//! One walk over a text, from word to word.
//!
//! It never looks at a byte more than a few times: what is looked at is hidden and skipped, or the look is bounded.

use super::{Hit, Kind, REDACTED, encoded, form, looked, name, scheme, url::Urls};

/// The secrets of a text, one after the other.
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    kind: Kind,
    at: usize,
    urls: Urls,
    /// Where the value began that a message tells before its name.
    told: Option<usize>,
    /// Up to where percent-encoding was looked through.
    decoded: usize,
    /// What is known already and comes after what was given.
    further: Option<Hit>,
}

/// As far back as the last word of a value is looked for.
const LOOK_BACK: usize = 80;

impl<'a> Scan<'a> {
    pub(super) const fn new(bytes: &'a [u8], kind: Kind) -> Self {
        Self {
            bytes,
            kind,
            at: 0,
            urls: Urls::new(),
            told: None,
            decoded: 0,
            further: None,
        }
    }

    /// Takes percent-encoding as it stands.
    pub(super) const fn without_decoding(mut self) -> Self {
        self.decoded = usize::MAX;
        self
    }

    /// The secret that the word from `start` to `end` holds, or stands before.
    fn look(&mut self, start: usize, end: usize) -> Option<Hit> {
        let named = self.named(start, end);
        let formed = form::find(self.bytes, start, end, self.kind);
        match (named, formed) {
            (Some(named), Some(formed)) if formed.start < named.start => {
                self.further = Some(match self.further.take() {
                    None => named,
                    Some(known) => {
                        Hit::hidden(known.start.min(named.start), known.end.max(named.end))
                    }
                });
                Some(formed)
            }
            (named, formed) => named.or(formed),
        }
    }

    fn named(&mut self, start: usize, end: usize) -> Option<Hit> {
        looked(end - start);
        let word = &self.bytes[start..end];
        if word == b"Value" {
            self.told = self.bytes[end..].starts_with(b" '").then_some(end + 2);
        }
        let found = if word.contains(&b'%') {
            self.encoded(start, end)
        } else {
            let found = name::value_after(self.bytes, start, end, word);
            // What is encoded with it is of the value, quotes or not.
            match self.decoded {
                usize::MAX => found.map(|hit| Hit::hidden(hit.start, self.bytes.len())),
                _ => found,
            }
        };
        found
            .or_else(|| scheme::credentials_after(self.bytes, start, end))
            .or_else(|| self.told_before(start, end))
            .filter(|hit| {
                hit.start < hit.end && &self.bytes[hit.start..hit.end] != REDACTED.as_bytes()
            })
    }

    fn encoded(&mut self, start: usize, end: usize) -> Option<Hit> {
        if self.decoded <= start {
            let (found, to) = encoded::find(self.bytes, start, end, self.kind);
            self.decoded = to;
            if found.is_some() {
                return found;
            }
        }
        let name = encoded::decoded(&self.bytes[start..end]);
        name::value_after(self.bytes, start, end, &name)
    }

    /// `Value '…' at 'password' failed to satisfy constraint`, as AWS says of a member that does not fit.
    fn told_before(&self, start: usize, end: usize) -> Option<Hit> {
        const AT: &[u8] = b"' at '";
        let told = self.told?;
        let is_told = self.bytes[..start].ends_with(AT) && self.bytes.get(end) == Some(&b'\'');
        if !is_told || !name::is_one(&self.bytes[start..end]) {
            return None;
        }
        let value = Hit::hidden(told, start - AT.len());
        (value.start < value.end).then_some(value)
    }

    /// Hides what follows as well, where a name near the end of what is hidden stands before more than that.
    fn with_what_it_names(&mut self, mut hit: Hit) -> Hit {
        let mut at = hit.start.max(hit.end.saturating_sub(LOOK_BACK));
        while at < hit.end {
            if !is_of_a_word(self.bytes[at]) {
                at += 1;
                continue;
            }
            let end = word_end(&self.bytes[..hit.end], at);
            let hits = [
                self.named(at, end),
                form::find(self.bytes, at, end, self.kind),
            ];
            let beyond = |found: &Hit| found.end > hit.end;
            match hits.into_iter().flatten().find(beyond) {
                Some(further) => {
                    hit = Hit::hidden(hit.start, further.end);
                    at = at.max(hit.end.saturating_sub(LOOK_BACK));
                }
                None => at = end,
            }
        }
        hit
    }
}

impl Iterator for Scan<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        let bytes = self.bytes;
        while let Some(&byte) = bytes.get(self.at) {
            let start = self.at;
            if let Some(hit) = self.further.take_if(|hit| hit.start <= start) {
                let hit = self.with_what_it_names(hit);
                self.at = start.max(hit.end);
                return Some(hit);
            }
            let found = if is_of_a_word(byte) {
                let end = word_end(bytes, start);
                self.at = end;
                if !is_worth_a_look(bytes, start, end) {
                    continue;
                }
                self.look(start, end)
            } else {
                self.at += 1;
                if byte != b':' {
                    continue;
                }
                self.urls.password(bytes, start)
            };
            if let Some(hit) = found {
                let hit = self.with_what_it_names(hit);
                // Back into the word, if it holds the secret; but not behind it.
                self.at = hit.end.max(start + 1);
                return Some(hit);
            }
        }
        self.further.take()
    }
}

/// Whether the word from `start` to `end` can be a secret or stand before one; most are too short and stand before a space.
fn is_worth_a_look(bytes: &[u8], start: usize, end: usize) -> bool {
    let length = end - start;
    if length >= form::SHORTEST
        || (matches!(bytes[start], b'B' | b'b') && length <= scheme::LONGEST_WITH_B)
        || bytes[start] == b'-'
    {
        return true;
    }
    let follows = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let word = &bytes[start..end];
    let may_stand_before_one = match follows(end) {
        b' ' => match follows(end + 1) {
            b':' | b'=' | b'>' | b'"' | b'\'' | b'`' | b' ' | b'\\' | b'(' => true,
            // The `header` or the `value` of such a name.
            b'h' | b'H' | b'v' | b'V' => name::may_be(word),
            _ => match start.checked_sub(1).map(|before| bytes[before]) {
                Some(b'<' | b':') => name::may_be(word),
                _ => bytes[end - 1] == form::LAST_OF_PEM,
            },
        },
        b':' | b'=' | b'>' | b'"' | b'\'' | b'`' | b'\\' | b']' | b'(' => name::may_be(word),
        _ => false,
    };
    may_stand_before_one || word.contains(&b'%')
}

/// What names, base64, JSON web tokens and percent-encoding are written with.
pub(super) const fn is_of_a_word(byte: u8) -> bool {
    OF_A_WORD[byte as usize]
}

const OF_A_WORD: [bool; 256] = {
    let mut of_a_word = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        of_a_word[byte] = matches!(
            byte as u8,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'_' | b'-' | b'.' | b'%'
        );
        byte += 1;
    }
    of_a_word
};

fn word_end(bytes: &[u8], start: usize) -> usize {
    let word = bytes[start..].iter().position(|&byte| !is_of_a_word(byte));
    let end = word.map_or(bytes.len(), |length| start + length);
    looked(end - start);
    end
}
