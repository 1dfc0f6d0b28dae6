use super::super::store::{BUCKET, KEY, Store};
use crate::{BoxError, world::REGION};
use bytes::Bytes;
use leeward_testkit::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use std::{fmt, pin::Pin};

/// Who moves an object to a store and from it.
#[derive(Clone, Copy)]
pub struct Mover {
    name: &'static str,
    connect: fn(Place) -> Connecting,
    is_guarded: bool,
    compares: bool,
}

/// What a [`Mover`] makes its clients in.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Box<dyn Moves>, BoxError>> + Send>>;

/// What a transfer is done in; gives how many bytes were moved.
pub type Moving = Pin<Box<dyn Future<Output = Result<u64, BoxError>> + Send>>;

/// A client that has what it needs.
pub trait Moves: Send + Sync {
    /// Downloads the object, piece by piece in its order, and lets go of each.
    fn download(&self) -> Moving;

    /// Uploads what there is.
    fn upload(&self, source: Source) -> Moving;
}

/// Where the object is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Place {
    /// The URL of the store, which is S3's to all that come.
    pub endpoint: String,
    /// The bucket that there is.
    pub bucket: &'static str,
    /// The key of the object.
    pub key: &'static str,
    /// The Region that requests are signed for.
    pub region: &'static str,
    /// By whom.
    pub access_key_id: &'static str,
    /// And with what.
    pub secret_access_key: &'static str,
}

/// What is uploaded.
#[derive(Debug)]
pub enum Source {
    /// Bytes that are there, to be cut without a copy.
    Memory(Bytes),
    /// So many bytes that come in pieces of 64 KiB, of which each is new.
    Stream(Pieces),
}

/// Pieces of 64 KiB.
#[derive(Debug)]
pub struct Pieces {
    left: u64,
}

/// Which way the object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the store.
    Download,
    /// To the store.
    Upload,
}

/// As a file or a socket is read.
const PIECE: usize = 64 << 10;

impl Mover {
    /// A mover of that name; names are stable, since scripts read them.
    #[must_use]
    pub const fn new(name: &'static str, connect: fn(Place) -> Connecting) -> Self {
        Self {
            name,
            connect,
            is_guarded: true,
            compares: false,
        }
    }

    /// Says that it sends nothing that a store could compare an upload with: it is shown, and nobody is held to it.
    #[must_use]
    pub const fn unguarded(self) -> Self {
        Self {
            is_guarded: false,
            ..self
        }
    }

    /// Says that it compares what it downloads with the checksum of the object.
    pub(super) const fn comparing(self) -> Self {
        Self {
            compares: true,
            ..self
        }
    }

    pub(super) const fn compares(&self) -> bool {
        self.compares
    }

    pub(super) const fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn connect(&self, place: Place) -> Connecting {
        (self.connect)(place)
    }
}

impl Place {
    pub(super) fn of(store: &Store) -> Self {
        Self::at(store.endpoint())
    }

    pub(super) const fn at(endpoint: String) -> Self {
        Self {
            endpoint,
            bucket: BUCKET,
            key: KEY,
            region: REGION,
            access_key_id: ACCESS_KEY_ID,
            secret_access_key: SECRET_ACCESS_KEY,
        }
    }
}

impl Pieces {
    pub(super) const fn of(bytes: u64) -> Self {
        Self { left: bytes }
    }

    /// How many bytes are still to come.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let len = self.left.min(PIECE as u64);
        self.left -= len;
        // Not zeros, which the system would hand out without having them.
        (len > 0).then(|| Bytes::from(vec![0x5a; len as usize]))
    }
}

impl fmt::Debug for Mover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mover").field(&self.name).finish()
    }
}
