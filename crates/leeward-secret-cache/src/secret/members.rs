use std::ops::Range;

/// The members of a JSON object that is known to be one: each name in its quotes, and where the value lies.
pub(super) struct Members<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Members<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, sign: u8) {
        let is_skipped = |byte: u8| byte == sign || is_space(byte);
        while self.byte().is_some_and(is_skipped) {
            self.at += 1;
        }
    }

    /// Passes over one value, up to what comes after it.
    fn value(&mut self) -> Range<usize> {
        let (start, mut depth) = (self.at, 0_usize);
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => self.pass_text(),
                b'{' | b'[' => depth += 1,
                b',' | b':' | b'}' | b']' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                byte if depth == 0 && is_space(byte) => break,
                _ => {}
            }
            self.at += 1;
        }
        start..self.at
    }

    /// Passes from one quote to the other.
    fn pass_text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte()
            && byte != b'"'
        {
            // What is escaped ends nothing.
            self.at += if byte == b'\\' { 2 } else { 1 };
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip(if self.at == 0 { b'{' } else { b',' });
        if self.byte()? == b'}' {
            return None;
        }
        let name = self.value();
        self.skip(b':');
        let value = self.value();
        // To the comma or to the end.
        self.skip(b' ');
        Some((self.text.get(name)?, value))
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_is_found_where_it_lies() {
        for (text, found) in [
            ("{}", vec![]),
            (" { } ", vec![]),
            (r#"{"a":1}"#, vec![(r#""a""#, "1")]),
            (
                "\t{ \"a\" : \"x, y: }\" ,\r\n\"b\":[1, {\"c\": \"]\"}], \"d\" :{ } }\n",
                vec![
                    (r#""a""#, r#""x, y: }""#),
                    (r#""b""#, r#"[1, {"c": "]"}]"#),
                    (r#""d""#, "{ }"),
                ],
            ),
            (
                r#"{"a\"":"\\","é":"\"é","":null}"#,
                vec![
                    (r#""a\"""#, r#""\\""#),
                    (r#""é""#, r#""\"é""#),
                    (r#""""#, "null"),
                ],
            ),
        ] {
            let members = Members::of(text).map(|(name, value)| (name, &text[value]));
            assert_eq!(members.collect::<Vec<_>>(), found, "{text}");
        }
    }
}
