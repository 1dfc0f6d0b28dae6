//! What must vanish, what must stay, and that neither takes longer than the text is long.

use super::{Kind, clean, glance, redact};
use proptest::{
    collection,
    prelude::*,
    sample::select,
    test_runner::{Config, RngSeed},
};
use std::{borrow::Cow, cell::Cell};

thread_local! {
    /// How many bytes the scans of this thread have looked at.
    pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const DIGEST: &str = "0af90af90af90af90af90af90af90af90af90af90af90af90af90af90af90af9";

#[track_caller]
fn check(text: &str, expected: &str) {
    assert!(
        expected == text || !glance::is_plain(text.as_bytes()),
        "{text}"
    );
    assert_eq!(redact(text), expected, "{text}");
    assert_eq!(redact(expected), expected, "{text} a second time");
}

#[test]
fn what_aws_says_stays_as_it_is() {
    for text in [
        "",
        "Rate exceeded",
        "The security token included in the request is expired",
        "The security token included in the request is invalid.",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        "The AWS Access Key Id you provided does not exist in our records.",
        "User: arn:aws:sts::111122223333:assumed-role/AdminRole/session is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based policy allows the kms:Decrypt action",
        "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:my-very-long-secret-name-AbCdEf with an explicit deny",
        "arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:production/database/master-a1B2c3",
        "InvalidNextToken: The token is not valid",
        "ExpiredToken: The provided token has expired.",
        "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)",
        "ItemCollectionSizeLimitExceededException: Item collection size limit exceeded",
        "Secrets Manager can't find the specified secret.",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
        "Secret 'production/database' was not found",
        "Stack [MyStack-ProdLambdaExecutionRole-1ABC2DEF3GHI] does not exist",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
        "The authorization header is malformed; a non-empty Access Key (AKID) must be provided in the credential.",
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter.",
        "Missing Authentication Token",
        "Basic authentication and Bearer tokens are not supported",
        "The password policy of the account asks for 14 characters; the password is too short",
        "Account password policy not found",
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        "1 validation error detected: Value 'x' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048",
        "Parameter validation failed: Unknown parameter \"Passwort\"; must be one of: KeyId, GrantTokens",
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must not be null",
        "The specified key does not exist: photos/2026/January/IMG_0001-edited.JPG",
        "keyJoinTableOfEveryOtherAccount2024.parquet",
        "s3://bucket/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/01/111122223333_CloudTrail_us-east-1_20260101T0000Z.json.gz",
        "https://bucket.s3.amazonaws.com/my%20key%2Bother?X-Amz-Date=20260101T000000Z&X-Amz-Expires=900",
        "request 5a5f1a6e-31e4-4b9a-9f0b-3f3b6a7c2d10, key mrk-1234abcd12ab34cd56ef1234567890ab",
        "Certificate: -----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----",
        "{\"__type\":\"com.amazonaws.kms#NotFoundException\",\"message\":\"Invalid keyId 'x'\"}",
        "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Token/><RequestId>4F</RequestId></Error>",
        "tcp connect error: Connection refused (os error 111)",
        "error trying to connect: https://kms.us-east-1.amazonaws.com/?a=b@c",
        "Ключ недоступен — ждите",
        "InvalidToken: The token is malformed. IncompleteSignature: Authorization header",
        "ExpiredTokenException: Token expired: current date/time 1 must be before the expiration date/time 2",
        "Invalid token: expired. Secret: not found. signature: The date is in the future",
        "Unable to parse token: missing; bad secret: must not be empty",
        "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid.",
        "The provided token is malformed or otherwise invalid.",
        "A conversion from Key=department,Value=sales was refused",
        "Tag { key: \"password-policy\", value: \"strict\" }",
        "('region', 'eu-west-1') and &quot;key&quot;: &quot;x&quot; R&amp;D \\u0041",
    ] {
        check(text, text);
        assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn a_glance_is_enough_for_what_services_say_most() {
    for text in [
        "Rate exceeded",
        "AccessDeniedException",
        "5a5f1a6e-31e4-4b9a-9f0b-3f3b6a7c2d10",
        "You have exceeded the rate at which you may call KMS.",
        "User: arn:aws:sts::111122223333:assumed-role/payments-production/i-0abcdef1234567890 is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::ledger-eu-central-1/2026/11/21/part-00042.parquet\" because no identity-based policy allows the s3:GetObject action, in any of its statements",
        "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab because no resource-based policy allows the kms:Decrypt action",
    ] {
        assert!(glance::is_plain(text.as_bytes()), "{text}");
        check(text, text);
    }
}

#[test]
fn a_glance_overlooks_no_place() {
    for length in 1..140 {
        let plain = "a b,".repeat(40);
        assert!(glance::is_plain(&plain.as_bytes()[..length]));
        for at in 0..length {
            for odd in ["\n", "=", "%"] {
                let mut text = plain[..length].to_owned();
                text.replace_range(at..=at, odd);
                assert!(!glance::is_plain(text.as_bytes()), "{text}");
            }
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 20_000, rng_seed: RngSeed::Fixed(0x1eea), failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_glance_overlooks_no_secret(
        words in collection::vec(
            prop_oneof![
                select(vec![
                    "password", "token", "Cookie", "passphrase", "secret_key", "Signature", "Authorization", "header", "value",
                    "Value", "Key", "name", "Basic", "bearer", "AWS4-HMAC", "--pwd", "-----BEGIN PRIVATE KEY-----", "http://a:b@c",
                    "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJSUzI1NiJ9.x", "FwoGZXIvYXdzabcdefgh", DIGEST, SECRET, "%3D", "&#61;",
                    "arn:aws:s3:::x", "is", "the", "x", "' at '", "\u{a0}", "\n",
                ]).prop_map(ToOwned::to_owned),
                "[A-Za-z0-9+/]{1,48}",
                "[ -~]{1,6}",
            ],
            1..6,
        ),
        joints in collection::vec(
            select(vec!["", " ", "  ", ":", ": ", " :", "=", "\"", " \"", "\": \"", "_", "-", ".", " (", ">", ","]), 6,
        ),
    ) {
        let text: String = words.iter().zip(&joints).flat_map(|(word, joint)| [word.as_str(), *joint]).collect();
        if glance::is_plain(text.as_bytes()) {
            prop_assert_eq!(clean(&text, Kind::Words), None, "{}", text);
            prop_assert_eq!(clean(&text, Kind::Id), None, "{}", text);
        }
    }
}

#[test]
fn an_access_key_id_keeps_its_ends() {
    check("key AKIAIOSFODNN7EXAMPLE is", "key AKIA****MPLE is");
    check(
        "Credential=ASIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request",
        "Credential=ASIA****MPLE/20260101/us-east-1/s3/aws4_request",
    );
    check("AKIAIOSFODNN7PASSWORD=hunter2 x", "[redacted] x");
}

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

#[test]
fn secrets_are_known_by_their_form() {
    check(
        &format!("the key {SECRET}, they say"),
        "the key [redacted], they say",
    );
    check(&format!("({SECRET})"), "([redacted])");
    let token = format!("IQoJb3JpZ2luX2Vj{}", "abcDEF/012+".repeat(30));
    check(&format!("token {token}=="), "token [redacted]==");
    check(&format!("hash {DIGEST}"), "hash [redacted]");
    check(&format!("x/{DIGEST}/y"), "x/[redacted]/y");
    check(&format!("x={DIGEST}&y"), "x=[redacted]&y");
    check(
        "jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_1",
        "jwt [redacted]",
    );
    check(
        "via http://eve:hunter2@proxy.example:3128/ failed",
        "via http://[redacted]@proxy.example:3128/ failed",
    );
    check(
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\nrest",
        "-----BEGIN PRIVATE KEY-----[redacted] rest",
    );
    check(
        r"key\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\nrest",
        r"key\n-----BEGIN RSA PRIVATE KEY-----[redacted]\nrest",
    );
    check(
        "password=-----BEGIN PRIVATE KEY----- MIIB -----END PRIVATE KEY----- rest",
        "password=[redacted] rest",
    );
}

#[test]
fn a_text_goes_on_one_line() {
    check(
        "no credentials:\n  Environment: not set\r\n  Profile: none\0",
        "no credentials: Environment: not set Profile: none",
    );
}

#[test]
fn a_text_made_to_be_slow_is_read_in_a_straight_line() {
    for part in [
        "://",
        "://a/@",
        "http://a:",
        "Basic (",
        "Basic Basic ",
        "authorization Basic is ",
        "\"AWS4-HMAC-SHA256 ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "password=",
        "password: ",
        "\"password\":\"",
        "password=\\\"",
        "password=(",
        "token=(token ",
        "token=\"\"",
        "arn:aws:secret:",
        "Value '",
        "' at 'password'",
        "<password ",
        "<password>",
        "password ",
        "\"",
        "\\\"",
        "password=&a",
        "%25",
        "%2525",
        "%70assword%3D ",
        "password%3D!",
        "%!",
        "eyJ",
        "AKIA",
        "AKIAIOSFODNN7EXAMPLE",
        "&quot;",
        "&amp;amp;quot;password&#61;",
        "\\u0022",
        "\u{a0}password=",
        "Key=password,Value=",
        "Value=",
        "name: x value: ",
        "(\"password\",",
        "Ab1/",
        "/",
    ] {
        let steps = |length: usize| {
            let text = part.repeat(length / part.len());
            let before = STEPS.get();
            clean(&text, Kind::Words);
            STEPS.get() - before
        };
        let (short, long) = (steps(10_000), steps(100_000));
        assert!(long <= 11 * short + 10_000, "{part}: {short}, {long}");
        assert!(long <= 100 * 100_000, "{part}: {long}");
    }
}
