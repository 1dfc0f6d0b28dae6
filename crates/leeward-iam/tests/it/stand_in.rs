//! An IAM of a few lines over a real socket, for what no emulator does: boundaries, organizations, pages.

use crate::cloud::at;
use leeward_iam::Iam;
use leeward_testkit::stand_in::{QueryCall, Request, StandIn};

/// The bodies of the requests that came so far: forms, URL-encoded. Whoever drops it has no IAM any more.
#[derive(Debug)]
pub(crate) struct Requests(StandIn);

impl Requests {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.requests().iter().map(body).collect()
    }
}

/// One that answers by `answer`: the result within an answer, by the body of the request.
pub(crate) async fn stand_in(answer: impl Fn(&str) -> String + Send + 'static) -> (Iam, Requests) {
    let stand_in =
        StandIn::start(move |request| QueryCall::of(request).answer(&answer(&body(request))));
    let stand_in = stand_in.await.unwrap();
    (at(stand_in.endpoint()).await, Requests(stand_in))
}

fn body(request: &Request) -> String {
    String::from_utf8_lossy(request.body()).into_owned()
}
