//! The main job: every file is encrypted record by record, then read back and compared.

mod decrypt;
mod encrypt;
mod failed;
mod rehearse;
#[cfg(test)]
mod tests;

pub(crate) use failed::{Failed, FailedRecord};

use crate::{
    args::When,
    cloud::Cloud,
    destination::Destination,
    input::InputFile,
    ledger::Ledger,
    line::{Line, Lines},
    meter::{Meter, Phase, Work},
    plan::{MESSAGES_PER_DATA_KEY, Plan},
    progress::Progress,
};
use anyhow::{Context, Result};
use aws_sdk_kms::Client;
use failed::{Record, is_total_outage};
use leeward::{
    client_pool::Target,
    envelope::{CachePolicy, Decryptor, EncryptionContext, Encryptor},
    kms_envelope::{KmsKeyring, KmsStack},
    region_router::{RegionRouter, RouterEvent, RouterStatus},
    resilience::{CircuitConfig, Clock, TscClock},
};
use std::{
    num::NonZeroU32,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long one Region may be silent before the next is asked.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(400);
/// All three Regions get their attempt within it.
const DEADLINE: Duration = Duration::from_secs(3);
/// How many records are in flight at once.
const RECORDS_IN_FLIGHT: usize = 16;
/// A cached data key is replaced after this even if it has messages left.
const MAX_AGE: Duration = Duration::from_secs(300);

/// A file on its way through the demo.
#[derive(Debug)]
struct Track {
    input: InputFile,
    encrypted: PathBuf,
    /// How many records each pass has.
    records: u64,
    sha256: Vec<u8>,
}

/// What reading a file back showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Same,
    Changed,
    Unread,
}

/// Encrypts, silences, decrypts and compares.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    cloud: &'a Cloud,
    plan: Plan,
    when: When,
    down: usize,
    ledger: Arc<Ledger>,
    clock: TscClock,
    encryptor: Encryptor,
    decryptor: Decryptor,
    router: RegionRouter<Line<Target<Client>>>,
    context: EncryptionContext,
    state: Mutex<State>,
    progress: Progress<'a>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    begun: u64,
    encrypted: u64,
    decrypted: u64,
    failed: Failed,
    meter: Meter,
}

/// What the job did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) records: u64,
    pub(crate) reads: u64,
    pub(crate) failed: Failed,
    /// Files that are not in the output, since a record failed.
    pub(crate) unwritten: Vec<PathBuf>,
    /// Files of which a record could not be read back.
    pub(crate) unread: Vec<PathBuf>,
    /// Files that came back with another SHA-256.
    pub(crate) changed: Vec<PathBuf>,
    pub(crate) returned_after: Option<Duration>,
    /// How the router stood once everything was done.
    pub(crate) router: RouterStatus,
    pub(crate) meter: Meter,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        cloud: &'a Cloud,
        plan: Plan,
        when: When,
        down: usize,
        ledger: Arc<Ledger>,
        progress: Progress<'a>,
    ) -> Result<Self> {
        let lines = Lines::<Client>::new(&cloud.pool, ledger.clone(), cloud.silence());
        let watcher = ledger.clone();
        let kms = KmsStack::new(cloud.regions.clone())
            .with_attempt_timeout(ATTEMPT_TIMEOUT)
            .with_deadline(DEADLINE)
            .with_circuit(circuit())
            .with_observer(move |event| {
                if let RouterEvent::FailedOver { from, failure, .. } = event {
                    watcher.fails(from, failure);
                }
            })
            .over(lines)?;
        let router = kms.router().clone();
        let keyring = Arc::new(KmsKeyring::multi_region(cloud.key.clone(), kms)?);
        let messages = u32::try_from(MESSAGES_PER_DATA_KEY)
            .ok()
            .and_then(NonZeroU32::new);
        let messages = messages.context("the message limit is a positive number")?;
        let cache = CachePolicy::new(MAX_AGE).with_max_messages(messages);
        let encryptor = Encryptor::builder(keyring.clone())
            .with_cache(cache.clone())
            .build()?;
        let decryptor = Decryptor::builder(keyring).with_cache(cache).build()?;
        let context = EncryptionContext::new([("application", "leeward-demo")])?;
        let state = State {
            phase: Phase::Before,
            begun: 0,
            encrypted: 0,
            decrypted: 0,
            failed: Failed::default(),
            meter: Meter::new(),
        };
        Ok(Self {
            cloud,
            plan,
            when,
            down,
            ledger,
            clock: TscClock::new(),
            encryptor,
            decryptor,
            router,
            context,
            state: Mutex::new(state),
            progress,
        })
    }

    /// Goes on past records that fail, and counts them. A total outage ends it at once, and so do too many of them.
    pub(crate) async fn run(
        self,
        files: Vec<InputFile>,
        destination: &Destination,
    ) -> Result<Done> {
        if self.when == When::Start {
            self.silence();
        }
        let sample = self.sample(&files).await?;
        let (mut tracks, mut unwritten) = (Vec::new(), Vec::new());
        let records = self.plan.records;
        self.progress.stage("encrypting", records);
        for input in files {
            let path = input.path.clone();
            match self.encrypt_file(input, destination).await? {
                Some(track) => tracks.push(track),
                None => unwritten.push(path),
            }
        }
        if self.state().phase == Phase::Before {
            // So many records are missing that the middle was not reached.
            self.silence();
        }
        self.progress.stage("reading everything back", records);
        let (mut unread, mut changed) = (Vec::new(), Vec::new());
        for track in tracks {
            match self.decrypt_file(&track).await? {
                Compared::Same => {}
                Compared::Unread => unread.push(track.input.path),
                Compared::Changed => changed.push(track.input.path),
            }
        }
        self.cloud.outage_ends(&self.ledger);
        self.enter(Phase::After);
        let returned_after = self.rehearse(&sample).await?;
        self.progress.finish();
        let router = self.router.status();
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(Done {
            records: state.encrypted,
            reads: state.decrypted,
            failed: state.failed,
            unwritten,
            unread,
            changed,
            returned_after,
            router,
            meter: state.meter,
        })
    }

    /// Counts a record that is about to be encrypted, and starts the outage when it is the one in the middle.
    fn before_record(&self) {
        let middle = {
            let mut state = self.state();
            state.begun += 1;
            state.begun == self.plan.records / 2 + 1
        };
        if middle && self.when == When::Middle {
            self.silence();
        }
    }

    fn silence(&self) {
        self.cloud.outage_begins(self.down, &self.ledger);
        self.enter(Phase::During);
        let regions = &self.cloud.regions[..self.down.min(self.cloud.regions.len())];
        self.progress
            .say(&format!("{regions:?} silent from now on"));
    }

    fn enter(&self, phase: Phase) {
        self.state().phase = phase;
    }

    /// Times one record, in the phase in which it began, and counts what came of it.
    async fn timed<T, E>(
        &self,
        work: Work,
        record: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let phase = self.state().phase;
        let begun = self.clock.now();
        let done = record.await;
        let took = self.clock.now().since(begun);
        let mut state = self.state();
        state.meter.note(phase, work, took);
        match (&done, work) {
            (Err(_), _) => {}
            (Ok(_), Work::Encrypt) => state.encrypted += 1,
            (Ok(_), Work::Decrypt) => state.decrypted += 1,
        }
        drop(state);
        self.progress.step();
        done
    }

    /// Counts a record that failed, so that the job goes on; fails if it is no use to go on.
    fn lose(&self, record: Record<'_>, error: anyhow::Error) -> Result<()> {
        if is_total_outage(&error) {
            let (work, file) = (record.work.name(), record.file.display());
            return Err(error.context(format!(
                "cannot {work} record {} of {file}, nor any other",
                record.number
            )));
        }
        let mut state = self.state();
        let phase = state.phase;
        state.failed.note(record, phase, &error);
        state.failed.check()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process that calls KMS a few times per minute cannot wait for five failures to leave a Region, nor a minute to see it back.
fn circuit() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_slow_run(3, ATTEMPT_TIMEOUT)
        .with_rest(Duration::from_secs(2))
        .with_probes(3, Duration::from_millis(500))
        .with_attempt_timeout(ATTEMPT_TIMEOUT)
}
