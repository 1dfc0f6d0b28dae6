use super::{UnreadableReason, members::Members};
use serde::de::IgnoredAny;
use std::{collections::BTreeMap, iter::repeat_with, ops::Range, str::Chars};
use zeroize::Zeroizing;

/// The fields of a JSON object: where each lies in its text, so that there is no copy to wipe.
pub(super) struct Fields(BTreeMap<String, Field>);

enum Field {
    Verbatim(Range<usize>),
    /// A text with what JSON escapes, which lies nowhere as it is meant.
    Unescaped(Zeroizing<String>),
    Nested,
}

/// How many names an error tells.
const TOLD: usize = 20;

impl Fields {
    pub(super) fn read(text: &str) -> Result<Self, UnreadableReason> {
        // What serde_json would say of something else quotes it, and is not wiped.
        if !text.trim_start().starts_with('{') {
            return Err(UnreadableReason::NotObject);
        }
        // Of two members with one name the last counts, as everywhere in serde_json.
        serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text)
            .map_err(|error| UnreadableReason::json(&error))?;
        let read = |(name, value): (&str, Range<usize>)| {
            let name = serde_json::from_str(name).ok()?;
            Some((name, Field::read(text, value)?))
        };
        let fields = Members::of(text).map(read).collect::<Option<_>>();
        // Only half a pair of surrogates is valid and means nothing.
        fields
            .map(Self)
            .ok_or(UnreadableReason::Json { line: 0, column: 0 })
    }

    /// One of the fields that were read from `text`.
    pub(super) fn field<'a>(
        &'a self,
        text: &'a str,
        name: &str,
    ) -> Result<&'a str, UnreadableReason> {
        let plain = match self.0.get(name) {
            Some(Field::Verbatim(place)) => text.get(place.clone()),
            Some(Field::Unescaped(text)) => Some(text.as_str()),
            Some(Field::Nested) => None,
            None => return Err(self.without(name)),
        };
        plain.ok_or_else(|| UnreadableReason::NotPlain {
            field: name.to_owned(),
        })
    }

    /// Says that there is no field of this name.
    pub(super) fn without(&self, name: &str) -> UnreadableReason {
        UnreadableReason::NoField {
            field: name.to_owned(),
            fields: self.0.keys().take(TOLD).cloned().collect(),
        }
    }
}

impl Field {
    fn read(text: &str, place: Range<usize>) -> Option<Self> {
        let written = text.get(place.clone())?;
        let is_plain = |start: char| start == '-' || start.is_ascii_digit();
        if written.starts_with(is_plain) || written == "true" || written == "false" {
            return Some(Self::Verbatim(place));
        }
        let quoted = written.strip_prefix('"');
        let Some(quoted) = quoted.and_then(|rest| rest.strip_suffix('"')) else {
            return Some(Self::Nested);
        };
        if quoted.contains('\\') {
            return unescaped(quoted).map(Self::Unescaped);
        }
        Some(Self::Verbatim(place.start + 1..place.end - 1))
    }
}

/// What is meant by the text between the quotes of a valid JSON text; none if it has half a pair of surrogates.
fn unescaped(quoted: &str) -> Option<Zeroizing<String>> {
    // It never gets longer, so nothing is left behind where it would have to grow.
    let mut meant = Zeroizing::new(String::with_capacity(quoted.len()));
    let mut signs = quoted.chars();
    while let Some(sign) = signs.next() {
        meant.push(match sign {
            '\\' => escaped(&mut signs)?,
            sign => sign,
        });
    }
    Some(meant)
}

fn escaped(signs: &mut Chars<'_>) -> Option<char> {
    Some(match signs.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(signs)?;
            match char::from_u32(first.into()) {
                Some(sign) => sign,
                None if signs.next()? == '\\' && signs.next()? == 'u' => {
                    let pair = [first, unit(signs)?];
                    char::decode_utf16(pair).next()?.ok()?
                }
                None => return None,
            }
        }
        sign => sign,
    })
}

/// Four hexadecimal digits.
fn unit(signs: &mut Chars<'_>) -> Option<u16> {
    let mut digits = repeat_with(|| signs.next()?.to_digit(16)).take(4);
    let unit = digits.try_fold(0, |unit, digit| Some((unit << 4) | digit?))?;
    u16::try_from(unit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, value: &str) {
        let fields = Fields::read(text).unwrap();
        assert_eq!(fields.field(text, name), Ok(value));
    }

    #[test]
    fn plain_fields_are_told_as_they_are_written() {
        let text = r#"{"user":"app","port": 5432 ,"tls":true,"share":0.50,"below":-1e3,"pin":00,"more":1}"#;
        assert!(Fields::read(text).is_err(), "no number begins with 00");
        let text = text.replace("00", "12345678901234567890123");
        for (name, value) in [
            ("user", "app"),
            ("port", "5432"),
            ("tls", "true"),
            ("share", "0.50"),
            ("below", "-1e3"),
            ("pin", "12345678901234567890123"),
        ] {
            check(&text, name, value);
        }
    }

    #[test]
    fn texts_are_told_as_they_are_meant() {
        for (written, value) in [
            ("", ""),
            (r"a\nb\t\r\b\f", "a\nb\t\r\u{8}\u{c}"),
            (r#"\"\\\/"#, r#""\/"#),
            (r"\u00e9\u0041é", "éAé"),
            (r"\ud83d\uDE00!", "😀!"),
        ] {
            check(&format!(r#"{{"a":"{written}"}}"#), "a", value);
        }
        for half in [
            r"\ud83d",
            r"\ud83dx",
            r"\ud83d\n",
            r"\ude00",
            r"\ud83d\u0041",
        ] {
            let text = format!(r#"{{"a":"{half}"}}"#);
            assert!(Fields::read(&text).is_err(), "{half}");
        }
    }

    #[test]
    fn what_is_no_plain_value_is_not_told() {
        let text = r#"{"hosts":[1,{"a":2}],"none":null,"more":{"a":"b"}}"#;
        let fields = Fields::read(text).unwrap();
        for name in ["hosts", "none", "more"] {
            let field = name.to_owned();
            let error = UnreadableReason::NotPlain { field };
            assert_eq!(fields.field(text, name), Err(error));
        }
    }

    #[test]
    fn of_two_fields_with_one_name_the_last_counts() {
        check(r#"{"a":1,"a":"2"}"#, "a", "2");
    }

    #[test]
    fn a_field_that_is_missing_is_told_with_those_that_are_there() {
        let text = r#"{"user":"app","port":1}"#;
        let fields = Fields::read(text).unwrap();
        let error = fields.field(text, "password").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"its value has no field "password": its fields are ["port", "user"]"#
        );
    }

    #[test]
    fn what_is_no_object_is_refused_without_quoting_it() {
        let json = |column| UnreadableReason::Json { line: 1, column };
        for (text, reason) in [
            ("", UnreadableReason::NotObject),
            ("hunter2", UnreadableReason::NotObject),
            ("\n  [1]", UnreadableReason::NotObject),
            (r#""hunter2""#, UnreadableReason::NotObject),
            ("{", json(1)),
            (r#"{"hunter2"}"#, json(11)),
        ] {
            let Err(error) = Fields::read(text) else {
                panic!("{text} was read");
            };
            assert_eq!(error, reason, "{text}");
            assert!(!error.to_string().contains("hunter"));
        }
    }
}
