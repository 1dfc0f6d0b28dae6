use std::time::Duration;

/// What goes wrong with a Region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// So large a share of the attempts is answered with a failure of the service, as late as an answer would be.
    Fails(f64),
    /// No attempt is answered, and no connection is reset; answers that were on their way are lost as well.
    Silent,
    /// Every answer takes so many times as long.
    Slow(f64),
    /// Connections are refused at once.
    Refuses,
    /// So large a share of the capacity is left.
    Capacity(f64),
}

/// A fault of one Region for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// The number of the Region.
    pub region: usize,
    /// When it begins.
    pub from: Duration,
    /// When it is over.
    pub until: Duration,
    /// What goes wrong.
    pub fault: Fault,
}

/// What a Region is like at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// The share of the attempts that fails.
    pub fails: f64,
    /// Whether nothing is answered.
    pub silent: bool,
    /// How many times as long an answer takes.
    pub slowness: f64,
    /// Whether connections are refused.
    pub refuses: bool,
    /// The share of the capacity that is left.
    pub capacity: f64,
}

impl Conditions {
    const FAIR: Self = Self {
        fails: 0.0,
        silent: false,
        slowness: 1.0,
        refuses: false,
        capacity: 1.0,
    };

    /// What `region` is like at `now`; faults at the same time add up.
    #[must_use]
    pub fn at(outages: &[Outage], region: usize, now: Duration) -> Self {
        let present = outages
            .iter()
            .filter(|outage| outage.region == region && (outage.from..outage.until).contains(&now));
        present.fold(Self::FAIR, |mut conditions, outage| {
            match outage.fault {
                Fault::Fails(share) => {
                    conditions.fails = 1.0 - (1.0 - conditions.fails) * (1.0 - share);
                }
                Fault::Silent => conditions.silent = true,
                Fault::Slow(times) => conditions.slowness *= times,
                Fault::Refuses => conditions.refuses = true,
                Fault::Capacity(share) => conditions.capacity *= share,
            }
            conditions
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn outage(from: u64, until: u64, fault: Fault) -> Outage {
        Outage {
            region: 0,
            from: Duration::from_secs(from),
            until: Duration::from_secs(until),
            fault,
        }
    }

    #[test]
    fn an_outage_ends_where_it_says_and_stays_in_its_region() {
        let outages = [outage(10, 40, Fault::Silent)];
        for (second, region, silent) in [
            (9, 0, false),
            (10, 0, true),
            (39, 0, true),
            (40, 0, false),
            (20, 1, false),
        ] {
            let conditions = Conditions::at(&outages, region, Duration::from_secs(second));
            assert_eq!(conditions.silent, silent, "{second} s in {region}");
        }
    }

    #[test]
    fn faults_at_the_same_time_add_up() {
        let outages = [
            outage(0, 10, Fault::Slow(3.0)),
            outage(0, 10, Fault::Slow(2.0)),
            outage(0, 10, Fault::Fails(0.5)),
            outage(0, 10, Fault::Fails(0.5)),
            outage(0, 10, Fault::Capacity(0.5)),
            outage(0, 10, Fault::Refuses),
            outage(10, 20, Fault::Silent),
        ];
        let expected = Conditions {
            fails: 0.75,
            silent: false,
            slowness: 6.0,
            refuses: true,
            capacity: 0.5,
        };
        assert_eq!(Conditions::at(&outages, 0, Duration::ZERO), expected);
    }
}
