use super::{Figures, Season, Verdict, measure::median, table::table};

const HEADER: [&str; 15] = [
    "scenario",
    "policy",
    "ok %",
    "p50 ms",
    "p99 ms",
    "load",
    "left s",
    "well s",
    "back s",
    "peak",
    "re-entries",
    "elsewhere",
    "reads %",
    "writes %",
    "again",
];

/// A table of the figures, medians over the seeds, and under it every bar with the median and the worst seed.
#[must_use]
pub fn report(seasons: &[Season], verdicts: &[Verdict]) -> String {
    let figures = table(2, &figures(seasons));
    if verdicts.is_empty() {
        return figures;
    }
    format!("{figures}\n{}", table(3, &bars(verdicts)))
}

fn figures(seasons: &[Season]) -> Vec<[String; 15]> {
    let row = |season: &Season| {
        let of = |figure: fn(&Figures) -> f64| {
            let values = season.runs.iter().map(|(_, figures)| figure(figures));
            median(&values.collect::<Vec<_>>()).unwrap_or(f64::NAN)
        };
        let seconds = |value: f64| {
            if value.is_infinite() {
                "never".to_owned()
            } else {
                format!("{value:.1}")
            }
        };
        let if_it_is_out = |text: String| {
            if season.scenario.strikes_the_first() {
                text
            } else {
                "-".to_owned()
            }
        };
        let if_it_writes = |text: String| {
            if season.scenario.traffic.writes > 0.0 {
                text
            } else {
                "-".to_owned()
            }
        };
        [
            season.scenario.name.to_owned(),
            season.policy.to_string(),
            format!("{:.3}", 100.0 * of(|figures| figures.ok)),
            format!("{:.0}", of(|figures| figures.p50)),
            format!("{:.0}", of(|figures| figures.p99)),
            format!("{:.3}", of(|figures| figures.load)),
            if_it_is_out(seconds(of(|figures| figures.left))),
            if_it_is_out(seconds(of(|figures| figures.served_again))),
            if_it_is_out(seconds(of(|figures| figures.back))),
            if_it_is_out(format!("{:.2}", of(|figures| figures.peak))),
            if_it_is_out(format!("{:.0}", of(|figures| figures.re_entries))),
            format!("{:.0}", of(|figures| figures.strays)),
            if_it_writes(format!("{:.3}", 100.0 * of(|figures| figures.ok_of_reads))),
            if_it_writes(format!("{:.3}", 100.0 * of(|figures| figures.ok_of_writes))),
            if_it_writes(format!("{:.0}", of(|figures| figures.sent_again))),
        ]
    };
    let rows = seasons.iter().map(row);
    std::iter::once(HEADER.map(str::to_owned))
        .chain(rows)
        .collect()
}

fn bars(verdicts: &[Verdict]) -> Vec<[String; 7]> {
    let header = ["scenario", "policy", "figure", "bar", "median", "worst", ""];
    let row = |verdict: &Verdict| {
        let Verdict {
            scenario,
            bar,
            median,
            worst: (seed, worst),
        } = verdict;
        [
            (*scenario).to_owned(),
            bar.policy.to_string(),
            bar.measure.name().to_owned(),
            bar.to_string(),
            bar.measure.told(*median),
            format!("{} (seed {seed})", bar.measure.told(*worst)),
            if verdict.holds() { "holds" } else { "MISSED" }.to_owned(),
        ]
    };
    let rows = verdicts.iter().map(row);
    std::iter::once(header.map(str::to_owned))
        .chain(rows)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Bar, Limit, Measure, Policy, Trace, scenarios, verdicts};

    #[test]
    fn says_of_each_bar_what_it_is_what_came_and_whether_it_holds() {
        let mut scenario = scenarios().remove(2);
        scenario.bars = [(Measure::P99, 300.0), (Measure::Back, 15.0)]
            .map(|(measure, most)| Bar {
                policy: Policy::Leeward,
                measure,
                limit: Limit::AtMost(most),
            })
            .to_vec();
        let of_nothing = Figures::of(&Trace::default(), &scenario);
        let runs = [
            (1, 214.0, 11.0),
            (2, 350.0, 12.0),
            (3, 260.0, f64::INFINITY),
        ];
        let runs = runs.map(|(seed, p99, back)| {
            let figures = Figures {
                p99,
                back,
                left: 0.8,
                ..of_nothing.clone()
            };
            (seed, figures)
        });
        let season = Season {
            runs: runs.to_vec(),
            scenario,
            policy: Policy::Leeward,
            trace: Trace::default(),
        };
        let seasons = [season];
        let expected = "\
scenario  policy    ok %  p50 ms  p99 ms   load  left s  well s  back s  peak  re-entries  elsewhere  reads %  writes %  again
S2        leeward  0.000       0     260  0.000     0.8     0.0    12.0  0.00           0          0        -         -      -

scenario  policy   figure            bar  median            worst
S2        leeward  p99         <= 300 ms  260 ms  350 ms (seed 2)  holds
S2        leeward  back after  <= 15.0 s  12.0 s   never (seed 3)  holds
";
        assert_eq!(report(&seasons, &verdicts(&seasons)), expected);
    }

    #[test]
    fn what_is_never_out_is_not_said_to_be_left_nor_to_come_back() {
        let rows: Vec<_> = scenarios()
            .into_iter()
            .map(|scenario| {
                let nothing = Figures::of(&Trace::default(), &scenario);
                let season = Season {
                    runs: vec![(1, nothing)],
                    scenario,
                    policy: Policy::Leeward,
                    trace: Trace::default(),
                };
                figures(&[season]).remove(1)
            })
            .collect();
        let of_absences = |row: &[String; 15]| row[6..11].iter().all(|cell| cell == "-");
        let never_out: Vec<_> = rows.iter().filter(|row| of_absences(row)).collect();
        let names: Vec<_> = never_out.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(names, ["S0", "S10", "S11"]);
    }
}
