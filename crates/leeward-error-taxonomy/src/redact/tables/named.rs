//! Secrets that the names before them give away, in words, headers and members.

use super::check;

#[test]
fn secrets_are_known_by_their_names() {
    for (text, expected) in [
        (
            "aws_secret_access_key = abc def",
            "aws_secret_access_key = [redacted] def",
        ),
        (
            "password: hunter2, user: eve",
            "password: [redacted], user: eve",
        ),
        ("password=hun,ter;2)x. Next", "password=[redacted]. Next"),
        ("{password=hunter2}", "{password=[redacted]}"),
        ("pwd=x", "pwd=[redacted]"),
        ("MasterUserPassword=x", "MasterUserPassword=[redacted]"),
        ("api_key=x", "api_key=[redacted]"),
        ("x-api-key: x", "x-api-key: [redacted]"),
        ("apikey => 'x y'", "apikey => '[redacted]'"),
        (
            "passphrase: correct horse battery",
            "passphrase: [redacted]",
        ),
        ("Cookie: a=b; c=d", "Cookie: [redacted]"),
        ("set-cookie: a=b; c=d", "set-cookie: [redacted]"),
        ("TokenCode=123456&Action=x", "TokenCode=[redacted]&Action=x"),
        ("client_secret=x", "client_secret=[redacted]"),
        (
            "--password hunter2 --user eve",
            "--password [redacted] --user eve",
        ),
        ("the password 'hunter 2' is", "the password '[redacted]' is"),
        ("secret='x y'", "secret='[redacted]'"),
        ("token = \"short\"", "token = \"[redacted]\""),
        ("password 'it''s'", "password '[redacted]'"),
        ("Password(\"a b\")", "Password(\"[redacted]\")"),
        ("password value: x", "password value: [redacted]"),
        (
            "password=secretAccessKey: hunter2 x",
            "password=[redacted] x",
        ),
        (
            "token=\" \"SecretAccessKey\": \"hunter2\", x",
            "token=\"[redacted]\", x",
        ),
        (
            "Value 'hunter2' at 'password' failed to satisfy",
            "Value '[redacted]' at 'password' failed to satisfy",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_token_is_no_shorter_a_secret_than_a_password() {
    for (text, expected) in [
        ("token=abc", "token=[redacted]"),
        ("token = abc", "token = [redacted]"),
        ("NextToken=abc&x=y", "NextToken=[redacted]&x=y"),
        ("token: abc, x", "token: [redacted], x"),
        ("secret: hunter2", "secret: [redacted]"),
        ("secret:swordfish", "secret:[redacted]"),
        ("signature=0af x", "signature=[redacted] x"),
        ("signature => 0af x", "signature => [redacted] x"),
        ("x-vault-token: s.abc", "x-vault-token: [redacted]"),
        ("PRIVATE-TOKEN: glpat-abc", "PRIVATE-TOKEN: [redacted]"),
        ("--token abc --user eve", "--token [redacted] --user eve"),
        ("ExpiredToken=abc", "ExpiredToken=[redacted]"),
        ("{\"secret\": hunter2}", "{\"secret\": [redacted]}"),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_name_in_a_member_of_its_own_is_known() {
    for (text, expected) in [
        (
            r#"("x-amz-security-token", HeaderValue("hunter2")), ("a", "b")"#,
            r#"("x-amz-security-token", [redacted]")), ("a", "b")"#,
        ),
        (
            r#"("password", "hunter2")"#,
            r#"("password", "[redacted]")"#,
        ),
        (r#"[\"token\", \"abc\"]"#, r#"[\"token\", \"[redacted]\"]"#),
        (r#"["password",["hunter2"]]"#, r#"["password",[redacted]]"#),
        (
            r#"Tag { key: "password", value: "hunter2" }"#,
            r#"Tag { key: "password", value: "[redacted]" }"#,
        ),
        (
            r#"Tag { key: Some("password"), value: Some("hunter2") }"#,
            r#"Tag { key: Some("password"), value: Some("[redacted]") }"#,
        ),
        (
            r#"{"Key":"password","Value":"hunter2"},{"Key":"b","Value":"c"}"#,
            r#"{"Key":"password","Value":"[redacted]"},{"Key":"b","Value":"c"}"#,
        ),
        (
            r#"{\"Key\": \"token\", \"Value\": \"a b\"}"#,
            r#"{\"Key\": \"token\", \"Value\": \"[redacted]\"}"#,
        ),
        (
            r#"{"ParameterKey":"DBPassword","UsePreviousValue":"x","ParameterValue":"hunter2"}"#,
            r#"{"ParameterKey":"DBPassword","UsePreviousValue":"[redacted]","ParameterValue":"[redacted]"}"#,
        ),
        (
            "ParameterKey=DBPassword,ParameterValue=hunter2 ParameterKey=A,ParameterValue=b",
            "ParameterKey=DBPassword,ParameterValue=[redacted] ParameterKey=A,ParameterValue=b",
        ),
        (
            "[{ParameterKey: DBPassword, ParameterValue: hunter2}]",
            "[{ParameterKey: DBPassword, ParameterValue: [redacted]}]",
        ),
        ("Name=token,Value=abc", "Name=token,Value=[redacted]"),
        ("Name=region,Value=abc", "Name=region,Value=abc"),
        (
            "<Name>password</Name><Value>hunter 2</Value>",
            "<Name>password</Name><Value>[redacted]</Value>",
        ),
        (
            "<Key>apikey</Key> <Value>hunter2</Value>",
            "<Key>apikey</Key> <Value>[redacted]</Value>",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn secrets_in_headers_are_known() {
    for (text, expected) in [
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=a, Signature=b",
            "Authorization: [redacted]",
        ),
        (
            r#"{"authorization": "Bearer a.b", "x": 1}"#,
            r#"{"authorization": "[redacted]", "x": 1}"#,
        ),
        (
            "Authorization header: 'Basic dXNlcjpwYXNz' is wrong",
            "Authorization header: '[redacted]' is wrong",
        ),
        (
            "sent authorization as Basic hunter too",
            "sent authorization as Basic [redacted] too",
        ),
        ("Basic dXNlcjpwYXNz x", "Basic [redacted] x"),
        ("basic user:hunter2 x", "basic [redacted] x"),
        ("Bearer abcdef0123456789abcdef", "Bearer [redacted]"),
        (
            "got 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c' again",
            "got 'AWS4-HMAC-SHA256 [redacted]' again",
        ),
    ] {
        check(text, expected);
    }
}
