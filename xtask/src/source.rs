//! Looks at Rust text without parsing it: code and comments apart, and the statements of a file.

/// A text twice, line by line in place: its code with strings and comments blanked, its comments with all else blanked.
#[derive(Debug)]
pub(crate) struct Separated {
    pub(crate) code: String,
    pub(crate) comments: String,
}

impl From<&str> for Separated {
    fn from(text: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let mut separated = Self {
            code: String::new(),
            comments: String::new(),
        };
        let mut at = 0;
        while at < characters.len() {
            let (region, length) = region(&characters, at);
            for character in &characters[at..at + length] {
                let blank = if *character == '\n' { '\n' } else { ' ' };
                let (code, comment) = match region {
                    Region::Code => (*character, blank),
                    Region::Comment => (blank, *character),
                    Region::Literal => (blank, blank),
                };
                separated.code.push(code);
                separated.comments.push(comment);
            }
            at += length;
        }
        separated
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Region {
    Code,
    Comment,
    Literal,
}

/// What stands at `at`, and how far it goes.
fn region(text: &[char], at: usize) -> (Region, usize) {
    let rest = &text[at..];
    let after_a_word = at > 0 && is_of_a_word(text[at - 1]);
    match rest {
        ['/', '/', ..] => (
            Region::Comment,
            rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ),
        ['/', '*', ..] => (Region::Comment, block_comment(rest)),
        ['"', ..] => (Region::Literal, 1 + quoted(&rest[1..], '"')),
        ['\'', '\\', ..] => (Region::Literal, 1 + quoted(&rest[1..], '\'')),
        ['\'', _, '\'', ..] => (Region::Literal, 3),
        ['r', '"' | '#', ..] if !after_a_word || is_string_prefix(text, at) => {
            match raw_string(rest) {
                Some(length) => (Region::Literal, length),
                None => (Region::Code, 1),
            }
        }
        _ => (Region::Code, 1),
    }
}

/// Whether the `r` at `at` belongs to `br"` or `cr"`.
fn is_string_prefix(text: &[char], at: usize) -> bool {
    matches!(text[at - 1], 'b' | 'c') && (at < 2 || !is_of_a_word(text[at - 2]))
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length up to and with the closing `quote`.
fn quoted(text: &[char], quote: char) -> usize {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// The length of the raw string that starts with the `r` of `text`; a raw identifier is none.
fn raw_string(text: &[char]) -> Option<usize> {
    let hashes = text[1..].iter().take_while(|c| **c == '#').count();
    if text.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = 2 + hashes;
    let ends = |at: &usize| {
        text[*at] == '"' && text[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes
    };
    Some(
        (body..text.len())
            .find(ends)
            .map_or(text.len(), |at| at + 1 + hashes),
    )
}

/// A statement of a file at its outermost level, attributes left out, white space made even.
#[derive(Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// The statements of `code`; each ends with its `;` or with the brace that closes its body.
pub(crate) fn statements(code: &str) -> Vec<Statement> {
    let characters: Vec<char> = code.chars().collect();
    let (mut statements, mut at, mut line) = (Vec::new(), 0, 1);
    while at < characters.len() {
        let rest = &characters[at..];
        let length = match rest[0] {
            c if c.is_whitespace() => 1,
            '#' => attribute(rest),
            _ => {
                let length = statement(rest);
                let text: String = rest[..length].iter().collect();
                statements.push(Statement {
                    line,
                    text: text.split_whitespace().collect::<Vec<_>>().join(" "),
                });
                length
            }
        };
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        at += length;
    }
    statements
}

fn attribute(text: &[char]) -> usize {
    let mut depth = 0;
    for (at, character) in text.iter().enumerate() {
        match character {
            '[' => depth += 1,
            ']' if depth == 1 => return at + 1,
            ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn statement(text: &[char]) -> usize {
    let head: String = text.iter().take_while(|c| !"{;".contains(**c)).collect();
    // The braces of a `use` hold a list, not a body.
    let has_body = !head.split_whitespace().any(|word| word == "use");
    let mut depth = 0;
    for (at, character) in text.iter().enumerate() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 && has_body => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The start of `text`, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, code: &str, comments: &str) {
        let separated = Separated::from(text);
        assert_eq!(
            (separated.code.trim_end(), separated.comments.trim_end()),
            (code, comments)
        );
        assert_eq!(separated.code.lines().count(), text.lines().count());
    }

    #[test]
    fn comments_and_code_come_apart() {
        check("a // b", "a", "  // b");
        check(
            "a /* b /* c */ d */ e",
            "a                   e",
            "  /* b /* c */ d */",
        );
        check("a\n/// b\nc", "a\n     \nc", " \n/// b");
    }

    #[test]
    fn strings_are_neither() {
        check(r#"a("// b", c)"#, "a(      , c)", "");
        check(r#"a("\" // b") // c"#, "a(         )", "             // c");
        check("r#\"// \" b\"# c", "            c", "");
        check("br\"// b\" c", "b        c", "");
        check("bar\"b\"", "bar", "");
    }

    #[test]
    fn lifetimes_are_code_and_characters_are_not() {
        check("fn a<'b>(c: &'b str)", "fn a<'b>(c: &'b str)", "");
        check(
            "['\"', '\\'', '/'] // a",
            "[   ,     ,    ]",
            "                 // a",
        );
        check("r#type // a", "r#type", "       // a");
    }

    #[track_caller]
    fn says(text: &str, expected: &[(usize, &str)]) {
        let found = statements(&Separated::from(text).code);
        let found: Vec<_> = found
            .iter()
            .map(|statement| (statement.line, statement.text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn statements_stand_without_attributes_and_comments() {
        says(
            "#![doc = include_str!(\"../README.md\")]\n\nmod a;\n",
            &[(3, "mod a;")],
        );
        says(
            "//! a\n#[cfg(any(a, b))]\npub  use a::{\n    b,\n};\n",
            &[(3, "pub use a::{ b, };")],
        );
        says(
            "mod a { fn b() { c(); } }\npub use d;",
            &[(1, "mod a { fn b() { c(); } }"), (2, "pub use d;")],
        );
        says("#[a[0]] mod b;", &[(1, "mod b;")]);
        says("fn a()", &[(1, "fn a()")]);
    }

    #[test]
    fn long_texts_are_shortened() {
        assert_eq!(shortened("pub use a;"), "pub use a;");
        assert_eq!(shortened(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
