use std::{error::Error, ops::Range, path::Path, time::Duration};

use super::{
    Season,
    measure::{Bin, bins, quantile},
};
use plotters::{
    chart::{ChartBuilder, ChartContext, SeriesLabelPosition},
    coord::{Shift, types::RangedCoordf64},
    drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea},
    element::{PathElement, Rectangle},
    prelude::{Cartesian2d, SVGBackend},
    series::LineSeries,
    style::{Color, RGBColor, WHITE},
};

const SIZE: (u32, u32) = (960, 720);

/// How finely the picture divides the run: so that it has some 200 points.
const POINTS: u32 = 200;

const INK: RGBColor = RGBColor(40, 40, 40);
const FAULT: RGBColor = RGBColor(214, 69, 65);
const SLOWEST: RGBColor = RGBColor(224, 123, 57);
const REGIONS: [RGBColor; 4] = [
    RGBColor(31, 119, 180),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(127, 127, 127),
];

type Svg<'a> = SVGBackend<'a>;
type Chart<'a, 'b> = ChartContext<'a, Svg<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A picture could not be written.
#[derive(Debug, thiserror::Error)]
#[error("could not draw {path}")]
pub struct DrawError {
    path: String,
    source: Box<dyn Error + Send + Sync>,
}

/// One chart of a picture.
struct Panel {
    title: &'static str,
    top: f64,
    // Where the names of the lines hide the least of them.
    names_at: SeriesLabelPosition,
    lines: Vec<Line>,
}

/// One line of a panel.
struct Line {
    name: String,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

/// Draws what the first seed of a season saw, as SVG: success, latency, and where the attempts went, over time.
///
/// # Errors
///
/// If the file cannot be written.
pub fn draw(season: &Season, path: &Path) -> Result<(), DrawError> {
    panels(season, path).map_err(|source| DrawError {
        path: path.display().to_string(),
        source: source.into(),
    })
}

fn panels(season: &Season, path: &Path) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let scenario = &season.scenario;
    let width = scenario.length / POINTS;
    let bins = bins(&season.trace, scenario, width);
    let at = |number: usize| (number as f64 + 0.5) * width.as_secs_f64();
    let line = |name: &str, color, value: &dyn Fn(&Bin) -> Option<f64>| {
        let points = bins.iter().enumerate();
        let points = points.filter_map(|(number, bin)| Some((at(number), value(bin)?)));
        Line {
            name: name.to_owned(),
            color,
            points: points.collect(),
        }
    };
    let ok = line("answered well", REGIONS[1], &|bin| {
        (bin.operations > 0).then(|| 100.0 * bin.served as f64 / bin.operations as f64)
    });
    let waited = |name, color, share| {
        line(name, color, &move |bin| {
            quantile(&mut bin.latencies.clone(), share)
        })
    };
    let latencies = [waited("p50", REGIONS[0], 0.5), waited("p99", SLOWEST, 0.99)];
    let shares = scenario.regions.iter().enumerate().map(|(number, region)| {
        // The titles of scenarios call the Regions by letters.
        let name = format!("{}: {}", char::from(b'A' + number as u8), region.name);
        line(&name, REGIONS[number % REGIONS.len()], &|bin| {
            let all: usize = bin.arrivals.iter().sum();
            (all > 0).then(|| 100.0 * bin.arrivals[number] as f64 / all as f64)
        })
    });
    let longest = latencies.iter().flat_map(|line| &line.points);
    let longest = longest.fold(1.0, |longest, (_, wait)| f64::max(longest, *wait));
    let panels = [
        Panel {
            title: "answered well, %",
            top: 105.0,
            names_at: SeriesLabelPosition::LowerRight,
            lines: vec![ok],
        },
        Panel {
            title: "callers wait, ms",
            top: 1.1 * longest,
            names_at: SeriesLabelPosition::UpperRight,
            lines: latencies.into(),
        },
        Panel {
            title: "attempts go to, %",
            top: 105.0,
            names_at: SeriesLabelPosition::MiddleRight,
            lines: shares.collect(),
        },
    ];

    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("{}: {} ({})", scenario.name, scenario.title, season.policy);
    let area = area.titled(&title, ("sans-serif", 20))?;
    for (area, panel) in area.split_evenly((panels.len(), 1)).iter().zip(panels) {
        panel.draw(area, season)?;
    }
    area.present()
}

impl Panel {
    fn draw(
        self,
        area: &DrawingArea<Svg<'_>, Shift>,
        season: &Season,
    ) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let seconds = season.scenario.length.as_secs_f64();
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            // Half of the last label stands beyond the end of its axis.
            .margin_right(24)
            .x_label_area_size(28)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..seconds, 0.0..self.top)?;
        shade(&mut chart, &season.scenario.fault, self.top)?;
        chart
            .configure_mesh()
            .y_desc(self.title)
            .x_desc("s")
            .light_line_style(INK.mix(0.05))
            .bold_line_style(INK.mix(0.12))
            .label_style(("sans-serif", 12))
            .draw()?;
        for line in self.lines {
            let color = line.color;
            chart
                .draw_series(LineSeries::new(line.points, color.stroke_width(2)))?
                .label(line.name)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2))
                });
        }
        chart
            .configure_series_labels()
            .position(self.names_at)
            .background_style(WHITE.mix(0.8))
            .label_font(("sans-serif", 12))
            .draw()
    }
}

/// Marks when something was wrong.
fn shade(
    chart: &mut Chart<'_, '_>,
    fault: &Range<Duration>,
    top: f64,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let corners = [
        (fault.start.as_secs_f64(), 0.0),
        (fault.end.as_secs_f64(), top),
    ];
    let mark = Rectangle::new(corners, FAULT.mix(0.08).filled());
    chart.draw_series([mark]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Operation, Policy, Trace, scenarios};
    use std::fs;

    fn season() -> Season {
        let operation = |second| Operation {
            process: 0,
            is_write: false,
            began: Duration::from_secs(second),
            ended: Some(Duration::from_millis(1_000 * second + 20)),
            served_by: Some(0),
        };
        Season {
            scenario: scenarios().remove(2),
            policy: Policy::Leeward,
            runs: Vec::new(),
            trace: Trace {
                operations: (0..80).map(operation).collect(),
                ..Trace::default()
            },
        }
    }

    #[test]
    fn a_picture_names_what_it_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("S2.svg");
        draw(&season(), &path).unwrap();
        let picture = fs::read_to_string(path).unwrap();
        for text in [
            "S2: A silent for 30 s (leeward)",
            "answered well, %",
            "p99",
            "us-east-1",
            "eu-west-1",
        ] {
            assert!(picture.contains(text), "{text}");
        }
        assert!(picture.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn says_which_picture_could_not_be_written() {
        let error = draw(&season(), Path::new("/no/such/folder/S2.svg")).unwrap_err();
        assert_eq!(error.to_string(), "could not draw /no/such/folder/S2.svg");
        assert!(error.source().is_some());
    }
}
