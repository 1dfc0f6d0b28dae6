use crate::{
    args::Args,
    failure::Failure,
    printer::{Printer, complain},
};
use clap::Parser;
use std::ffi::OsString;

/// Reads the command line, or says what is wrong with it, or the help that was asked for, and returns the exit code.
pub(crate) fn read(printer: &Printer) -> Result<Args, u8> {
    Args::try_parse().map_err(|error| {
        let text = error.render().to_string();
        let text = text.trim_end();
        if !error.use_stderr() {
            printer.line(text);
            return 0;
        }
        let failure = Failure::bad_input(essence(text));
        if wants_json(std::env::args_os()) {
            failure.tell(true, printer);
        } else {
            complain(text);
        }
        failure.exit_code()
    })
}

/// Whether `--json` is among the arguments, whatever else is wrong with them.
fn wants_json(args: impl IntoIterator<Item = OsString>) -> bool {
    args.into_iter()
        .skip(1)
        .take_while(|arg| arg != "--")
        .any(|arg| arg == "--json")
}

/// What is wrong, on one line: the usage and where to find help are of no use to a script.
fn essence(text: &str) -> String {
    let paragraphs = text.split("\n\n").filter(|paragraph| {
        !paragraph.starts_with("Usage:") && !paragraph.starts_with("For more information")
    });
    let words: Vec<_> = paragraphs.flat_map(str::split_whitespace).collect();
    let line = words.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(args: &[&str], says: &str) {
        let all = ["demo"].iter().chain(args);
        let error = Args::try_parse_from(all).unwrap_err();
        assert_eq!(essence(&error.render().to_string()), says);
    }

    #[test]
    fn what_is_wrong_stands_on_one_line() {
        let down = "for '--down <N>': it is no number in 1..=3";
        check(&["--down", "-1"], &format!("invalid value '-1' {down}"));
        check(&["--down", "abc"], &format!("invalid value 'abc' {down}"));
        check(&["--down", "4"], &format!("invalid value '4' {down}"));
        check(
            &["--aws"],
            "the following required arguments were not provided: --key-arn <ARN>",
        );
        check(
            &["--jsno"],
            "unexpected argument '--jsno' found tip: a similar argument exists: '--json'",
        );
    }

    #[test]
    fn json_is_asked_for_by_an_argument_of_our_own() {
        let asks = |args: &[&str]| wants_json(args.iter().map(OsString::from));
        assert!(asks(&["demo", "--down", "9", "--json"]));
        assert!(!asks(&["demo", "--", "--json"]));
        assert!(!asks(&["--json"]));
    }
}
