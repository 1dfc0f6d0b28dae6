//! XML as the emulator writes it, and the letters that it takes for others.

use bytes::Bytes;

/// What stands in the first element of this name; elements of S3 that are asked for here have no attributes.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// What stands in each element of this name.
pub(super) fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&open)?;
        let (text, after) = after.split_once(&close)?;
        rest = after;
        Some(text)
    })
}

/// With `more` at the end of the first element of this name.
pub(super) fn with(xml: &str, name: &str, more: &str) -> String {
    let close = format!("</{name}>");
    xml.replacen(&close, &format!("{more}{close}"), 1)
}

/// The emulator reads the bytes of keys in paths as letters of Latin-1, and lists them so: this is what was meant.
pub(super) fn out_of_latin(body: &Bytes) -> Option<Bytes> {
    let text = std::str::from_utf8(body)
        .ok()
        .filter(|text| !text.is_ascii())?;
    let bytes = text.chars().map(|letter| u8::try_from(letter).ok());
    let meant = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
    Some(meant.into())
}

/// Keys in a body as the emulator knows them.
pub(super) fn into_latin(body: &[u8]) -> Bytes {
    let text: String = body.iter().map(|byte| char::from(*byte)).collect();
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_and_grow() {
        let xml = "<A><B>1</B><B>2</B></A>";
        assert_eq!(element(xml, "B"), Some("1"));
        assert_eq!(element(xml, "C"), None);
        assert_eq!(elements(xml, "B").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(with(xml, "A", "<C/>"), "<A><B>1</B><B>2</B><C/></A>");
    }

    #[test]
    fn letters_come_back_from_latin() {
        let meant = "<Key>a ü 日</Key>";
        let taken = into_latin(meant.as_bytes());
        assert_ne!(taken, meant);
        assert_eq!(out_of_latin(&taken).unwrap(), meant);
        assert_eq!(out_of_latin(&Bytes::from_static(b"plain")), None);
    }
}
