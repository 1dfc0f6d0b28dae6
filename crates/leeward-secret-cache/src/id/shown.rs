use std::fmt;

/// A name as a line of a log shows it: what no secret is called by is escaped, and what is longer than any name is cut off.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

/// What the longest ARN has place in.
const LONGEST: usize = 600;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((end, _)) = self.0.char_indices().nth(LONGEST) else {
            return show(self.0, f);
        };
        show(&self.0[..end], f)?;
        write!(f, "… and {} bytes more", self.0.len() - end)
    }
}

fn show(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if text.bytes().all(is_plain) {
        return f.write_str(text);
    }
    write!(f, "{}", text.escape_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_are_and_what_is_none_on_one_line_of_bounded_length() {
        for name in ["db", "prod/orders_db+=.@-1 ", r"a\b"] {
            assert_eq!(Shown(name).to_string(), name);
        }
        let forged = "db\n\u{1b}[31mERROR\u{202e}é";
        let shown = Shown(forged).to_string();
        assert_eq!(shown, r"db\n\u{1b}[31mERROR\u{202e}\u{e9}");
        let long = "é".repeat(10_000);
        let shown = Shown(&long).to_string();
        assert!(shown.ends_with("… and 18800 bytes more"));
        assert!(shown.len() < 10 * LONGEST);
    }
}
