use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};

/// What a connection's task, its socket and the calls on it tell each other.
#[derive(Debug)]
pub(super) struct Line {
    number: u64,
    cut: AtomicBool,
    end: Notify,
    /// Part of an answer was held back by a black hole.
    swallowed: AtomicBool,
    activity: watch::Sender<Activity>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Activity {
    under_way: u32,
    answered: bool,
}

/// When the server closes a connection by itself, and says nothing of it beforehand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manners {
    pub(super) idle_timeout: Option<Duration>,
    pub(super) closes_after_answers: bool,
}

/// A call on a line, from its head to the last of its answer.
#[derive(Debug)]
pub(super) struct Turn(Arc<Line>);

impl Line {
    /// The line of the connection with this number.
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            cut: AtomicBool::new(false),
            end: Notify::new(),
            swallowed: AtomicBool::new(false),
            activity: watch::Sender::default(),
        }
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Ends the connection with a reset.
    pub(super) fn cut(&self) {
        self.mark_for_reset();
        self.end.notify_one();
    }

    /// Makes the end of the connection a reset, whoever ends it.
    pub(super) fn mark_for_reset(&self) {
        self.cut.store(true, Ordering::Release);
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    pub(super) async fn ended(&self) {
        self.end.notified().await;
    }

    pub(super) fn mark_swallowed(&self) {
        self.swallowed.store(true, Ordering::Release);
    }

    pub(super) fn is_swallowed(&self) -> bool {
        self.swallowed.load(Ordering::Acquire)
    }

    /// Begins a call.
    pub(super) fn begin(self: &Arc<Self>) -> Turn {
        self.activity
            .send_modify(|activity| activity.under_way += 1);
        Turn(Arc::clone(self))
    }

    /// Waits until the server has reason to close the connection, which then carries no call.
    pub(super) async fn outstays(&self, manners: Manners, mut dismissal: watch::Receiver<()>) {
        let mut activity = self.activity.subscribe();
        loop {
            let now = *activity.borrow_and_update();
            let is_idle = now.under_way == 0;
            if is_idle && now.answered && manners.closes_after_answers {
                return;
            }
            let timeout = manners.idle_timeout.filter(|_| is_idle);
            tokio::select! {
                biased;
                _ = activity.changed() => {}
                dismissed = dismissal.changed() => match dismissed {
                    Ok(()) if is_idle => return,
                    Ok(()) => {}
                    // Nobody can ask for it any more.
                    Err(_) => std::future::pending().await,
                },
                () = sleep(timeout.unwrap_or_default()), if timeout.is_some() => return,
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.activity.send_modify(|activity| {
            activity.under_way -= 1;
            activity.answered = true;
        });
    }
}
