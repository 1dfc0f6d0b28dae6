//! Calls of awsQuery, which are forms, and their answers, which are XML.

use super::session::{Caller, Session};
use crate::aws::{refusal::escaped, request_id::RequestId};
use aws_smithy_types::date_time::{DateTime, Format};
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use std::collections::HashMap;

/// The fields of a call.
pub(super) struct Form(HashMap<String, String>);

impl Form {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }
}

/// Tells who calls.
pub(super) fn caller(caller: &Caller, id: RequestId) -> Response<Bytes> {
    let result = format!(
        "<Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account>",
        escaped(&caller.arn),
        escaped(&caller.user_id),
        escaped(&caller.account),
    );
    write("GetCallerIdentity", &result, id)
}

/// Hands over the credentials of a role.
pub(super) fn lent(session: &Session, with_web_identity: bool, id: RequestId) -> Response<Bytes> {
    let Caller { arn, user_id, .. } = session.caller();
    let expiration = DateTime::from(session.told.expires).fmt(Format::DateTime);
    let (operation, subject) = if with_web_identity {
        let subject = "<SubjectFromWebIdentityToken>testkit</SubjectFromWebIdentityToken>";
        ("AssumeRoleWithWebIdentity", subject)
    } else {
        ("AssumeRole", "")
    };
    let result = format!(
        "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken>\
         <Expiration>{}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>{}</AssumedRoleId><Arn>{}</Arn>\
         </AssumedRoleUser>{subject}",
        session.told.access_key_id,
        session.secret_access_key,
        session.token,
        // A clock before the year 1 or after 9999 has no such text; the client then says that it cannot read it.
        expiration.unwrap_or_default(),
        escaped(&user_id),
        escaped(&arn),
    );
    write(operation, &result, id)
}

fn write(operation: &str, result: &str, id: RequestId) -> Response<Bytes> {
    let body = format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>{result}\
         </{operation}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    let mut response = Response::new(Bytes::from(body));
    let xml = HeaderValue::from_static("text/xml");
    response.headers_mut().insert(header::CONTENT_TYPE, xml);
    response
}
