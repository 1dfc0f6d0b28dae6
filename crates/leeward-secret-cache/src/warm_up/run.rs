use super::{
    Wanted, WarmUp, WarmUpError, WarmUpReport,
    page::{self, BATCH_GET_SECRET_VALUE, GET_SECRET_VALUE, Item, Page},
};
use crate::{
    SecretError, SecretErrorKind, SecretFilter, SecretRef,
    cache::Inner,
    clock::Moment,
    freshness::Course,
    id::Key,
    refresh,
    slot::{Failing, Slot},
    stats::SecretEventKind,
    upstream::{Fetched, Unanswered},
};
use aws_sdk_secretsmanager::operation::batch_get_secret_value::{
    BatchGetSecretValueInput, builders::BatchGetSecretValueInputBuilder,
};
use leeward_error_taxonomy::{Category, Obstacle, Rejected};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

/// How many secrets there are in a call at most.
const PAGE: usize = 20;

/// A fifth of the calls that an account has in a second.
const BETWEEN_CALLS: Duration = Duration::from_millis(50);

/// How often a call is made that fails for what may pass.
const ATTEMPTS: u32 = 3;

/// How many pages are read, which may be empty, however much room there is.
const MAX_PAGES: usize = 1_000;

/// How often secrets are fetched anew that were declared void while they were fetched.
const ROUNDS: usize = 3;

pub(super) async fn run(inner: &Arc<Inner>, warm_up: WarmUp) -> Result<WarmUpReport, WarmUpError> {
    sleep(warm_up.start_within.mul_f64(inner.jitter())).await;
    let mut course = Run {
        inner,
        report: WarmUpReport::default(),
        room: inner.table.room_for_more(),
        refused: Vec::new(),
        void: Vec::new(),
    };
    let wanted = warm_up.to_string();
    let outcome = match timeout(warm_up.timeout, course.go(warm_up.wanted, &wanted)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(SecretError::unfinished(wanted, warm_up.timeout)),
    };
    match outcome {
        Ok(()) => Ok(course.report),
        Err(error) => {
            tracing::warn!("{error}; {}", error.advice());
            Err(WarmUpError::new(error, course.report))
        }
    }
}

struct Run<'a> {
    inner: &'a Arc<Inner>,
    report: WarmUpReport,
    /// How many secrets it may bring that nobody has asked for.
    room: usize,
    /// What a call for several did not give.
    refused: Vec<Seat>,
    /// What was declared void while it was fetched.
    void: Vec<String>,
}

/// What is asked for, and where it is to land.
struct Seat {
    id: String,
    slot: Arc<Slot>,
    generation: u64,
}

impl Run<'_> {
    async fn go(&mut self, wanted: Wanted, briefly: &str) -> Result<(), SecretError> {
        match wanted {
            Wanted::Ids(ids) => self.load(ids).await?,
            Wanted::Filters(filters) => self.search(&filters, briefly).await?,
        }
        for _ in 1..ROUNDS {
            self.load_refused().await;
            let void = std::mem::take(&mut self.void);
            self.load(void).await?;
        }
        self.load_refused().await;
        let voids = self.void.drain(..).map(SecretError::void);
        self.report.failed.extend(voids);
        Ok(())
    }

    /// Fetches what is called so.
    async fn load(&mut self, ids: Vec<String>) -> Result<(), SecretError> {
        let mut seats: VecDeque<Seat> = ids.into_iter().filter_map(|id| self.seat(id)).collect();
        while !seats.is_empty() {
            let of_page = seats.drain(..seats.len().min(PAGE)).collect();
            if let Err(seats_left) = self.load_page(of_page).await? {
                // There is no calling for several, so they are called for one by one.
                let left = seats_left.into_iter().chain(seats).collect();
                self.load_singly(left).await;
                return Ok(());
            }
            sleep(BETWEEN_CALLS).await;
        }
        Ok(())
    }

    /// A place for it, unless it is there or there is no room.
    fn seat(&mut self, id: String) -> Option<Seat> {
        let secret = SecretRef::new(&id);
        if let Some(flaw) = secret.flaw() {
            self.report.failed.push(SecretError::flawed(secret, flaw));
            return None;
        }
        let known = self.inner.table.with(secret, Arc::clone);
        if known.as_ref().is_some_and(|slot| self.is_fresh(slot)) {
            self.report.loaded.push(id);
            return None;
        }
        if known.is_none() {
            let Some(room) = self.room.checked_sub(1) else {
                self.report.left_out.push(id);
                return None;
            };
            self.room = room;
        }
        let slot = self.inner.slot(secret);
        let generation = slot.state().generation;
        Some(Seat {
            id,
            slot,
            generation,
        })
    }

    fn is_fresh(&self, slot: &Arc<Slot>) -> bool {
        let (now, entry) = (self.inner.clocks.now(), slot.entry().load());
        let entry = entry.as_ref();
        entry.is_some_and(|entry| entry.course(now) == Course::Serve)
    }

    /// Whether what was fetched since `began`, or later, may be served.
    fn is_there(&self, slot: &Arc<Slot>, began: Moment) -> bool {
        let (now, entry) = (self.inner.clocks.now(), slot.entry().load());
        let entry = entry.as_ref();
        entry.is_some_and(|entry| began.steady <= entry.fetched.steady && entry.is_served(now))
    }

    /// Fetches those of one page; gives them back if that is denied, or not to be had.
    async fn load_page(
        &mut self,
        mut seats: Vec<Seat>,
    ) -> Result<Result<(), Vec<Seat>>, SecretError> {
        let ids: Vec<String> = seats.iter().map(|seat| seat.id.clone()).collect();
        let briefly = page::brief(&ids);
        let since = self.inner.clocks.now();
        let mut next = None;
        // There is nothing to hinder that each comes alone.
        for _ in 0..PAGE {
            let batch = BatchGetSecretValueInput::builder()
                .set_secret_id_list(Some(ids.clone()))
                .set_next_token(next);
            let (page, began) = match self.call(&batch, &briefly).await {
                Err(error) if is_for_none(&error) => return Ok(Err(seats)),
                // By one of them, which is not said: each is told for itself.
                Err(error) if error.category() == Category::Validation => {
                    tracing::debug!("secrets not fetched together: {error}");
                    self.refused.extend(seats);
                    return Ok(Ok(()));
                }
                answered => answered?,
            };
            for item in page.items {
                if let Some(at) = item.seat(seats.iter().map(|seat| &*seat.id), &ids) {
                    let seat = seats.swap_remove(at);
                    self.land(seat, item, began);
                }
            }
            next = page.next;
            if next.is_none() || seats.is_empty() {
                break;
            }
            sleep(BETWEEN_CALLS).await;
        }
        for seat in seats {
            // It may have come under another of its names.
            let known = self.inner.table.with(SecretRef::new(&seat.id), Arc::clone);
            if known.is_some_and(|slot| self.is_there(&slot, since)) {
                self.report.loaded.push(seat.id);
            } else if !page::is_arn(&seat.id) && ids.iter().any(|id| page::is_arn(id)) {
                // Or it has, by an ARN that may as well be of another account.
                self.refused.push(seat);
            } else {
                let reason = "without a word of it";
                let error = SecretError::unusable(&seat.id, BATCH_GET_SECRET_VALUE, reason);
                self.report.failed.push(error);
            }
        }
        Ok(Ok(()))
    }

    /// Says whether its value is there then.
    fn land(&mut self, seat: Seat, item: Item, began: Moment) -> bool {
        let Some(given) = item.value else {
            self.refused.push(seat);
            return false;
        };
        let outcome = Fetched::read(seat.slot.key(), GET_SECRET_VALUE, given);
        self.settle(seat, outcome, began)
    }

    fn settle(&mut self, seat: Seat, outcome: Result<Fetched, SecretError>, began: Moment) -> bool {
        let error = outcome.as_ref().err().cloned();
        refresh::land_besides(self.inner, &seat.slot, seat.generation, outcome, began);
        match error {
            Some(error) => self.report.failed.push(error),
            None if self.is_there(&seat.slot, began) => {
                self.report.loaded.push(seat.id);
                return true;
            }
            None => self.void.push(seat.id),
        }
        false
    }

    /// Fetches what is refused once more alone: that answer has come past those who know whose word counts.
    async fn load_refused(&mut self) {
        let refused = std::mem::take(&mut self.refused);
        self.load_singly(refused).await;
    }

    /// Fetches each by a call of its own.
    async fn load_singly(&mut self, seats: Vec<Seat>) {
        let mut calls = JoinSet::new();
        let mut under_way = HashMap::new();
        for seat in seats {
            let inner = self.inner.clone();
            let id = seat.id.clone();
            let call = calls.spawn(async move {
                let turn = inner.line.turn_of_new().await;
                let began = inner.clocks.now();
                let fetch = inner.upstream.fetch(Key::new(SecretRef::new(&seat.id)));
                let fetched = turn.call(timeout(inner.fetch_timeout, fetch)).await;
                let outcome = fetched.unwrap_or_else(|_| {
                    Err(SecretError::unanswered(&seat.id, inner.fetch_timeout))
                });
                (seat, outcome, began)
            });
            under_way.insert(call.id(), id);
        }
        while let Some(called) = calls.join_next().await {
            match called {
                Ok((seat, outcome, began)) => {
                    self.settle(seat, outcome, began);
                }
                // It panicked: it is fetched when somebody asks for it.
                Err(error) => {
                    let id = under_way.remove(&error.id());
                    let failed = id.map(SecretError::interrupted);
                    self.report.failed.extend(failed);
                }
            }
        }
    }

    /// Fetches what the filters find.
    async fn search(&mut self, filters: &[SecretFilter], briefly: &str) -> Result<(), SecretError> {
        if filters.is_empty() {
            return Ok(());
        }
        let filters: Vec<_> = filters.iter().map(SecretFilter::to_sdk).collect();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let batch = BatchGetSecretValueInput::builder()
                .set_filters(Some(filters.clone()))
                .max_results(20)
                .set_next_token(next);
            let voids = self.inner.voids();
            let (page, began) = self.call(&batch, briefly).await?;
            for item in page.items {
                self.place(item, began, voids);
            }
            next = page.next;
            if next.is_none() || !self.report.left_out.is_empty() {
                break;
            }
            sleep(BETWEEN_CALLS).await;
        }
        self.report.has_more = next.is_some();
        Ok(())
    }

    /// Lands what was found, unless something was declared void since `voids` were, which may have been this.
    fn place(&mut self, item: Item, began: Moment, voids: u64) {
        let id = item.id().to_owned();
        if id.is_empty() {
            return;
        }
        if self.inner.voids() != voids && item.value.is_some() {
            self.void.push(id);
            return;
        }
        let Some(seat) = self.seat(id.clone()) else {
            return;
        };
        let slot = seat.slot.clone();
        let is_there = self.land(seat, item, began);
        if is_there && self.inner.voids() != voids {
            self.inner.part_with(&slot, SecretEventKind::Invalidated);
            self.report.loaded.pop();
            self.void.push(id);
        }
    }

    /// Makes one call, a few times if it fails for what may pass.
    async fn call(
        &self,
        batch: &BatchGetSecretValueInputBuilder,
        briefly: &str,
    ) -> Result<(Page, Moment), SecretError> {
        let inner = self.inner;
        let mut failing: Option<Failing> = None;
        loop {
            let turn = inner.line.turn().await;
            let began = inner.clocks.now();
            let fetch = inner.upstream.fetch_batch(batch.clone());
            let answer = turn.call(timeout(inner.fetch_timeout, fetch)).await;
            let error = match answer {
                Ok(Ok(output)) => return Ok((Page::read(output), began)),
                Ok(Err(error)) => SecretError::call(briefly, BATCH_GET_SECRET_VALUE, error),
                Err(_) => SecretError::unanswered(briefly, inner.fetch_timeout),
            };
            let tries = failing.as_ref().map_or(0, |failing| failing.count) + 1;
            if !may_pass(&error) || tries >= ATTEMPTS {
                return Err(error);
            }
            let now = inner.clocks.now();
            let again = Failing::after(failing.as_ref(), error, now, inner.jitter());
            let pause = now.until(again.next_try);
            failing = Some(again);
            sleep(Duration::from_nanos(pause)).await;
        }
    }
}

/// Whether an error of a call for several says that none can be made, whatever is asked for.
fn is_for_none(error: &SecretError) -> bool {
    error.kind() == SecretErrorKind::Denied || Unanswered::is_behind(error)
}

/// Whether the same call may fare better in a moment.
fn may_pass(error: &SecretError) -> bool {
    use Obstacle::{Elsewhere, NoCredentialsProvider, NoRegion, Request, Runtime};
    let obstacle = error.rejected().and_then(Rejected::obstacle);
    let is_for_good = matches!(
        obstacle,
        Some(Elsewhere | NoCredentialsProvider | NoRegion | Request | Runtime)
    );
    error.kind().is_transient() && !is_for_good && !Unanswered::is_behind(error)
}
