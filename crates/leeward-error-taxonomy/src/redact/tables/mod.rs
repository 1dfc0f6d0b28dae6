//! What must vanish, what must stay, and that neither takes longer than the text is long.

mod glanced;
mod named;
mod written;

use super::{Kind, clean, glance, redact};
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
fn an_access_key_id_keeps_its_ends() {
    check("key AKIAIOSFODNN7EXAMPLE is", "key AKIA****MPLE is");
    check(
        "Credential=ASIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request",
        "Credential=ASIA****MPLE/20260101/us-east-1/s3/aws4_request",
    );
    check("AKIAIOSFODNN7PASSWORD=hunter2 x", "[redacted] x");
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
