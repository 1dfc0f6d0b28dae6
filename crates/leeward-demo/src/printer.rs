use std::{
    fmt,
    io::{self, ErrorKind, Stdout, Write, stderr},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Prints lines to standard output, for as long as somebody takes them.
///
/// A reader who has gone, as in `| head -1`, is no failure: what is left to say is dropped. Any other failure ends the
/// printing too, and is kept to be told at the end. The work goes on in both cases.
#[derive(Debug)]
pub(crate) struct Printer<W = Stdout> {
    state: Mutex<State<W>>,
}

#[derive(Debug)]
struct State<W> {
    out: W,
    ended: bool,
    failure: Option<io::Error>,
}

impl<W: Write> Printer<W> {
    pub(crate) const fn new(out: W) -> Self {
        let state = State {
            out,
            ended: false,
            failure: None,
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// Prints a line; says whether somebody took it.
    pub(crate) fn line(&self, text: impl fmt::Display) -> bool {
        let mut state = self.state();
        if state.ended {
            return false;
        }
        let printed = writeln!(state.out, "{text}").and_then(|()| state.out.flush());
        if let Err(error) = printed {
            state.ended = true;
            state.failure = (error.kind() != ErrorKind::BrokenPipe).then_some(error);
        }
        !state.ended
    }

    /// What went wrong with the printing, if anything did.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.state().failure.take()
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints a line to standard error. If nobody takes that either there is nobody left to tell.
pub(crate) fn complain(text: impl fmt::Display) {
    let _ = writeln!(stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes one line, then fails.
    struct Full(Vec<u8>, ErrorKind);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.contains(&b'\n') {
                return Err(self.1.into());
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[track_caller]
    fn check(kind: ErrorKind, told: Option<ErrorKind>) {
        let printer = Printer::new(Full(Vec::new(), kind));
        assert!(printer.line("one"));
        assert!(!printer.line("two"));
        assert!(!printer.line("three"));
        assert_eq!(printer.failure().map(|error| error.kind()), told);
        assert_eq!(printer.state().out.0, b"one\n");
    }

    #[test]
    fn a_reader_who_has_gone_is_no_failure() {
        check(ErrorKind::BrokenPipe, None);
    }

    #[test]
    fn a_full_device_is_told() {
        check(ErrorKind::StorageFull, Some(ErrorKind::StorageFull));
    }
}
