//! A store of one object, as S3 speaks, from memory: what moves the object is to wait for nothing but its own work.
//!
//! It has the object from the beginning. What is uploaded is read to its end, counted, and not kept.

mod answer;
mod listed;

pub(super) use listed::{KEYS_OF_A_PAGE, prefix};

use crate::BoxError;
use bytes::{Bytes, BytesMut};
use crc_fast::{CrcAlgorithm, Digest};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::HashMap,
    convert::Infallible,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

/// The bucket that there is.
pub(crate) const BUCKET: &str = "orders-archive";
/// The key of the object.
pub(crate) const KEY: &str = "2026.tar";

/// A store that is up until it is dropped.
pub(crate) struct Store {
    shelf: Arc<Shelf>,
    address: SocketAddr,
    /// Where it runs, so that callers do not wait for it by turns.
    _server: Runtime,
}

/// What is in the store.
struct Shelf {
    object: Bytes,
    /// The CRC-64/NVME of the object, as S3 keeps one of every object.
    checksum: u64,
    uploads: Mutex<Uploads>,
}

/// What came in.
#[derive(Default)]
struct Uploads {
    begun: u64,
    /// How long each part is, of each upload that is not over.
    parts: HashMap<u64, HashMap<u32, u64>>,
    /// How long the object is that was uploaded last.
    last: Option<u64>,
}

impl Store {
    /// Opens a store with an object of so many bytes.
    pub(crate) fn open(size: usize) -> Result<Self, BoxError> {
        let server = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let shelf = Arc::new(Shelf::with_object(size));
        let listener = server.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let (runtime, served) = (server.handle().clone(), Arc::clone(&shelf));
        server.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                runtime.spawn(serve(Arc::clone(&served), stream));
            }
        });
        Ok(Self {
            shelf,
            address,
            _server: server,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The object, which nobody copies who takes it from here.
    pub(crate) fn object(&self) -> Bytes {
        self.shelf.object.clone()
    }

    /// How long the object is that was uploaded since this was asked last.
    pub(crate) fn take_uploaded(&self) -> Option<u64> {
        self.shelf.uploads().last.take()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Shelf {
    fn with_object(size: usize) -> Self {
        let pattern = pattern();
        let mut object = BytesMut::with_capacity(size);
        while object.len() < size {
            let more = pattern.len().min(size - object.len());
            object.extend_from_slice(&pattern[..more]);
        }
        let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
        digest.update(&object);
        Self {
            object: object.freeze(),
            checksum: digest.finalize(),
            uploads: Mutex::default(),
        }
    }

    fn uploads(&self) -> std::sync::MutexGuard<'_, Uploads> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A mebibyte that no compression and no shortcut makes anything of: xorshift.
fn pattern() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    words.take(1 << 17).flat_map(u64::to_le_bytes).collect()
}

async fn serve(shelf: Arc<Shelf>, stream: TcpStream) {
    // Without it each answer waits for the delayed acknowledgement of the other side.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request| {
        let shelf = Arc::clone(&shelf);
        async move { Ok::<_, Infallible>(shelf.answer(request).await) }
    });
    // How a client leaves is its own affair.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}
