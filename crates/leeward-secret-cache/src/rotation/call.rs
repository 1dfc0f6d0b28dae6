use super::{
    Tried, Window, WithSecretError,
    refresh_now::refresh_now,
    view::{is_meant, look_by_the_side},
};
use crate::{Secret, SecretError, SecretErrorKind, SecretHandle, cache::OnWithdrawal};
use std::{
    ops::ControlFlow::{self, Break, Continue},
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// How long who is at his end waits for another who tries the last version.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// One call of `with_secret`.
pub(super) struct Call<'a, Op, IsAuth, E> {
    pub(super) handle: &'a SecretHandle,
    op: Op,
    is_auth_error: IsAuth,
    /// Whether the operation would log in with this version, if it is current, and not do without a login.
    pub(super) logs_in: LogsIn<'a>,
    pub(super) start: Instant,
    pub(super) tried: Tried,
    /// The version that is current, as far as is known.
    pub(super) current: Option<Arc<Secret>>,
    /// The window that others are in, as far as is known.
    pub(super) window: Weak<Window>,
    /// What the operation said of the last version that was refused.
    refusal: Option<E>,
}

pub(super) type LogsIn<'a> = &'a (dyn Fn(&Secret) -> bool + Sync);

/// How a call ends, unless every version was refused.
enum End<T, E> {
    Done(T),
    Secret(SecretError),
    Operation(E),
    /// It may not try any more.
    Spent,
}

type Flow<T, E> = ControlFlow<End<T, E>>;

impl<'a, Op, IsAuth, E> Call<'a, Op, IsAuth, E> {
    pub(super) fn new(
        handle: &'a SecretHandle,
        op: Op,
        is_auth_error: IsAuth,
        logs_in: LogsIn<'a>,
    ) -> Self {
        Self {
            handle,
            op,
            is_auth_error,
            logs_in,
            start: Instant::now(),
            tried: Tried::nothing_of(handle.key()),
            current: None,
            window: Weak::new(),
            refusal: None,
        }
    }
}

impl<Op, IsAuth, F, T, E> Call<'_, Op, IsAuth, E>
where
    Op: FnMut(Arc<Secret>) -> F,
    F: Future<Output = Result<T, E>>,
    IsAuth: Fn(&E) -> bool,
{
    pub(super) async fn run(mut self) -> Result<T, WithSecretError<E>> {
        let flow = self.steps().await;
        let Self {
            mut tried, refusal, ..
        } = self;
        tried.end(self.start.elapsed());
        match (flow, refusal) {
            (Break(End::Done(done)), _) => Ok(done),
            (Break(End::Secret(error)), _) => Err(WithSecretError::Secret { error, tried }),
            (Break(End::Operation(error)), _) => Err(WithSecretError::Operation { error, tried }),
            (Break(End::Spent) | Continue(()), Some(error)) => {
                Err(WithSecretError::Refused { error, tried })
            }
            (Break(End::Spent) | Continue(()), None) => {
                Err(WithSecretError::RefusedToOthers { tried })
            }
        }
    }

    async fn steps(&mut self) -> Flow<T, E> {
        match self.handle.get().await {
            Ok(current) => self.current = Some(current),
            Err(error) => return Break(End::Secret(error)),
        }
        self.take_hint().await?;
        self.window = self.slot().track().window();
        self.take_current().await?;
        let slot = self.slot();
        if !slot.key().may_move() {
            return Continue(());
        }
        let window = self.enter(&slot);
        self.window = Arc::downgrade(&window);
        self.note_refusal();
        self.look_around(&window).await?;
        self.try_previous(&window).await
    }

    /// Looks for what is new, and tries that, until the time is over.
    async fn look_around(&mut self, window: &Arc<Window>) -> Flow<T, E> {
        let deadline = self.start + self.inner().rotation.budget;
        let mut beats = window.beats();
        let mut is_first = true;
        loop {
            beats.borrow_and_update();
            let looker = self.look(window);
            if looker.is_some() || is_first {
                is_first = false;
                let flow = self.look_for_new(window).await;
                // Not before: who is dropped meanwhile leaves it to another.
                if let Some(looker) = looker {
                    looker.done();
                }
                flow?;
            }
            self.take_news();
            self.take_current().await?;
            self.take_hint().await?;
            if self.take_turn(window).await? {
                continue;
            }
            if self.left() == 0 {
                return Break(End::Spent);
            }
            if Instant::now() >= deadline {
                return Continue(());
            }
            let until = self
                .next_step(window)
                .map_or(deadline, |at| at.min(deadline));
            wait(&mut beats, until).await;
        }
    }

    /// Fetches what may be new, and tries what is current.
    async fn look_for_new(&mut self, window: &Window) -> Flow<T, E> {
        self.refresh().await?;
        self.take_current().await?;
        if self.tries_pending() {
            // Not found, denied or not to be had: there is none.
            let _ = refresh_now(self.inner(), &window.pending).await;
        }
        Continue(())
    }

    /// What was current before, if nothing else logs in: where the new password has not arrived everywhere yet.
    async fn try_previous(&mut self, window: &Arc<Window>) -> Flow<T, E> {
        if !self.is_of_current() || self.left() == 0 {
            return Continue(());
        }
        let Ok(previous) = refresh_now(self.inner(), &window.previous).await else {
            return Continue(());
        };
        let until = Instant::now() + LAST_WAIT.min(self.inner().rotation.budget);
        let mut beats = window.beats();
        while !self.tried.has(previous.version_id()) && is_meant(&previous) {
            beats.borrow_and_update();
            self.take_news();
            self.take_current().await?;
            self.take_hint().await?;
            let is_refused = window.turns().next_try(previous.version_id()).is_some();
            if is_refused || self.scout(window, &previous).await? || Instant::now() >= until {
                break;
            }
            wait(&mut beats, until).await;
        }
        Continue(())
    }

    /// Fetches the current version anew; a secret that was withdrawn ends the call.
    async fn refresh(&mut self) -> Flow<T, E> {
        match self.handle.refresh_now().await {
            Ok(current) => {
                self.current = Some(current);
                self.tried.note_refresh(None);
            }
            Err(error) => {
                let is_purged = error.kind().is_withdrawal()
                    && self.inner().on_withdrawal == OnWithdrawal::Purge;
                if is_purged || error.kind() == SecretErrorKind::Ended {
                    return Break(End::Secret(error));
                }
                self.tried.note_refresh(Some(error));
            }
        }
        Continue(())
    }

    /// Tries the current version, unless this call has and it has not logged in for another since, or others were refused with it: then
    /// one of all tries it.
    async fn take_current(&mut self) -> Flow<T, E> {
        let Some(current) = self.current.clone() else {
            return Continue(());
        };
        if self.is_settled(&current) || self.is_held_back(&current) {
            return Continue(());
        }
        self.login(&current).await?;
        self.note_refusal();
        Continue(())
    }

    /// Tries what has logged in for another since this call has tried it.
    async fn take_hint(&mut self) -> Flow<T, E> {
        let slot = self.slot();
        let Some(hint) = self.hint(&slot) else {
            return Continue(());
        };
        let version_id = hint.secret().version_id();
        let last = self.tried.last(version_id, self.start);
        if last.is_some_and(|last| hint.worked <= last) {
            return Continue(());
        }
        look_by_the_side(self.inner(), &slot);
        self.login(hint.secret()).await?;
        self.slot().track().forget(version_id);
        Continue(())
    }

    /// Tries the pending version, or one that was refused a while ago, if it is this call's turn; says whether it has.
    async fn take_turn(&mut self, window: &Arc<Window>) -> ControlFlow<End<T, E>, bool> {
        let now = Instant::now();
        for candidate in self.candidates(window) {
            let is_due = self.tried.again_at(candidate.version_id(), self.start) <= now;
            if is_due && self.scout(window, &candidate).await? {
                return Continue(true);
            }
        }
        Continue(false)
    }

    /// Tries a version for all; says whether it was this call's turn.
    async fn scout(
        &mut self,
        window: &Arc<Window>,
        secret: &Arc<Secret>,
    ) -> ControlFlow<End<T, E>, bool> {
        let Some(scout) = window.scout(secret.version_id(), Instant::now()) else {
            return Continue(false);
        };
        match self.login(secret).await {
            Continue(()) => scout.refused(Instant::now()),
            Break(end) => {
                if matches!(end, End::Done(_)) {
                    self.tell(window, secret);
                }
                return Break(end);
            }
        }
        Continue(true)
    }

    /// Runs the operation once.
    async fn login(&mut self, secret: &Arc<Secret>) -> Flow<T, E> {
        if self.left() == 0 {
            return Break(End::Spent);
        }
        let began = Instant::now();
        let is_login = (self.logs_in)(secret);
        self.tried.note(secret, began - self.start);
        match (self.op)(secret.clone()).await {
            Ok(done) => {
                if is_login {
                    self.note_login(secret, began);
                }
                Break(End::Done(done))
            }
            Err(error) if (self.is_auth_error)(&error) => {
                self.refusal = Some(error);
                Continue(())
            }
            Err(error) => Break(End::Operation(error)),
        }
    }
}

async fn wait(beats: &mut watch::Receiver<()>, until: Instant) {
    // The window that it is of is held, so it ends by a beat or in time.
    let _ = timeout_at(until, beats.changed()).await;
}
