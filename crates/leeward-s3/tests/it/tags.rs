//! The tags that a copy by parts takes along, of an original that a stand-in has.

use crate::cloud::{caller_at, key};
use http::Method;
use leeward_s3::{BucketName, S3};
use leeward_testkit::stand_in::{Answer, Request, StandIn};

/// What begins a copy by parts asks of an original of which HEAD says so many tags, if it says any.
async fn requests_of(tag_count: Option<&'static str>) -> Vec<Request> {
    let stand_in = StandIn::start(move |request| answer(request, tag_count));
    let stand_in = stand_in.await.unwrap();
    let s3 = S3::new(caller_at(stand_in.endpoint()).await);
    let orders: BucketName = "orders".parse().unwrap();
    let (from, to) = (key("from"), key("to"));
    let copy = s3.copy_by_parts((&orders, &from), (&orders, &to));
    copy.begin().await.unwrap();
    stand_in.requests()
}

fn answer(request: &Request, tag_count: Option<&str>) -> Answer {
    match *request.method() {
        Method::HEAD => {
            let head = Answer::new(200, "")
                .with_header("content-length", "1")
                .with_header("etag", "\"e\"");
            match tag_count {
                Some(count) => head.with_header("x-amz-tagging-count", count),
                None => head,
            }
        }
        Method::GET => {
            let tag = "<Tag><Key>team</Key><Value>a+b=c</Value></Tag>";
            let xml = format!("<Tagging><TagSet>{tag}</TagSet></Tagging>");
            Answer::new(200, xml)
        }
        _ => {
            let id = "<UploadId>u</UploadId>";
            let xml =
                format!("<InitiateMultipartUploadResult>{id}</InitiateMultipartUploadResult>");
            Answer::new(200, xml)
        }
    }
}

/// Method, path and first word of the query.
fn asked(request: &Request) -> String {
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    let word = query.split(['&', '=']).next().unwrap_or_default();
    format!("{} {}?{word}", request.method(), uri.path())
}

#[tokio::test]
async fn a_copy_by_parts_is_told_of_the_tags_of_its_original() {
    let requests = requests_of(Some("1")).await;
    let asked: Vec<_> = requests.iter().map(asked).collect();
    assert_eq!(
        asked,
        [
            "HEAD /orders/from?",
            "GET /orders/from?tagging",
            "POST /orders/to?uploads"
        ]
    );
    assert_eq!(requests[2].headers()["x-amz-tagging"], "team=a%2Bb%3Dc");
}

#[tokio::test]
async fn nobody_asks_for_the_tags_of_what_has_none() {
    let requests = requests_of(Some("0")).await;
    let asked: Vec<_> = requests.iter().map(asked).collect();
    assert_eq!(asked, ["HEAD /orders/from?", "POST /orders/to?uploads"]);
    assert!(!requests[1].headers().contains_key("x-amz-tagging"));
}

/// What begins a copy of which HEAD says no number of tags, as it does where they may not be read; how it ends.
async fn untold(tags: (u16, &'static str), is_tagged: bool) -> (Option<u16>, bool) {
    let stand_in = StandIn::start(move |request| match *request.method() {
        Method::GET => Answer::new(tags.0, tags.1),
        _ => answer(request, None),
    });
    let stand_in = stand_in.await.unwrap();
    let s3 = S3::new(caller_at(stand_in.endpoint()).await);
    let orders: BucketName = "orders".parse().unwrap();
    let (from, to) = (key("from"), key("to"));
    let copy = s3.copy_by_parts((&orders, &from), (&orders, &to));
    let copy = match is_tagged {
        true => copy,
        false => copy.without_tags(),
    };
    let begun = copy.begin().await;
    let last = stand_in.requests().pop().unwrap();
    let has_tags = last.headers().contains_key("x-amz-tagging");
    (begun.err().and_then(|error| error.status()), has_tags)
}

#[tokio::test]
async fn tags_of_which_nothing_is_said_are_asked_for() {
    const TAG: &str =
        "<Tagging><TagSet><Tag><Key>team</Key><Value>a</Value></Tag></TagSet></Tagging>";
    const DENIED: &str = "<Error><Code>AccessDenied</Code></Error>";
    const UNKNOWN: &str = "<Error><Code>NotImplemented</Code></Error>";
    for (tags, is_tagged, expected) in [
        ((200, TAG), true, (None, true)),
        ((200, "<Tagging><TagSet/></Tagging>"), true, (None, false)),
        ((501, UNKNOWN), true, (None, false)),
        ((403, DENIED), true, (Some(403), false)),
        ((403, DENIED), false, (None, false)),
    ] {
        assert_eq!(untold(tags, is_tagged).await, expected, "{tags:?}");
    }
}
