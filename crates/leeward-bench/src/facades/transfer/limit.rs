//! As fast as the same bytes go through as many sockets, in the same pieces, where nothing else is done with them.

use super::{AT_ONCE, Direction, PART};
use crate::{
    BoxError, Subject,
    facades::store::{BUCKET, KEY, Store},
    stopwatch,
};
use bytes::Bytes;
use std::{
    io::{Read, Write},
    net::TcpStream,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

/// As much as is read at a time.
const BUFFER: usize = 256 << 10;

pub(super) fn subject(store: &Arc<Store>, direction: Direction) -> Result<Subject, BoxError> {
    let store = Arc::clone(store);
    let lines = (0..AT_ONCE).map(|_| Line::to(&store));
    let mut lines: Vec<_> = lines.collect::<Result<_, _>>()?;
    Ok(Subject::new(move |operations| {
        let (done, took) = stopwatch::time(|| {
            (0..operations).try_for_each(|_| once(&store, &mut lines, direction))
        });
        done.map(|()| took)
    }))
}

/// Each line takes the next part until there is none.
fn once(store: &Store, lines: &mut [Line], direction: Direction) -> Result<(), BoxError> {
    let (object, next) = (store.object(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let running = lines.iter_mut().map(|line| {
            let (object, next) = (&object, &next);
            scope.spawn(move || line.run(object, next, direction))
        });
        let running: Vec<_> = running.collect();
        running
            .into_iter()
            .try_for_each(|it| it.join().map_err(|_| "a line panicked")?)
    })
}

/// A connection that is kept.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    fn to(store: &Store) -> Result<Self, BoxError> {
        let stream = TcpStream::connect(store.address())?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
        })
    }

    fn run(
        &mut self,
        object: &Bytes,
        next: &AtomicUsize,
        direction: Direction,
    ) -> Result<(), BoxError> {
        loop {
            let start = next.fetch_add(PART, Relaxed);
            if start >= object.len() {
                return Ok(());
            }
            let part = start..object.len().min(start + PART);
            match direction {
                Direction::Download => self.get(part)?,
                Direction::Upload => self.put(&object[part])?,
            }
        }
    }

    fn get(&mut self, part: Range<usize>) -> Result<(), BoxError> {
        write!(
            self.stream,
            "GET /{BUCKET}/{KEY} HTTP/1.1\r\nhost: s3\r\nrange: bytes={}-{}\r\n\r\n",
            part.start,
            part.end - 1
        )?;
        let mut left = part.len().saturating_sub(self.head("206")?);
        while left > 0 {
            let most = left.min(BUFFER);
            match self.stream.read(&mut self.buffer[..most])? {
                0 => return Err("the store hung up".into()),
                some => left -= some,
            }
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BoxError> {
        write!(
            self.stream,
            "PUT /{BUCKET}/{KEY} HTTP/1.1\r\nhost: s3\r\ncontent-length: {}\r\n\r\n",
            bytes.len()
        )?;
        self.stream.write_all(bytes)?;
        self.head("200").map(drop)
    }

    /// Reads the head of an answer; how many bytes of its body came with it.
    fn head(&mut self, status: &str) -> Result<usize, BoxError> {
        let mut read = 0;
        loop {
            match self.stream.read(&mut self.buffer[read..])? {
                0 => return Err("the store hung up".into()),
                some => read += some,
            }
            let end = self.buffer[..read]
                .windows(4)
                .position(|it| it == b"\r\n\r\n");
            if let Some(end) = end {
                let expected = format!("HTTP/1.1 {status} ");
                if !self.buffer.starts_with(expected.as_bytes()) {
                    return Err("the store refused a part".into());
                }
                return Ok(read - end - 4);
            }
        }
    }
}
