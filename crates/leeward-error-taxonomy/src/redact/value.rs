//! Where the value of a name begins, and how far it goes.

use super::{REDACTED, looked, scan::is_of_a_word};

/// How a value is written.
#[derive(Clone, Copy)]
pub(super) enum Written {
    /// In quotes that have so many backslashes before them: 1 in a string, 3 in a string in a string.
    Quoted {
        quote: u8,
        escapes: usize,
    },
    /// As the text of an XML element.
    Element,
    /// Without quotes after a name in quotes, as JSON writes numbers.
    Scalar,
    Bare,
}

pub(super) struct Begin {
    pub(super) at: usize,
    /// Past the name of its type, which may as well be a part of the value.
    pub(super) inner: usize,
    pub(super) written: Written,
    /// Whether more than a blank stands between the name and the value.
    pub(super) is_separated: bool,
    /// Whether it is written as no sentence is.
    pub(super) is_assigned: bool,
}

/// The attributes of an XML element are no longer.
const ATTRIBUTES: usize = 256;
/// A type's name before a value, as `Debug` writes it, is no longer.
const LONGEST_TYPE: usize = 40;
const PARAMETER: usize = 64;
/// A quote and the backslashes before it are no longer.
const LONGEST_QUOTE: usize = 16;

/// Where the value of the name from `start` to `end` begins, if one follows.
pub(super) fn begin(bytes: &[u8], start: usize, end: usize) -> Option<Begin> {
    if bytes[end - 1] == b'/' || bytes[..=start].ends_with(b"</") {
        return None;
    }
    if is_tag(bytes, start) {
        return element(bytes, end);
    }
    let mut cursor = Cursor { bytes, at: end };
    let is_key = cursor.quote().is_some();
    cursor.skip(|byte| byte == b']');
    let mut blanks = cursor.skip(is_blank);
    while blanks > 0 && (cursor.skip_word(b"header") || cursor.skip_word(b"value")) {
        blanks += cursor.skip(is_blank);
    }
    let sign = cursor.at;
    let signs = match cursor.peek() {
        Some(b',') if is_key && is_first_of_two(bytes, start) => cursor.skip(|byte| byte == b','),
        _ => cursor.skip(|byte| matches!(byte, b':' | b'=' | b'>')),
    };
    let is_separated = signs > 0;
    let spaces = cursor.skip(is_blank);
    let is_colon = bytes[sign..sign + signs].iter().all(|&byte| byte == b':');
    let is_assigned = is_separated && (!is_colon || blanks + spaces == 0);
    let is_opened = cursor.skip_options();
    let at = cursor.at;
    cursor.skip_types();
    let quote = cursor.quote();
    let at = match quote {
        Some((_, escapes)) if cursor.at == at + escapes + 1 => cursor.at,
        _ => at,
    };
    let is_option = blanks + spaces > 0 && bytes[start..end].starts_with(b"--");
    let is_called = is_opened && blanks + spaces == 0;
    let follows = is_separated
        || is_option
        || quote.is_some() && (is_called || blanks + spaces > 0 && !is_key);
    let written = match quote {
        Some((quote, escapes)) => Written::Quoted { quote, escapes },
        None if is_key => Written::Scalar,
        None => Written::Bare,
    };
    (follows && cursor.at < bytes.len()).then_some(Begin {
        at,
        inner: cursor.at,
        written,
        is_separated: is_separated || is_option || is_called,
        is_assigned,
    })
}

/// How far the value goes that begins so.
pub(super) fn end(bytes: &[u8], begin: &Begin) -> usize {
    let end = match begin.written {
        Written::Quoted { quote, escapes } => quoted_end(bytes, begin.inner, quote, escapes),
        Written::Element => {
            let rest = &bytes[begin.at..];
            let length = rest.windows(2).position(|pair| pair == b"</");
            begin.at + length.unwrap_or(rest.len())
        }
        Written::Scalar => run_end(bytes, bracket_end(bytes, begin.inner), true),
        Written::Bare => run_end(bytes, bracket_end(bytes, begin.inner), false),
    };
    looked(end - begin.at);
    end
}

/// The end of a value without quotes and brackets.
pub(super) fn bare_end(bytes: &[u8], start: usize) -> usize {
    let end = run_end(bytes, start, false);
    looked(end - start);
    end
}

/// The end of the quotes that the word at `word` opens, or of the text.
pub(super) fn line_end(bytes: &[u8], word: usize, from: usize) -> usize {
    let Some(quote @ (b'"' | b'\'' | b'`')) = word.checked_sub(1).map(|before| bytes[before])
    else {
        return bytes.len();
    };
    let before = bytes[..word - 1].iter().rev();
    let escapes = before.take(8).take_while(|&&byte| byte == b'\\').count();
    quoted_end(bytes, from, quote, escapes)
}

/// Whether the quote at `at` closes the text around a value without quotes, by what stands after it.
pub(super) fn closes_a_text(bytes: &[u8], at: usize) -> bool {
    let closes = |byte: &&u8| matches!(byte, b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b'\\');
    let closers = bytes[at..].iter().take(4).take_while(closes).count();
    match &bytes[at + closers..] {
        [] | [b' ', ..] | [b',' | b';' | b'.' | b':'] => true,
        [b',' | b':', next, ..] => matches!(next, b' ' | b'"' | b'\'' | b'{' | b'[' | b'\\'),
        [b';' | b'.' | b'<', b' ' | b'/', ..] => true,
        _ => false,
    }
}

/// `<name`, or `<prefix:name`.
fn is_tag(bytes: &[u8], start: usize) -> bool {
    match start.checked_sub(1).map(|before| bytes[before]) {
        Some(b'<') => true,
        Some(b':') => {
            let before = bytes[..start - 1].iter().rev().take(LONGEST_TYPE);
            let prefix = before.take_while(|&&byte| is_of_a_word(byte)).count();
            looked(prefix);
            prefix > 0 && bytes[..start - 1 - prefix].ends_with(b"<")
        }
        _ => false,
    }
}

/// Whether the name in quotes at `start` begins a list: `("name", "value")`.
fn is_first_of_two(bytes: &[u8], start: usize) -> bool {
    let is_quote = |&&byte: &&u8| matches!(byte, b'"' | b'\'' | b'`' | b'\\');
    let before = &bytes[start.saturating_sub(LONGEST_QUOTE)..start];
    let quotes = before.iter().rev().take_while(is_quote).count();
    matches!(before[..before.len() - quotes], [.., b'(' | b'['])
}

fn element(bytes: &[u8], end: usize) -> Option<Begin> {
    let rest = &bytes[end..bytes.len().min(end + ATTRIBUTES)];
    let length = rest.iter().position(|byte| b"<>".contains(byte))?;
    looked(length);
    let at = end + length + 1;
    let is_open = rest[length] == b'>' && !rest[..length].ends_with(b"/") && at < bytes.len();
    is_open.then_some(Begin {
        at,
        inner: at,
        written: Written::Element,
        is_separated: true,
        is_assigned: true,
    })
}

/// Up to the closing quote, or to the end where none closes.
///
/// In a string in a string a quote that closes has `escapes` backslashes before it, one of the value 2 × `escapes` + 1, and
/// each backslash of the value is written as 2 × `escapes` + 2.
fn quoted_end(bytes: &[u8], start: usize, quote: u8, escapes: usize) -> usize {
    let mut run = 0;
    let mut at = start;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'\\' {
            run += 1;
        } else {
            if byte == quote {
                let next = bytes.get(at + 1);
                let closes_outer = run < escapes;
                if run == escapes && is_quote(&bytes[at + 1..], quote, escapes) {
                    // Doubled, as SQL and YAML escape it.
                    at += escapes + 2;
                    run = 0;
                    continue;
                }
                let closes = closes_outer || run % (2 * escapes + 2) == escapes;
                let goes_on = next.is_some_and(u8::is_ascii_alphanumeric);
                if closes_outer || closes && !goes_on {
                    return (at - run.min(escapes)).max(start);
                }
            }
            run = 0;
        }
        at += 1;
    }
    bytes.len()
}

/// Whether `rest` begins with the quote and its backslashes.
fn is_quote(rest: &[u8], quote: u8, escapes: usize) -> bool {
    rest.get(escapes) == Some(&quote) && rest[..escapes].iter().all(|&byte| byte == b'\\')
}

/// The end of what has no quotes, and goes to `least` at least.
fn run_end(bytes: &[u8], least: usize, is_scalar: bool) -> usize {
    // What was redacted before is one piece.
    let is_redacted = bytes[least..].starts_with(REDACTED.as_bytes());
    let least = least + if is_redacted { REDACTED.len() } else { 0 };
    let mut end = least;
    let mut run = 0;
    while end < bytes.len() {
        let next = bytes.get(end + 1);
        let ends = match bytes[end] {
            b',' | b'}' | b']' => is_scalar,
            b'&' => is_parameter(&bytes[end + 1..]),
            b'<' => next == Some(&b'/'),
            quote @ (b'"' | b'\'' | b'`') => {
                let before = end.checked_sub(run + 1).map(|before| bytes[before]);
                if end > least && matches!(before, Some(b'=' | b':')) {
                    // Another name and its value, which is not bare.
                    let closing = quoted_end(bytes, end + 1, quote, run);
                    end = bytes.len().min(closing + run + 1);
                    run = 0;
                    continue;
                }
                closes_a_text(bytes, end)
            }
            byte => is_blank(byte),
        };
        if ends {
            break;
        }
        run = if bytes[end] == b'\\' { run + 1 } else { 0 };
        end += 1;
    }
    while end > least && is_after_a_value(bytes[end - 1]) {
        end -= 1;
    }
    end
}

/// Past the brackets that open at `start`; `start` itself where none do.
fn bracket_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut run, mut at) = (0_usize, 0, start);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'[' | b'{' | b'(' => depth += 1,
            _ if depth == 0 => return start,
            b']' | b'}' | b')' => depth -= 1,
            b'"' => at = bytes.len().min(quoted_end(bytes, at, b'"', run) + run + 1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
        run = if byte == b'\\' { run + 1 } else { 0 };
    }
    bytes.len()
}

const fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

const fn is_after_a_value(byte: u8) -> bool {
    matches!(
        byte,
        b',' | b';' | b'.' | b':' | b')' | b']' | b'}' | b'>' | b'"' | b'\'' | b'`' | b'\\'
    )
}

/// Whether the next parameter of a query begins so.
fn is_parameter(rest: &[u8]) -> bool {
    let is_of_a_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let name = rest.iter().take(PARAMETER).take_while(is_of_a_name).count();
    looked(name);
    name > 0 && rest.get(name) == Some(&b'=')
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, is_skipped: fn(u8) -> bool) -> usize {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|&&byte| is_skipped(byte)).count();
        looked(length);
        self.at += length;
        length
    }

    fn skip_word(&mut self, word: &[u8]) -> bool {
        let rest = &self.bytes[self.at..];
        let is_there = rest.len() > word.len()
            && rest[..word.len()].eq_ignore_ascii_case(word)
            && !is_of_a_word(rest[word.len()]);
        self.at += if is_there { word.len() } else { 0 };
        is_there
    }

    /// A quote and the backslashes before it.
    fn quote(&mut self) -> Option<(u8, usize)> {
        let from = self.at;
        let escapes = self.skip(|byte| byte == b'\\');
        match self.peek() {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                self.at += 1;
                Some((quote, escapes))
            }
            _ => {
                self.at = from;
                None
            }
        }
    }

    /// The brackets of an optional value and of a type that is called like the name.
    fn skip_options(&mut self) -> bool {
        let from = self.at;
        loop {
            match &self.bytes[self.at..] {
                [b'S', b'o', b'm', b'e', b'(', ..] => self.at += 5,
                [b'(', b'"' | b'\'' | b'\\', ..] => self.at += 1,
                _ => return self.at > from,
            }
        }
    }

    /// `Secret(`, `Blob {` and `b`, as `Debug` writes them, if quotes or brackets follow.
    fn skip_types(&mut self) {
        let from = self.at;
        for _ in 0..4 {
            let rest = &self.bytes[self.at..];
            let is_of_a_type = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(byte);
            let name = rest.iter().take(LONGEST_TYPE).take_while(is_of_a_type);
            let name = name.count();
            looked(name);
            self.at += match &rest[name..] {
                [b'(', ..] if name > 0 => name + 1,
                [b' ', b'{' | b'[', ..] if name > 0 => name + 1,
                [b'"' | b'\'', ..] if rest[..name] == *b"b" => 1,
                _ => break,
            };
        }
        let opens = |byte| matches!(byte, b'"' | b'\'' | b'[' | b'{' | b'\\');
        if !self.peek().is_some_and(opens) {
            self.at = from;
        }
    }
}
