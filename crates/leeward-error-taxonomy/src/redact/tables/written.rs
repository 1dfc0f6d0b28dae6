//! Secrets in JSON, XML and what is encoded.

use super::{SECRET, check};

#[test]
fn entities_and_escapes_hide_no_secret_from_the_scan() {
    for (text, expected) in [
        (
            "&quot;password&quot;:&quot;hunter2&quot;, x",
            "&quot;password&quot;:&quot;[redacted]&quot;, x",
        ),
        (
            "&amp;quot;password&amp;quot; : &amp;quot;hun&amp;amp;ter&amp;quot;",
            "&amp;quot;password&amp;quot; : &amp;quot;[redacted]&amp;quot;",
        ),
        ("password&#61;hunter2 x", "password&#61;[redacted] x"),
        ("password&#x3d;hunter2 x", "password&#x3d;[redacted] x"),
        (
            "&lt;SessionToken&gt;a b&lt;/SessionToken&gt;",
            "&lt;SessionToken&gt;[redacted]&lt;/SessionToken&gt;",
        ),
        (
            r"{\u0022password\u0022:\u0022a b\u0022,\u0022x\u0022:1}",
            r"{\u0022password\u0022:\u0022[redacted]\u0022,\u0022x\u0022:1}",
        ),
        (r"password\x3dhunter2 x", r"password\x3d[redacted] x"),
        (r"password\u{a0}=hunter2 x", r"password\u{a0}=[redacted] x"),
        (
            "password\u{a0}=\u{2003}hunter2 x",
            "password\u{a0}=\u{2003}[redacted] x",
        ),
        (
            "password\u{3000}: hunter2 x",
            "password\u{3000}: [redacted] x",
        ),
        ("password\u{ff1a}hunter2 x", "password\u{ff1a}[redacted] x"),
        (
            "пароль password\u{202f}= hunter2",
            "пароль password\u{202f}= [redacted]",
        ),
        (
            "AT&amp;T key AKIAIOSFODNN7EXAMPLE",
            "AT&amp;T key AKIA****MPLE",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn secrets_in_json_and_debug_are_known() {
    for (text, expected) in [
        (
            r#"{"SessionToken":"a b\"c","x":1}"#,
            r#"{"SessionToken":"[redacted]","x":1}"#,
        ),
        (
            r#"{"password":"a, b; c\"d","x":1}"#,
            r#"{"password":"[redacted]","x":1}"#,
        ),
        (
            r#"{"password":"a\\","x":1}"#,
            r#"{"password":"[redacted]","x":1}"#,
        ),
        (r#"{"password":"","x":1}"#, r#"{"password":"","x":1}"#),
        (
            r#"{"TokenCode":123456,"x":1}"#,
            r#"{"TokenCode":[redacted],"x":1}"#,
        ),
        (
            r#"{\"SecretAccessKey\":\"a\\\"b\\\\\",\"x\":1}"#,
            r#"{\"SecretAccessKey\":\"[redacted]\",\"x\":1}"#,
        ),
        (
            r#"{"message":"password=abc","x":1}"#,
            r#"{"message":"password=[redacted]","x":1}"#,
        ),
        (
            r#"{"SAMLAssertion":"a","WebIdentityToken":"b","Base32StringSeed":"c"}"#,
            r#"{"SAMLAssertion":"[redacted]","WebIdentityToken":"[redacted]","Base32StringSeed":"[redacted]"}"#,
        ),
        (
            "Plaintext: Blob { inner: [1, 2] }, KeyId",
            "Plaintext: [redacted]",
        ),
        (
            "SecretString: Some(\"a b\")",
            "SecretString: Some(\"[redacted]\")",
        ),
        (
            "{ SecretAccessKey: Some(\"hunter2\"), at: 7 }",
            "{ SecretAccessKey: Some(\"[redacted]\"), at: 7 }",
        ),
        ("password: [\"a] b\", \"c\"], x", "password: [redacted], x"),
        ("password: Some([1, 2]), x", "password: Some([redacted]), x"),
        (
            "password: Blob { inner: [1, 2] }, x",
            "password: [redacted], x",
        ),
        ("password: b\"a b\", x", "password: [redacted]\", x"),
        (
            "password: Some(Secret(\"a b\")), x",
            "password: Some([redacted]\")), x",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn secrets_in_xml_are_known() {
    for (text, expected) in [
        (
            "<SecretAccessKey>abc d</SecretAccessKey> next",
            "<SecretAccessKey>[redacted]</SecretAccessKey> next",
        ),
        (
            "<SessionToken a=\"b\">abc</SessionToken>",
            "<SessionToken a=\"b\">[redacted]</SessionToken>",
        ),
        (
            "<sts:SessionToken a=\"b\">abc</sts:SessionToken>",
            "<sts:SessionToken a=\"b\">[redacted]</sts:SessionToken>",
        ),
        (
            "<Token><![CDATA[a b]]></Token><Id>7</Id>",
            "<Token>[redacted]</Token><Id>7</Id>",
        ),
        (
            "<Plaintext>a b</Plaintext> c",
            "<Plaintext>[redacted]</Plaintext> c",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn percent_encoding_hides_no_secret_from_the_scan() {
    for (text, expected) in [
        (
            "?X-Amz-Signature=0af&X-Amz-Date=1",
            "?X-Amz-Signature=[redacted]&X-Amz-Date=1",
        ),
        (
            "X-Amz-Security-Token%3Dabc%26x",
            "X-Amz-Security-Token%3D[redacted]",
        ),
        ("password%3Dhunter2 x", "password%3D[redacted] x"),
        (
            "a=foo%26password%3Dhunter!2%26x&b=c",
            "a=foo%26password%3D[redacted]&b=c",
        ),
        (
            "X-Amz-Signature%253D0af%2526b",
            "X-Amz-Signature%253D[redacted]",
        ),
        ("p%61ssword=hunter2 x", "p%61ssword=[redacted] x"),
        (
            "q=%7B%22password%22%3A%22a%2C%20b%22%7D&b=c",
            "q=%7B%22password%22%3A%22[redacted]&b=c",
        ),
        (
            "q=AKIAIOSFODNN7EXAMPLE%26secret_key%3Dabc",
            "q=AKIA****MPLE%26secret_key%3D[redacted]",
        ),
    ] {
        check(text, expected);
    }
    let encoded = SECRET.replace('/', "%2F");
    check(&format!("({encoded})"), "([redacted])");
}
