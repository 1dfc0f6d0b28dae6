use crate::{
    Area, BoxError, Case, Pace, Plan, Row, Tally, envelope,
    facades::{self, transfer::Mover},
    pool, router, table,
};
use clap::Parser;
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Measures what Leeward costs, in rounds in which every subject has its turn.
///
/// Exit code 0: measured, whether or not a bar holds; 1: something failed; 2: bad input.
#[derive(Debug, Parser)]
struct Arguments {
    /// Measures this area alone [default: all of them]
    #[arg(value_enum)]
    area: Option<Area>,

    /// Measures only what has this text in its name
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,

    /// Has so many tasks or roles where many are meant, and does less of all that is long if they are fewer than it says
    #[arg(long, value_name = "NUMBER", default_value_t = Tally::CROWD)]
    crowd: usize,

    /// Prints each row as one line of JSON instead of a table
    #[arg(long)]
    json: bool,

    /// Prints how many bytes a role takes in the memory of this process, beside an AWS at this endpoint, and nothing else
    #[arg(long, hide = true, value_name = "ENDPOINT")]
    memory_of_roles: Option<String>,

    /// Prints how many bytes many routers take in the memory of this process, and nothing else
    #[arg(long, hide = true, conflicts_with = "memory_of_roles")]
    memory_of_routers: bool,

    /// Prints how many bytes this process takes at the most while so many are sealed and opened by readers of this kind, and
    /// nothing else
    #[arg(long, hide = true, num_args = 2, value_names = ["KIND", "BYTES"], conflicts_with_all = ["memory_of_roles", "memory_of_routers"])]
    memory_of_stream: Option<Vec<String>>,

    /// Prints how many bytes this process takes at the most while this one moves an object of that size this way, and nothing else
    #[arg(long, hide = true, num_args = 4, value_names = ["MOVER", "WAY", "ENDPOINT", "BYTES"], conflicts_with_all = ["memory_of_roles", "memory_of_routers", "memory_of_stream"])]
    memory_of_transfer: Option<Vec<String>>,

    /// Prints how many keys so many pages have, how many milliseconds they take, how many bytes this process grows by at the most,
    /// and nothing else
    #[arg(long, hide = true, num_args = 3, value_names = ["HOW", "ENDPOINT", "PAGES"], conflicts_with_all = ["memory_of_roles", "memory_of_routers", "memory_of_stream", "memory_of_transfer"])]
    memory_of_listing: Option<Vec<String>>,
}

/// Runs a bench program: reads the command line, measures the cases of the area, prints the rows.
///
/// `complete` adds subjects to each case before it is measured, `join` adds who is counted to each tally, and `movers` move objects beside
/// us.
pub fn run(
    complete: impl Fn(Case) -> Result<Case, BoxError>,
    join: impl Fn(Tally) -> Tally,
    movers: &'static [Mover],
) -> ExitCode {
    let arguments = Arguments::parse();
    let done = perform(&arguments, complete, join, movers);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn perform(
    arguments: &Arguments,
    complete: impl Fn(Case) -> Result<Case, BoxError>,
    join: impl Fn(Tally) -> Tally,
    movers: &'static [Mover],
) -> Result<(), BoxError> {
    let plan = Plan {
        program: std::env::current_exe()?,
        crowd: arguments.crowd,
        movers,
    };
    if arguments.memory_of_routers {
        return router::print_memory();
    }
    if let Some(endpoint) = &arguments.memory_of_roles {
        return pool::print_memory_of_roles(endpoint);
    }
    if let Some(stream) = &arguments.memory_of_stream {
        return envelope::print_memory(stream);
    }
    if let Some(transfer) = &arguments.memory_of_transfer {
        return facades::print_memory_of_transfer(&plan, transfer);
    }
    if let Some(listing) = &arguments.memory_of_listing {
        return facades::print_memory_of_listing(listing);
    }
    measure(arguments, &plan, complete, join)
}

fn measure(
    arguments: &Arguments,
    plan: &Plan,
    complete: impl Fn(Case) -> Result<Case, BoxError>,
    join: impl Fn(Tally) -> Tally,
) -> Result<(), BoxError> {
    let areas = arguments.area.map_or(Area::ALL.to_vec(), |area| vec![area]);
    let wanted = arguments.case.as_deref().unwrap_or_default();
    let mut all = Vec::new();
    let mut take = |rows: Vec<Row>| -> Result<(), BoxError> {
        if arguments.json {
            print_lines(&rows)?;
        }
        all.extend(rows);
        Ok(())
    };
    for area in areas {
        let cases = area.cases(plan)?.into_iter();
        for case in cases.filter(|case| case.name().contains(wanted)) {
            let mut case = complete(case)?;
            eprintln!("measuring {area}: {}", case.name());
            take(case.measure(&Pace::default())?)?;
        }
        let tallies = area.tallies(plan).into_iter();
        for tally in tallies.filter(|tally| tally.name().contains(wanted)) {
            eprintln!("counting {area}: {}", tally.name());
            take(join(tally).count()?)?;
        }
    }
    if all.is_empty() {
        return Err(format!(
            "nothing has {wanted:?} in its name: leave --case out to see what there is"
        )
        .into());
    }
    if !arguments.json {
        io::stdout().write_all(table(&all).as_bytes())?;
    }
    Ok(())
}

fn print_lines(rows: &[Row]) -> Result<(), BoxError> {
    let mut out = io::stdout().lock();
    for row in rows {
        serde_json::to_writer(&mut out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[track_caller]
    fn parse(arguments: &[&str]) -> Result<Arguments, String> {
        let arguments = [&["leeward-bench"], arguments].concat();
        Arguments::try_parse_from(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_an_area_and_the_form_of_the_rows() {
        let arguments = parse(&["router", "--json"]).unwrap();
        assert_eq!(arguments.area, Some(Area::Router));
        assert!(arguments.json);
        assert_eq!(parse(&[]).unwrap().area, None);
        let one = parse(&["pool", "--case", "1,000 roles"]).unwrap();
        assert_eq!(one.case.as_deref(), Some("1,000 roles"));
        assert_eq!(one.crowd, Tally::CROWD);
        assert_eq!(parse(&["facades", "--crowd", "20"]).unwrap().crowd, 20);
    }

    #[test]
    fn an_unknown_area_is_answered_with_those_there_are() {
        let text = parse(&["kms"]).unwrap_err();
        for area in Area::ALL {
            assert!(text.contains(&area.to_string()), "{text}");
        }
    }

    #[test]
    fn an_area_is_called_alike_on_the_command_line_and_in_the_rows() {
        assert_eq!(Area::ALL.len(), Area::value_variants().len());
        for area in Area::ALL {
            let value = area.to_possible_value().unwrap();
            assert_eq!(value.get_name(), area.to_string());
        }
    }

    #[test]
    fn a_failure_is_told_with_its_causes() {
        let cause = io::Error::other("circuit open");
        let error = crate::MeasureError::Failed {
            case: "circuit breaker",
            subject: "leeward",
            source: cause.into(),
        };
        assert_eq!(
            chain(&error),
            "leeward failed in circuit breaker: circuit open"
        );
    }
}
