//! Names the operation that a request asks for: pure, from what the protocols say and, where they only imply it, from
//! tables.

use crate::aws::service::{Protocol, Service};
use http::{HeaderMap, Method, request::Parts};

/// What a request asks for that says nothing we know.
pub(super) const UNKNOWN: &str = "Unknown";

/// Reads the operation from the head; `None` if it stands in the body.
pub(super) fn in_head(service: Service, head: &Parts) -> Option<String> {
    let query = head.uri.query().unwrap_or_default();
    let name = match service.protocol() {
        Protocol::Query => return None,
        Protocol::Json(_) => head
            .headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok())
            .and_then(|target| target.rsplit('.').next()),
        Protocol::RestJson => rest_json(&head.method, head.uri.path(), query),
        Protocol::RestXml => match parameter(query, "x-id") {
            Some(said) => Some(said),
            None => rest_xml(&head.method, head.uri.path(), query, &head.headers),
        },
    };
    Some(valid(name))
}

/// Reads the operation from the body of an awsQuery request.
pub(super) fn in_body(body: &[u8]) -> String {
    let body = std::str::from_utf8(body).unwrap_or_default();
    valid(parameter(body, "Action"))
}

/// Only names that AWS could have given become names in counters.
fn valid(name: Option<&str>) -> String {
    name.filter(|name| name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .filter(|name| !name.is_empty())
        .unwrap_or(UNKNOWN)
        .to_owned()
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })
}

/// Lambda's operations; `*` stands for one segment of the path, and what is behind a `?` is in the query.
#[rustfmt::skip] // a table reads by its columns
const LAMBDA: &[(&str, &str, &str)] = &[
    ("GET", "2015-03-31/functions", "ListFunctions"),
    ("POST", "2015-03-31/functions", "CreateFunction"),
    ("GET", "2015-03-31/functions/*", "GetFunction"),
    ("DELETE", "2015-03-31/functions/*", "DeleteFunction"),
    ("GET", "2015-03-31/functions/*/configuration", "GetFunctionConfiguration"),
    ("PUT", "2015-03-31/functions/*/configuration", "UpdateFunctionConfiguration"),
    ("PUT", "2015-03-31/functions/*/code", "UpdateFunctionCode"),
    ("POST", "2015-03-31/functions/*/invocations", "Invoke"),
    ("GET", "2015-03-31/functions/*/versions", "ListVersionsByFunction"),
    ("POST", "2015-03-31/functions/*/versions", "PublishVersion"),
    ("GET", "2015-03-31/functions/*/aliases", "ListAliases"),
    ("POST", "2015-03-31/functions/*/aliases", "CreateAlias"),
    ("GET", "2015-03-31/functions/*/aliases/*", "GetAlias"),
    ("PUT", "2015-03-31/functions/*/aliases/*", "UpdateAlias"),
    ("DELETE", "2015-03-31/functions/*/aliases/*", "DeleteAlias"),
    ("GET", "2015-03-31/functions/*/policy", "GetPolicy"),
    ("POST", "2015-03-31/functions/*/policy", "AddPermission"),
    ("DELETE", "2015-03-31/functions/*/policy/*", "RemovePermission"),
    ("GET", "2015-03-31/event-source-mappings", "ListEventSourceMappings"),
    ("POST", "2015-03-31/event-source-mappings", "CreateEventSourceMapping"),
    ("GET", "2015-03-31/event-source-mappings/*", "GetEventSourceMapping"),
    ("PUT", "2015-03-31/event-source-mappings/*", "UpdateEventSourceMapping"),
    ("DELETE", "2015-03-31/event-source-mappings/*", "DeleteEventSourceMapping"),
    ("GET", "2017-03-31/tags/*", "ListTags"),
    ("POST", "2017-03-31/tags/*", "TagResource"),
    ("DELETE", "2017-03-31/tags/*", "UntagResource"),
    ("PUT", "2017-10-31/functions/*/concurrency", "PutFunctionConcurrency"),
    ("DELETE", "2017-10-31/functions/*/concurrency", "DeleteFunctionConcurrency"),
    ("GET", "2018-10-31/layers?find=LayerVersion", "GetLayerVersionByArn"),
    ("GET", "2018-10-31/layers", "ListLayers"),
    ("GET", "2018-10-31/layers/*/versions", "ListLayerVersions"),
    ("POST", "2018-10-31/layers/*/versions", "PublishLayerVersion"),
    ("GET", "2018-10-31/layers/*/versions/*", "GetLayerVersion"),
    ("DELETE", "2018-10-31/layers/*/versions/*", "DeleteLayerVersion"),
    ("GET", "2019-09-30/functions/*/concurrency", "GetFunctionConcurrency"),
    ("GET", "2016-08-19/account-settings", "GetAccountSettings"),
];

fn rest_json(method: &Method, path: &str, query: &str) -> Option<&'static str> {
    let path = path.trim_matches('/');
    LAMBDA
        .iter()
        .find(|(verb, template, _)| {
            let (template, mark) = template.split_once('?').unwrap_or((template, ""));
            let is_marked = mark.is_empty() || query.split('&').any(|pair| pair == mark);
            method == *verb && fits(template, path) && is_marked
        })
        .map(|(_, _, name)| *name)
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
    }
}

/// Where a path of S3 points.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Account,
    Bucket,
    Object,
}

use Level::{Account, Bucket, Object};

/// S3's operations; the first whose method, level and query parameter are in the request, more special ones first.
#[rustfmt::skip] // a table reads by its columns
const S3: &[(&str, Level, &str, &str)] = &[
    ("GET", Account, "", "ListBuckets"),
    ("GET", Bucket, "list-type", "ListObjectsV2"),
    ("GET", Bucket, "versions", "ListObjectVersions"),
    ("GET", Bucket, "uploads", "ListMultipartUploads"),
    ("GET", Bucket, "location", "GetBucketLocation"),
    ("GET", Bucket, "versioning", "GetBucketVersioning"),
    ("GET", Bucket, "encryption", "GetBucketEncryption"),
    ("GET", Bucket, "policy", "GetBucketPolicy"),
    ("GET", Bucket, "policyStatus", "GetBucketPolicyStatus"),
    ("GET", Bucket, "tagging", "GetBucketTagging"),
    ("GET", Bucket, "lifecycle", "GetBucketLifecycleConfiguration"),
    ("GET", Bucket, "publicAccessBlock", "GetPublicAccessBlock"),
    ("GET", Bucket, "ownershipControls", "GetBucketOwnershipControls"),
    ("GET", Bucket, "acl", "GetBucketAcl"),
    ("GET", Bucket, "cors", "GetBucketCors"),
    ("GET", Bucket, "logging", "GetBucketLogging"),
    ("GET", Bucket, "notification", "GetBucketNotificationConfiguration"),
    ("GET", Bucket, "object-lock", "GetObjectLockConfiguration"),
    ("GET", Bucket, "replication", "GetBucketReplication"),
    ("GET", Bucket, "website", "GetBucketWebsite"),
    ("GET", Bucket, "", "ListObjects"),
    ("HEAD", Bucket, "", "HeadBucket"),
    ("PUT", Bucket, "versioning", "PutBucketVersioning"),
    ("PUT", Bucket, "encryption", "PutBucketEncryption"),
    ("PUT", Bucket, "policy", "PutBucketPolicy"),
    ("PUT", Bucket, "tagging", "PutBucketTagging"),
    ("PUT", Bucket, "lifecycle", "PutBucketLifecycleConfiguration"),
    ("PUT", Bucket, "publicAccessBlock", "PutPublicAccessBlock"),
    ("PUT", Bucket, "ownershipControls", "PutBucketOwnershipControls"),
    ("PUT", Bucket, "acl", "PutBucketAcl"),
    ("PUT", Bucket, "cors", "PutBucketCors"),
    ("PUT", Bucket, "logging", "PutBucketLogging"),
    ("PUT", Bucket, "notification", "PutBucketNotificationConfiguration"),
    ("PUT", Bucket, "object-lock", "PutObjectLockConfiguration"),
    ("PUT", Bucket, "replication", "PutBucketReplication"),
    ("PUT", Bucket, "website", "PutBucketWebsite"),
    ("PUT", Bucket, "", "CreateBucket"),
    ("DELETE", Bucket, "encryption", "DeleteBucketEncryption"),
    ("DELETE", Bucket, "policy", "DeleteBucketPolicy"),
    ("DELETE", Bucket, "tagging", "DeleteBucketTagging"),
    ("DELETE", Bucket, "lifecycle", "DeleteBucketLifecycle"),
    ("DELETE", Bucket, "publicAccessBlock", "DeletePublicAccessBlock"),
    ("DELETE", Bucket, "ownershipControls", "DeleteBucketOwnershipControls"),
    ("DELETE", Bucket, "cors", "DeleteBucketCors"),
    ("DELETE", Bucket, "replication", "DeleteBucketReplication"),
    ("DELETE", Bucket, "website", "DeleteBucketWebsite"),
    ("DELETE", Bucket, "", "DeleteBucket"),
    ("POST", Bucket, "delete", "DeleteObjects"),
    ("GET", Object, "uploadId", "ListParts"),
    ("GET", Object, "attributes", "GetObjectAttributes"),
    ("GET", Object, "tagging", "GetObjectTagging"),
    ("GET", Object, "acl", "GetObjectAcl"),
    ("GET", Object, "retention", "GetObjectRetention"),
    ("GET", Object, "legal-hold", "GetObjectLegalHold"),
    ("GET", Object, "", "GetObject"),
    ("HEAD", Object, "", "HeadObject"),
    ("PUT", Object, "partNumber", "UploadPart"),
    ("PUT", Object, "tagging", "PutObjectTagging"),
    ("PUT", Object, "acl", "PutObjectAcl"),
    ("PUT", Object, "retention", "PutObjectRetention"),
    ("PUT", Object, "legal-hold", "PutObjectLegalHold"),
    ("PUT", Object, "", "PutObject"),
    ("POST", Object, "uploads", "CreateMultipartUpload"),
    ("POST", Object, "uploadId", "CompleteMultipartUpload"),
    ("POST", Object, "restore", "RestoreObject"),
    ("POST", Object, "select", "SelectObjectContent"),
    ("DELETE", Object, "uploadId", "AbortMultipartUpload"),
    ("DELETE", Object, "tagging", "DeleteObjectTagging"),
    ("DELETE", Object, "", "DeleteObject"),
];

fn rest_xml(method: &Method, path: &str, query: &str, headers: &HeaderMap) -> Option<&'static str> {
    let level = match path.trim_start_matches('/').split_once('/') {
        Some((_, key)) if !key.is_empty() => Object,
        _ if path.len() > 1 => Bucket,
        _ => Account,
    };
    let name = S3
        .iter()
        .find(|(verb, at, mark, _)| {
            method == *verb && *at == level && (mark.is_empty() || parameter(query, mark).is_some())
        })
        .map(|(_, _, _, name)| *name)?;
    // A source in the headers turns a put into a copy.
    Some(match name {
        "PutObject" if headers.contains_key("x-amz-copy-source") => "CopyObject",
        "UploadPart" if headers.contains_key("x-amz-copy-source") => "UploadPartCopy",
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(service: Service, request: &str, expected: &str) {
        let (method, uri) = request.split_once(' ').unwrap();
        let request = http::Request::builder().method(method).uri(uri);
        let (head, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(in_head(service, &head).as_deref(), Some(expected));
    }

    #[test]
    fn json_services_say_it_in_a_header() {
        for (target, expected) in [
            ("TrentService.GenerateDataKey", "GenerateDataKey"),
            ("DynamoDB_20120810.PutItem", "PutItem"),
            ("", UNKNOWN),
            ("TrentService.<script>", UNKNOWN),
        ] {
            let request = http::Request::post("/").header("x-amz-target", target);
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(in_head(Service::Kms, &head).as_deref(), Some(expected));
        }
        check(Service::Kms, "POST /", UNKNOWN);
    }

    #[test]
    fn query_services_say_it_in_the_body() {
        let (head, ()) = http::Request::post("/").body(()).unwrap().into_parts();
        assert_eq!(in_head(Service::Sts, &head), None);
        assert_eq!(in_body(b"Action=GetRole&Version=2010-05-08"), "GetRole");
        assert_eq!(in_body(b"Version=2010-05-08"), UNKNOWN);
        assert_eq!(in_body(b"\xff\xfe"), UNKNOWN);
    }

    #[test]
    fn s3_implies_it_by_method_path_and_query() {
        for (request, expected) in [
            ("GET /", "ListBuckets"),
            ("PUT /b", "CreateBucket"),
            ("PUT /b/", "CreateBucket"),
            ("PUT /b?versioning", "PutBucketVersioning"),
            ("GET /b?policyStatus", "GetBucketPolicyStatus"),
            ("GET /b?list-type=2&prefix=uploads", "ListObjectsV2"),
            ("GET /b", "ListObjects"),
            ("POST /b?delete", "DeleteObjects"),
            ("GET /b/k?x-id=GetObject", "GetObject"),
            ("HEAD /b/k", "HeadObject"),
            ("PUT /b/k/with/slashes", "PutObject"),
            ("PUT /b/k?partNumber=1&uploadId=u", "UploadPart"),
            ("POST /b/k?uploads", "CreateMultipartUpload"),
            ("POST /b/k?uploadId=u", "CompleteMultipartUpload"),
            ("DELETE /b/k?uploadId=u", "AbortMultipartUpload"),
            ("PATCH /b/k", UNKNOWN),
        ] {
            check(Service::S3, request, expected);
        }
    }

    #[test]
    fn a_put_with_a_source_is_a_copy() {
        let request = http::Request::put("/b/k").header("x-amz-copy-source", "a/k");
        let (head, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(in_head(Service::S3, &head).as_deref(), Some("CopyObject"));
    }

    #[test]
    fn lambda_implies_it_by_method_and_path() {
        for (request, expected) in [
            ("POST /2015-03-31/functions", "CreateFunction"),
            ("GET /2015-03-31/functions/", "ListFunctions"),
            ("GET /2015-03-31/functions/f", "GetFunction"),
            ("POST /2015-03-31/functions/f/invocations", "Invoke"),
            ("GET /2015-03-31/functions//configuration", UNKNOWN),
            ("GET /1999-01-01/functions", UNKNOWN),
            ("GET /2018-10-31/layers?Marker=m", "ListLayers"),
            (
                "GET /2018-10-31/layers?find=LayerVersion&Arn=a",
                "GetLayerVersionByArn",
            ),
        ] {
            check(Service::Lambda, request, expected);
        }
    }
}
