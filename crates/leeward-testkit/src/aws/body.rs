use crate::aws::line::{Line, Turn};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Torn answers carry at most so much, so that it leaves in one write before the reset.
const MOST_OF_A_TORN_BODY: usize = 16 * 1024;

/// The body of an answer: whole, or one that breaks off before the length that its head promised.
#[derive(Debug)]
pub(super) struct AnswerBody {
    promised: u64,
    next: Option<Bytes>,
    tear: Option<Tear>,
    /// Kept until hyper has no more use for the body.
    _turn: Option<Turn>,
}

#[derive(Debug)]
struct Tear {
    line: Arc<Line>,
    flushed: bool,
}

/// Says to hyper that the body ends here.
#[derive(Debug)]
pub(super) struct Torn;

impl AnswerBody {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self {
            promised: bytes.len() as u64,
            next: Some(bytes).filter(|bytes| !bytes.is_empty()),
            tear: None,
            _turn: None,
        }
    }

    /// Ends the turn of its call when it has been taken up.
    pub(super) fn in_turn(self, turn: Turn) -> Self {
        Self {
            _turn: Some(turn),
            ..self
        }
    }

    /// Sends the first half, then resets the connection; promises one byte where there is none to tear.
    pub(super) fn torn(bytes: &Bytes, line: Arc<Line>) -> Self {
        let half = (bytes.len() / 2).min(MOST_OF_A_TORN_BODY);
        Self {
            promised: bytes.len().max(1) as u64,
            next: Some(bytes.slice(..half)).filter(|half| !half.is_empty()),
            tear: Some(Tear {
                line,
                flushed: false,
            }),
            _turn: None,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Torn;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Torn>>> {
        if let Some(bytes) = self.next.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &mut self.tear {
            None => Poll::Ready(None),
            // hyper writes out what it has when the body makes it wait, and forgets it when the body fails.
            Some(tear) if !tear.flushed => {
                tear.flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(tear) => {
                tear.line.mark_for_reset();
                Poll::Ready(Some(Err(Torn)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && self.tear.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fault plane tears this answer")
    }
}

impl std::error::Error for Torn {}
