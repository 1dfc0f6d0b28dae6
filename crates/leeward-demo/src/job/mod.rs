//! The main job: every file is encrypted record by record, then read back and compared.

mod decrypt;
mod encrypt;
mod rehearse;

use crate::{
    args::When,
    cloud::Cloud,
    input::InputFile,
    ledger::Ledger,
    line::Lines,
    meter::{Meter, Phase, Work},
    plan::{MESSAGES_PER_DATA_KEY, Plan},
    progress::Progress,
};
use anyhow::{Context, Result};
use aws_sdk_kms::Client;
use leeward::{
    envelope::{CachePolicy, Decryptor, EncryptionContext, Encryptor},
    kms_envelope::{KmsKeyring, KmsStack},
    region_router::RouterEvent,
    resilience::{CircuitConfig, Clock, TscClock},
};
use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
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
    sha256: Vec<u8>,
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
    context: EncryptionContext,
    state: Mutex<State>,
    progress: Progress,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    begun: u64,
    encrypted: u64,
    decrypted: u64,
    failed: u64,
    meter: Meter,
}

/// What the job did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) records: u64,
    pub(crate) reads: u64,
    pub(crate) failed: u64,
    pub(crate) mismatched: Vec<PathBuf>,
    pub(crate) returned_after: Option<Duration>,
    pub(crate) meter: Meter,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        cloud: &'a Cloud,
        plan: Plan,
        when: When,
        down: usize,
        ledger: Arc<Ledger>,
        progress: Progress,
    ) -> Result<Self> {
        let lines = Lines::<Client>::new(cloud.pool.clone(), ledger.clone(), cloud.silence());
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
            failed: 0,
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
            context,
            state: Mutex::new(state),
            progress,
        })
    }

    pub(crate) async fn run(self, files: Vec<InputFile>, output: &Path) -> Result<Done> {
        if self.when == When::Start {
            self.silence();
        }
        let mut tracks = Vec::new();
        let records = self.plan.records;
        self.progress.stage("encrypting", records);
        for input in files {
            tracks.push(self.encrypt_file(input, output).await?);
        }
        self.progress.stage("reading everything back", records);
        let mut mismatched = Vec::new();
        for track in &tracks {
            let back = self.decrypt_file(track).await?;
            if !back {
                mismatched.push(track.input.path.clone());
            }
        }
        self.cloud.outage_ends(&self.ledger);
        self.enter(Phase::After);
        let returned_after = self.rehearse(&tracks).await?;
        self.progress.finish();
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(Done {
            records: state.encrypted,
            reads: state.decrypted,
            failed: state.failed,
            mismatched,
            returned_after,
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
        *match (&done, work) {
            (Err(_), _) => &mut state.failed,
            (Ok(_), Work::Encrypt) => &mut state.encrypted,
            (Ok(_), Work::Decrypt) => &mut state.decrypted,
        } += 1;
        drop(state);
        self.progress.step();
        done
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process that calls KMS a few times per minute cannot wait for five failures to leave a Region.
fn circuit() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest(Duration::from_secs(2))
        .with_slow(ATTEMPT_TIMEOUT)
}
