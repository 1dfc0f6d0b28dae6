//! S3 as the emulator has it, with what it forgets: checksums of objects and parts, by whose keys an object is encrypted, what its writer
//! said of it, copies of ranges, and that a bucket is in one Region of all.
//!
//! Checksums are compared as AWS compares them, and told as AWS tells them. Hashes (SHA) are taken, and neither compared nor kept.

mod checksum;
mod complete;
mod ledger;
mod object;
mod refused;
mod target;
mod text;
mod upload;

use crate::aws::{operation, service::Service};
use bytes::Bytes;
use http::{HeaderMap, Request};
use ledger::Ledger;
use refused::Refused;
use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, MutexGuard},
};
use target::Target;
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_s3::S3Service;

pub(super) struct S3 {
    emulator: S3Service,
    ledger: Mutex<Ledger>,
}

impl MockService for S3 {
    fn service_name(&self) -> &str {
        self.emulator.service_name()
    }

    fn url_patterns(&self) -> Vec<&str> {
        self.emulator.url_patterns()
    }

    fn handle(
        &self,
        request: MockRequest,
    ) -> Pin<Box<dyn Future<Output = MockResponse> + Send + '_>> {
        Box::pin(async move {
            let answered = self.answer(request).await;
            answered.unwrap_or_else(Refused::into_response)
        })
    }
}

impl S3 {
    pub(super) fn new() -> Self {
        Self {
            emulator: S3Service::new(),
            ledger: Mutex::default(),
        }
    }

    async fn answer(&self, request: MockRequest) -> Result<MockResponse, Refused> {
        let (at, operation) = (Target::of(&request), named(&request));
        let home = self.ledger().homes.get(&at.bucket).cloned();
        if let Some(home) = home.filter(|home| *home != at.region) {
            return match &*operation {
                "CreateBucket" => Err(Refused::new(
                    409,
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already own it.",
                )),
                // Any Region says where a bucket is.
                "GetBucketLocation" => Ok(self.at_home(&home, &at, request).await),
                _ => Err(Refused::elsewhere(home)),
            };
        }
        match &*operation {
            "CreateBucket" | "DeleteBucket" => Ok(self.with_home(&operation, at, request).await),
            "PutObject" => self.put(&at, request).await,
            "GetObject" | "HeadObject" => Ok(self.read(&at, request).await),
            "CopyObject" => Ok(self.copy(&at, request).await),
            "CreateMultipartUpload" => self.begin(request).await,
            "UploadPart" => self.part(&at, request).await,
            "UploadPartCopy" => self.copy_part(&at, request).await,
            "ListParts" => Ok(self.parts(&at, request).await),
            "CompleteMultipartUpload" => self.complete(&at, request).await,
            "DeleteObjects" => {
                let body = text::into_latin(&request.body);
                let request = MockRequest { body, ..request };
                Ok(meant(self.emulator.handle(request).await))
            }
            listing if listing.starts_with("List") => {
                Ok(meant(self.emulator.handle(request).await))
            }
            _ => Ok(self.emulator.handle(request).await),
        }
    }

    /// Notes where a bucket is, or that it is no more.
    async fn with_home(&self, operation: &str, at: Target, request: MockRequest) -> MockResponse {
        let response = self.emulator.handle(request).await;
        if response.status < 300 {
            let homes = &mut self.ledger().homes;
            match operation {
                "CreateBucket" => homes.insert(at.bucket, at.region),
                _ => homes.remove(&at.bucket),
            };
        }
        response
    }

    async fn at_home(&self, home: &str, at: &Target, request: MockRequest) -> MockResponse {
        let uri = request.uri.replacen(&at.region, home, 1);
        let request = MockRequest { uri, ..request };
        self.emulator.handle(request).await
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("not poisoned")
    }
}

fn named(request: &MockRequest) -> String {
    let head = Request::builder()
        .method(&*request.method)
        .uri(&*request.uri);
    let Ok(head) = head.body(()) else {
        return operation::UNKNOWN.to_owned();
    };
    let (mut head, ()) = head.into_parts();
    head.headers.clone_from(&request.headers);
    operation::in_head(Service::S3, &head).unwrap_or_else(|| operation::UNKNOWN.to_owned())
}

/// A list with the keys that its writers meant.
fn meant(mut response: MockResponse) -> MockResponse {
    if let Some(body) = text::out_of_latin(&response.body) {
        response.body = body;
    }
    response
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A call of our own to the emulator.
fn call(method: &str, uri: String, headers: HeaderMap, body: Bytes) -> MockRequest {
    MockRequest {
        method: method.to_owned(),
        uri,
        headers,
        body,
    }
}
