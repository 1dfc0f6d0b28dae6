use crate::aws::{
    admission::Admission,
    body::AnswerBody,
    call::Call,
    counts::{Connected, Counter, Outcome, Trace},
    fault::{Decision, Faults, Link, RuleId, Strike},
    line::{Line, Manners},
    operation, refusal,
    request_id::RequestId,
    service::{Protocol, Service},
    services::Services,
    signature::Signature,
    site::Site,
    tls::Tls,
};
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body_util::{BodyExt, Collected};
use hyper::body::Incoming;
use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{sync::watch, time::sleep};

/// What stands between the sockets of one Region and the services: counts, faults, request ids.
pub(super) struct Front {
    pub(super) site: Arc<Site>,
    pub(super) services: Arc<Services>,
    pub(super) faults: Faults,
    pub(super) counter: Arc<Counter>,
    pub(super) requests: Arc<AtomicU64>,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) manners: Manners,
    pub(super) admission: Admission,
}

impl Front {
    pub(super) fn connected(&self) -> Connected {
        self.counter.connected(self.site.region().clone())
    }

    pub(super) fn watch_dismissal(&self) -> watch::Receiver<()> {
        self.site.watch_dismissal()
    }

    pub(super) fn watch_link(&self) -> watch::Receiver<Link> {
        self.site.watch_link()
    }

    /// Answers one request, unless a fault wants it unanswered; then it never returns.
    pub(super) async fn answer(
        &self,
        line: &Arc<Line>,
        request: Request<Incoming>,
    ) -> Response<AnswerBody> {
        let (head, body) = request.into_parts();
        let signature = Signature::of(&head);
        let named = Service::named(&signature.service);
        let service = named.filter(|named| self.services.has(*named));
        let in_head = match service {
            Some(service) => operation::in_head(service, &head),
            None => Some(operation::UNKNOWN.to_owned()),
        };
        let in_body = in_head.is_none();
        let call = Call {
            region: self.site.region().clone(),
            service: service.map_or("unknown", Service::name).to_owned(),
            operation: in_head.unwrap_or_else(|| operation::UNKNOWN.to_owned()),
        };
        let trace = Trace::new(signature.access_key_id.as_deref(), line.number());
        let mut ticket = self.counter.begin(call, trace);

        // As soon as it is known what is asked for: a fault may strike in the middle of the body.
        let is_known = service.is_some() && !in_body;
        let decision = is_known.then(|| self.faults.decide(ticket.call()));
        let breaks_off = match &decision {
            Some(Decision {
                strike: Some(Strike::BreakOff(bytes)),
                ..
            }) => Some(*bytes),
            _ => None,
        };
        let Some(body) = read(body, breaks_off).await else {
            line.cut();
            return pending().await;
        };
        if in_body {
            ticket.rename(operation::in_body(&body));
        }
        let id = RequestId::new(self.requests.fetch_add(1, Ordering::Relaxed));
        let call = ticket.call().clone();
        let Some(service) = service else {
            ticket.settle(Outcome::Error);
            return self.unknown_service(&signature.service, id);
        };
        let arrival = Arrival {
            service,
            signature,
            head,
            body,
            id,
            decision: decision.unwrap_or_else(|| self.faults.decide(&call)),
        };
        let end = tokio::select! {
            biased;
            never = self.swallow(&call, line) => match never {},
            end = self.befall(&call, line, arrival) => end,
        };
        match end {
            End::Answered(response, outcome) => {
                ticket.settle(outcome);
                response
            }
            End::Dropped => {
                ticket.settle(Outcome::Faulted);
                line.cut();
                pending().await
            }
        }
    }

    /// Lets happen to a call what the rules have decided.
    async fn befall(&self, call: &Call, line: &Arc<Line>, arrival: Arrival) -> End {
        let Arrival {
            service,
            signature,
            head,
            body,
            id,
            decision,
        } = arrival;
        if let Some(Strike::Swallow(rule)) = decision.strike {
            match self.silence(rule, line).await {}
        }
        if !decision.delay.is_zero() {
            sleep(decision.delay).await;
        }
        let tear = match decision.strike {
            Some(Strike::Drop | Strike::BreakOff(_)) => return End::Dropped,
            Some(Strike::Answer(refusal)) => {
                let mut response = refusal::answer(service, &call.operation, &refusal, id);
                id.put_on(service, &mut response);
                return End::Answered(response.map(AnswerBody::whole), Outcome::Faulted);
            }
            Some(Strike::Tear) => true,
            Some(Strike::Swallow(_)) | None => false,
        };
        let mut response = match self.admission.refusal(&signature) {
            Some(reason) => refusal::of_reason(service, &call.operation, &reason, id),
            None => {
                let services = &self.services;
                services
                    .answer(service, &call.region, &signature, head, body, id)
                    .await
            }
        };
        id.put_on(service, &mut response);
        if tear {
            let torn = response.map(|body| AnswerBody::torn(&body, Arc::clone(line)));
            return End::Answered(torn, Outcome::Faulted);
        }
        let outcome = if response.status().as_u16() < 400 {
            Outcome::Ok
        } else {
            Outcome::Error
        };
        End::Answered(response.map(AnswerBody::whole), outcome)
    }

    /// Waits until a black hole takes the call, and then for ever.
    async fn swallow(&self, call: &Call, line: &Line) -> Infallible {
        let rule = self.faults.swallowed(call).await;
        self.silence(rule, line).await
    }

    /// Says nothing while the rule stands, and ends the connection when it is lifted.
    async fn silence(&self, rule: RuleId, line: &Line) -> Infallible {
        self.faults.lifted(rule).await;
        line.cut();
        pending().await
    }

    fn unknown_service(&self, name: &str, id: RequestId) -> Response<AnswerBody> {
        let known = Service::ALL
            .into_iter()
            .filter(|known| self.services.has(*known));
        let known: Vec<_> = known.map(Service::name).collect();
        let known = known.join(", ");
        let message = format!("The in-process AWS has no service {name:?}; it has {known}.");
        let protocol = Protocol::Json("1.0");
        let mut response = refusal::of_the_front(protocol, 404, "UnknownService", message, id);
        id.put_on(Service::Kms, &mut response);
        response.map(AnswerBody::whole)
    }
}

/// A call that has been read.
struct Arrival {
    service: Service,
    signature: Signature,
    head: Parts,
    body: Bytes,
    id: RequestId,
    decision: Decision,
}

/// How a call ends that no black hole takes.
enum End {
    Answered(Response<AnswerBody>, Outcome),
    Dropped,
}

/// Reads a body to its end, or so far that nobody has any use for it; `None` if its sender breaks off.
async fn read(mut body: Incoming, breaks_off: Option<u64>) -> Option<Bytes> {
    let Some(end) = breaks_off else {
        return body.collect().await.ok().map(Collected::to_bytes);
    };
    let mut read = 0;
    while read < end
        && let Some(frame) = body.frame().await
    {
        read += frame.ok()?.data_ref().map_or(0, Bytes::len) as u64;
    }
    Some(Bytes::new())
}
